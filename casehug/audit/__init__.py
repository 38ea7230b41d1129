"""Append-only, hash-chained record of who did what. `casehug.audit.services.record` is the one way in."""

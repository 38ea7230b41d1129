"""Outbound webhooks of the stand-in."""

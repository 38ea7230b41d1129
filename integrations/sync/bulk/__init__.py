"""Bulk syncs: dry run without a call, a sealed plan, a trial of five, then ordinary sync rows in the bulk lane."""

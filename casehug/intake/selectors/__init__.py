"""Reads of the intake core, for the pages and for those who carry intakes elsewhere."""

from casehug.intake.selectors.sync import MatterForSync, SubmittedAnswer, matter_for_sync

__all__ = ["MatterForSync", "SubmittedAnswer", "matter_for_sync"]

"""Fixtures of these tests come from the desk."""

from tests.integrations.desk import connected, desk, desk_twin, outside, twin

__all__ = ["connected", "desk", "desk_twin", "outside", "twin"]

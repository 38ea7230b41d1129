"""Named points that the work passes. Silent in the product; proofs register observers that stop the process there."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

_observers: list[Callable[[str], None]] | None = None


def reached(name: str) -> None:
    """Tell the observers named in `CHECKPOINT_OBSERVERS` (empty in production) that a point was passed."""
    global _observers
    if _observers is None:
        _observers = [import_string(path) for path in getattr(settings, "CHECKPOINT_OBSERVERS", [])]
    for observe in _observers:
        observe(name)

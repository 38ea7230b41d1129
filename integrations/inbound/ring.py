"""Ringing the relay for many deliveries at once: while others are being stored, the last of them rings for all."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from casehug.common import bell

PATIENCE = 0.05
"""Seconds after which one of them rings although others are still being stored."""

_lock = threading.Lock()
_busy, _due, _last = 0, False, 0.0


@contextmanager
def rung_after() -> Iterator[None]:
    """Store something in this block: the relay is rung after it, by this thread or by one that is still storing.

    A process that dies in between costs a second: the relay looks by itself.
    """
    global _busy, _due, _last
    with _lock:
        _busy += 1
    try:
        yield
        with _lock:
            _due = True
    finally:
        with _lock:
            _busy -= 1
            now = time.monotonic()
            mine = _due and (_busy == 0 or now - _last > PATIENCE)
            if mine:
                _due, _last = False, now
        if mine:
            bell.notify()

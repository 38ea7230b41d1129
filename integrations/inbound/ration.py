"""How many verified deliveries an address takes in a minute: counted in shares, not one by one.

A process takes a share of the minute's number from the one row that counts it and gives it out by itself. What is left
of a share when its minute ends is lost (1 % of the limit per process); used up at most a second later, it adds no more.
"""

import threading
import time
import uuid
from dataclasses import dataclass

from casehug.common import throttle

SHARES = 100
"""Parts of the limit: so many statements a minute at most, instead of one for each delivery."""
MOST_KNOWN = 10_000
WINDOW_SECONDS = 60


@dataclass
class _Share:
    left: int
    ends: float


_shares: dict[uuid.UUID, _Share] = {}
_lock = threading.Lock()


def wait_for(endpoint_id: uuid.UUID, *, limit: int) -> int:
    """Count one delivery; return 0 when it is allowed, else the seconds until the minute ends."""
    with _lock:
        share = _shares.get(endpoint_id)
        if share is not None and time.monotonic() < share.ends:
            share.left -= 1
            if share.left >= 0:
                return 0
    return _take_share(endpoint_id, limit)


def _take_share(endpoint_id: uuid.UUID, limit: int) -> int:
    size, asked = max(1, limit // SHARES), time.monotonic()
    seen, seconds = throttle.count(name="inbound", key=str(endpoint_id), window_seconds=WINDOW_SECONDS, hits=size)
    granted = min(size, limit - (seen - size))
    if granted <= 0:
        return seconds
    with _lock:
        if len(_shares) >= MOST_KNOWN:
            _shares.clear()
        other = _shares.get(endpoint_id)  # another thread may have taken one meanwhile
        spare = max(0, other.left) if other is not None and asked < other.ends else 0
        _shares[endpoint_id] = _Share(granted - 1 + spare, asked + seconds)
    return 0

"""What arrives: the request log, the rate limit per firm and the latency dial."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT_REQUESTS = 20_000
BODY_SHOWN = 4_000
# Median and 90th percentile in seconds of the published examples, and the longest one.
REALISTIC = {"GET": (0.11, 0.7, 3.9), "POST": (0.68, 3.0, 10.4), "PUT": (0.10, 0.9, 29.6), "DELETE": (0.2, 3.0, 7.8)}


@dataclass
class Entry:
    """One request as it arrived; `status` stays None while it is open or when the connection was reset."""

    n: int
    at: float
    method: str
    path: str
    query: str
    body: str
    route: str = ""
    account: int | None = None
    status: int | None = None
    seconds: float | None = None
    fault: str = ""
    committed: bool = False
    state: str = "open"
    started: float = field(default_factory=time.monotonic)

    def as_json(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        return {name: getattr(self, name) for name in Entry.__dataclass_fields__ if name != "started"}


class RequestLog:
    """The newest requests, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT_REQUESTS)
        self._n = 0

    def open(self, *, method: str, path: str, query: str, body: str) -> Entry:
        """Note an arriving request."""
        with self._lock:
            self._n += 1
            entry = Entry(self._n, time.time(), method, path, query, body[:BODY_SHOWN])
            self._entries.append(entry)
        return entry

    def close(self, entry: Entry, status: int | None) -> None:
        """Note the end of a request; status None means that no answer was sent."""
        entry.status = status
        entry.seconds = round(time.monotonic() - entry.started, 4)
        entry.state = "answered" if status is not None else "no answer"

    def since(self, seq: int, limit: int = 1000) -> list[dict[str, Any]]:
        """Entries with a number above `seq`, oldest first."""
        with self._lock:
            found = [entry for entry in self._entries if entry.n > seq]
        return [entry.as_json() for entry in found[:limit]]

    def newest(self, limit: int) -> list[Entry]:
        """The newest entries, newest first."""
        with self._lock:
            return list(self._entries)[-limit:][::-1]

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        with self._lock:
            self._entries.clear()


class RateLimiter:
    """Counts accepted calls per account in a window; refused calls do not count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted: dict[int, deque[float]] = {}
        self._bucket: dict[int, tuple[float, float]] = {}

    def allow(self, account: int, *, limit: float, seconds: float, kind: str) -> bool:
        """May this call pass? Takes one from the window if so."""
        now = time.monotonic()
        with self._lock:
            if kind == "bucket":
                level, then = self._bucket.get(account, (limit, now))
                level = min(limit, level + (now - then) * limit / max(seconds, 0.001))
                self._bucket[account] = (level - 1 if level >= 1 else level, now)
                return level >= 1
            calls = self._accepted.setdefault(account, deque())
            start = now - seconds if kind == "sliding" else math.floor(now / max(seconds, 0.001)) * seconds
            while calls and calls[0] <= start:
                calls.popleft()
            if len(calls) >= limit:
                return False
            calls.append(now)
            return True

    def clear(self) -> None:
        """Every account starts with an empty window."""
        with self._lock:
            self._accepted.clear()
            self._bucket.clear()


def latency(setting: str, method: str) -> float:
    """Seconds of delay for one answer: nothing, a fixed number of milliseconds, or drawn as in the examples."""
    if setting == "off":
        return 0.0
    if setting != "realistic":
        return float(setting) / 1000
    median, p90, longest = REALISTIC.get(method, REALISTIC["PUT"])
    return min(longest, random.lognormvariate(math.log(median), math.log(p90 / median) / 1.2816))

"""Everything the running stand-in holds: one store, switches, faults, ledger, log, and its clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from sandbox.chaos import FaultQueue
from sandbox.ledger import CallMeter, Ledger
from sandbox.lexamica.store import Record, Store
from sandbox.lexamica.switches import SWITCHES
from sandbox.switchboard import SwitchBoard
from sandbox.traffic import RateLimiter, RequestLog


class World:
    """The state of one stand-in process."""

    def __init__(self, store_path: str, public_url: str) -> None:
        self.store = Store(store_path)
        self.files = Path(store_path + ".files")
        self.files.mkdir(parents=True, exist_ok=True)
        self.switches = SwitchBoard(self.store.db, SWITCHES)
        self.ledger = Ledger(self.store.db)
        self.faults = FaultQueue()
        self.meter = CallMeter()
        self.log = RequestLog()
        self.limiter = RateLimiter()
        self.public_url = public_url
        self._ahead = float(self.store.fact("clock_ahead", "0"))
        self._last = 0.0

    def now(self) -> float:
        """The stand-in's clock, seconds since 1970 in full milliseconds; `advance` puts it ahead of the real one."""
        return round(time.time() + self._ahead, 3)

    def stamp(self) -> float:
        """A time that no other stamp has, so that rows written later are also dated later. Under the store's lock."""
        self._last = max(self.now(), round(self._last + 0.001, 3))
        return self._last

    def advance(self, seconds: float) -> float:
        """Put the clock ahead by more seconds; returns how far it is ahead."""
        self._ahead += seconds
        with self.store.transaction():
            self.store.keep_fact("clock_ahead", str(self._ahead))
        return self._ahead

    def clock_reset(self) -> None:
        """The clock shows the real time again."""
        self._ahead = self._last = 0.0
        self.store.keep_fact("clock_ahead", "0")

    def scaled(self, seconds: float) -> float:
        """A span of the exchange as it lasts here: divided by the speed."""
        return seconds / max(self.switches.number("speed"), 0.001)

    def organizations(self) -> list[Record]:
        """All organizations, by number."""
        return self.store.all("organization")

    def organization(self, number: int) -> Record:
        """An organization by its number."""
        return next(org for org in self.organizations() if org.org == number)


def iso(at: float | None) -> str | None:
    """A time as the exchange writes it: ISO 8601 UTC with milliseconds."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: object) -> float:
    """The time an ISO 8601 text means; raises ValueError. Without an offset it is UTC."""
    if not isinstance(text, str):
        raise ValueError("not a time")
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


_current: list[World] = []


def start(store_path: str, public_url: str) -> World:
    """Make the world of this process."""
    _current[:] = [World(store_path, public_url)]
    return _current[0]


def world() -> World:
    """The world of this process."""
    return _current[0]

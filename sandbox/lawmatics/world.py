"""Everything the running stand-in holds: one store, switches, faults, ledger, log, and its clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.chaos import FaultQueue
from sandbox.lawmatics.records.store import Record, Store
from sandbox.lawmatics.switches import SWITCHES
from sandbox.ledger import CallMeter, Ledger
from sandbox.switchboard import SwitchBoard
from sandbox.traffic import RateLimiter, RequestLog


@cache
def zone(name: str) -> tzinfo:
    """A time zone by name; a fixed offset where the machine has no zone data."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=-8))


class World:
    """The state of one stand-in process."""

    def __init__(self, store_path: str, public_url: str) -> None:
        self.store = Store(store_path)
        self.switches = SwitchBoard(self.store.db, SWITCHES)
        self.ledger = Ledger(self.store.db)
        self.faults = FaultQueue()
        self.meter = CallMeter()
        self.log = RequestLog()
        self.limiter = RateLimiter()
        self.public_url = public_url

    def now(self) -> float:
        """The stand-in's clock, seconds since 1970; a switch can make it wrong."""
        return round(time.time() + self.switches.number("clock_skew"), 3)

    def accounts(self) -> list[Record]:
        """All remote firms, by number."""
        return self.store.select("kind = 'firm'", [])

    def zone_of(self, account: int) -> tzinfo:
        """The time zone of a firm."""
        firm = self.store.get("firm", account)
        return zone(firm.doc["timezone"] if firm else "UTC")


def iso(at: float, tz: tzinfo) -> str:
    """A time as Lawmatics writes it: ISO 8601 with milliseconds and the firm's offset."""
    return datetime.fromtimestamp(at, tz).isoformat(timespec="milliseconds")


_current: list[World] = []


def start(store_path: str, public_url: str) -> World:
    """Make the world of this process."""
    _current[:] = [World(store_path, public_url)]
    return _current[0]


def world() -> World:
    """The world of this process."""
    return _current[0]

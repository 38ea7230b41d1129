"""Faults that a person or a test can queue for matching requests: lost answers, late commits, broken bodies."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "reset_before": "Connection reset, nothing done",
    "status_before": "Answer with a status, nothing done",
    "slow": "Answer late (when = before or after the change is kept)",
    "pause_before_commit": "Wait before the change is kept, until the time is over or the fault is removed",
    "pause_after_commit": "Wait after the change is kept, before the answer",
    "reset_after_commit": "Done, but the connection is reset without an answer",
    "status_after_commit": "Done, but answered with a status such as 500, 502 or 504",
    "truncate": "Done, but the body breaks off after some bytes",
    "empty_2xx": "Done, answered with the right status and no body",
    "html_body": "Done, answered with the right status and a page instead of data",
    "no_id": "Done, answered with JSON that lacks the id",
    "late_commit": "Answer 504 (or a reset) now, keep the change some seconds later",
    "finder_lag": "New records stay invisible to finders and filters for some seconds",
}


class FaultError(ValueError):
    """The description of a fault is not usable; the text says why."""


@dataclass(eq=False)
class Fault:
    """One queued fault. `count` None means until removed; `skip` lets the first matches pass untouched."""

    kind: str
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 500
    bytes: int = 0
    when: str = "before"
    reset: bool = False
    skip: int = 0
    account: int | None = None
    body_contains: str = ""
    id: int = 0
    fired: int = 0
    release: threading.Event = field(default_factory=threading.Event, repr=False)

    def matches(self, method: str, path: str, account: int | None, body: str) -> bool:
        """Does this fault concern the request?"""
        return (
            self.method in ("*", method)
            and (self.account is None or self.account == account)
            and fnmatchcase(path, self.path)
            and (not self.body_contains or self.body_contains in body)
        )

    def as_json(self) -> dict[str, Any]:
        """The fault as the control API shows it."""
        shown = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "release"}
        return shown | {"label": KINDS[self.kind]}


class FaultQueue:
    """The faults of one stand-in. At most one fault meets a request: the oldest that matches."""

    def __init__(self, *, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._waiting: list[Fault] = []
        self._next_id = 1
        self._random = random.Random(seed)

    def add(self, spec: dict[str, Any]) -> Fault:
        """Queue a fault described by a JSON object; raises FaultError when it makes no sense."""
        allowed = set(Fault.__dataclass_fields__) - {"id", "fired", "release"}
        if unknown := set(spec) - allowed:
            raise FaultError(f"unknown keys: {', '.join(sorted(unknown))}")
        if spec.get("kind") not in KINDS:
            raise FaultError(f"kind must be one of {', '.join(KINDS)}")
        types: dict[str, type | tuple[type, ...]] = {
            "seconds": (int, float), "probability": (int, float), "status": int, "bytes": int, "skip": int,
            "method": str, "path": str, "when": str, "body_contains": str, "reset": bool,
        }  # fmt: skip
        for name, value in spec.items():
            if name in types and not isinstance(value, types[name]):
                raise FaultError(f"{name} has the wrong type")
            if name in ("count", "account") and value is not None and not isinstance(value, int):
                raise FaultError(f"{name} must be a number or null")
        fault = Fault(**spec)
        fault.method = fault.method.upper()
        if fault.when not in ("before", "after"):
            raise FaultError("when must be before or after")
        if not 200 <= fault.status <= 599:
            raise FaultError("status must be an HTTP status")
        with self._lock:
            fault.id, self._next_id = self._next_id, self._next_id + 1
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str, *, account: int | None = None, body: str = "") -> Fault | None:
        """The fault that meets this request, used up by one, or None."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, path, account, body):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.probability < 1 and self._random.random() >= fault.probability:
                    continue
                fault.fired += 1
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def wait(self, fault: Fault) -> None:
        """Hold the request for the seconds of its fault, or until the fault is removed."""
        with self._lock:
            self._waiting.append(fault)
        fault.release.wait(fault.seconds)
        with self._lock:
            self._waiting = [other for other in self._waiting if other is not fault]

    def remove(self, fault_id: int | None = None) -> int:
        """Remove one fault or all, release what waits on them; returns how many were queued."""
        with self._lock:
            gone = [fault for fault in self._faults if fault_id in (None, fault.id)]
            self._faults = [fault for fault in self._faults if fault not in gone]
            held = [fault for fault in self._waiting if fault_id in (None, fault.id)]
        for fault in gone + held:
            fault.release.set()
        return len(gone)

    def listing(self) -> list[dict[str, Any]]:
        """The queued faults, oldest first."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]

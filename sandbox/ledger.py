"""What really happened in a stand-in, countable from outside: durable effects and a meter of arriving calls."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

MARKER = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{20}(?![A-Za-z0-9])")
SCHEMA = """
CREATE TABLE IF NOT EXISTS effects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, account INTEGER NOT NULL,
  effect TEXT NOT NULL, kind TEXT NOT NULL, record INTEGER NOT NULL, key TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS effects_key ON effects (effect, kind, key);
"""


def markers_in(*texts: object) -> list[str]:
    """The distinct 20-character base32 tokens (capitals) in the given texts, in order."""
    found: dict[str, None] = {}
    for text in texts:
        if isinstance(text, str):
            found.update(dict.fromkeys(MARKER.findall(text)))
    return list(found)


class Ledger:
    """Append-only rows of effects made through the API. Rows are written in the transaction of their effect."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(SCHEMA)

    def add(self, *, account: int, effect: str, kind: str, record: int, keys: Iterable[str] = ("",)) -> None:
        """Note one effect (`created`, `updated`, `deleted`) under each key (an e-mail or a marker), or under none."""
        at = time.time()
        rows = [(at, account, effect, kind, record, key) for key in list(keys) or [""]]
        self._db.executemany("INSERT INTO effects (at, account, effect, kind, record, key) VALUES (?,?,?,?,?,?)", rows)

    def counts(self, kind: str, *, effect: str = "created", account: int | None = None) -> dict[str, Any]:
        """`total` distinct records and `by_key` (distinct records per non-empty key)."""
        where, values = "effect = ? AND kind = ?", [effect, kind]
        arguments: list[object] = list(values)
        if account is not None:
            where += " AND account = ?"
            arguments.append(account)
        total = self._db.execute(f"SELECT COUNT(DISTINCT record) FROM effects WHERE {where}", arguments).fetchone()[0]
        rows = self._db.execute(
            f"SELECT key, COUNT(DISTINCT record) FROM effects WHERE {where} AND key <> '' GROUP BY key", arguments
        )
        return {"total": total, "by_key": dict(rows.fetchall())}

    def recent(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest effects, newest first."""
        names = ("seq", "at", "account", "effect", "kind", "record", "key")
        rows = self._db.execute(f"SELECT {', '.join(names)} FROM effects ORDER BY seq DESC LIMIT ?", (limit,))
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

    def clear(self) -> None:
        """Forget all effects."""
        self._db.execute("DELETE FROM effects")


class CallMeter:
    """Counts of arriving calls since the last reset: per route, refused by the rate limit, most in any 60 s."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Start again at zero."""
        with self._lock:
            self.routes: Counter[str] = Counter()
            self.rejected = 0
            self._recent: dict[int | None, deque[float]] = {}
            self._most: dict[int | None, int] = {}

    def arrived(self, route: str, account: int | None) -> None:
        """Note one call to `route` (method and path pattern)."""
        now = time.monotonic()
        with self._lock:
            self.routes[route] += 1
            window = self._recent.setdefault(account, deque())
            window.append(now)
            while window[0] <= now - 60:
                window.popleft()
            self._most[account] = max(self._most.get(account, 0), len(window))

    def refused(self) -> None:
        """Note one answer 429 of the rate limit."""
        with self._lock:
            self.rejected += 1

    def report(self) -> dict[str, Any]:
        """`calls`, `rejected_429`, `max_calls_in_any_60s` (the busiest account) and the same per account."""
        with self._lock:
            most = {str(account): count for account, count in self._most.items() if account is not None}
            return {
                "calls": dict(sorted(self.routes.items())),
                "calls_total": self.routes.total(),
                "rejected_429": self.rejected,
                "max_calls_in_any_60s": max(most.values(), default=0),
                "max_calls_in_any_60s_by_account": most,
            }

"""The bucket of one connection in Redis: spacing, exact ledger, pause and lanes, decided in one call on its clock."""

import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

FOLDER = Path(__file__).parent
NO_KNOWN_LIMIT = 100_000
PRESENT_MINUTES = 5


@dataclass(frozen=True)
class Known:
    """What the connection's row says: pause (Unix seconds, 0 = none) and learned rate (calls per minute, 0 = none)."""

    paused_until: float = 0.0
    learned_rate: float = 0.0


@dataclass(frozen=True)
class Decision:
    """`wait` in seconds, 0 = granted. `cold`: the server has forgotten this bucket, ask again with the row's values.

    `learned`: rate to store on the row, 0 = forget it, None = unchanged.
    """

    wait: float
    cold: bool = False
    learned: float | None = None


class Bucket:
    """Budgets in one Redis. `minute` is the length of a minute in seconds (shorter in tests)."""

    def __init__(self, link: redis.Redis, *, minute: float = 60.0) -> None:
        self._link, self._minute = link, round(minute * 1_000_000)
        self._acquire = link.register_script((FOLDER / "acquire.lua").read_text())
        self._throttled = link.register_script((FOLDER / "throttled.lua").read_text())

    def acquire(
        self,
        connection_id: uuid.UUID,
        firm_id: uuid.UUID,
        *,
        lane: int,
        calls_per_minute: int,
        paused_until: float = 0.0,
        known: Known | None = None,
        unseen: int = 0,
    ) -> Decision:
        """Ask for one call. `unseen` = calls made elsewhere in the last minute. Raises `redis.RedisError`."""
        pause = max(paused_until, known.paused_until if known else 0.0)
        word, wait, learned = self._acquire(
            keys=[*_keys(connection_id), _presence(firm_id)],
            args=[
                lane,
                _cap(calls_per_minute),
                self._minute,
                round(pause * 1_000_000),
                "1" if known else "0",
                known.learned_rate if known else 0,
                unseen,
                secrets.token_hex(8) if unseen else "",
            ],
        )
        rate = None if int(learned) < 0 else int(learned) / 1000
        return Decision(int(wait) / 1_000_000, _text(word) == "cold", rate)

    def throttled(self, connection_id: uuid.UUID, *, calls_per_minute: int, seconds: float) -> float:
        """Note a "too many" of the provider; returns the rate learned from it. Raises `redis.RedisError`."""
        args = [_cap(calls_per_minute), self._minute, round(seconds * 1_000_000)]
        return int(self._throttled(keys=_keys(connection_id), args=args)) / 1000

    def usage(self, connection_id: uuid.UUID) -> tuple[int, int]:
        """Return (calls in the last minute, calls per minute in force; 0 when nothing is known)."""
        state, ledger = _keys(connection_id)
        seconds, micros = self._link.time()
        since = int(seconds) * 1_000_000 + int(micros) - self._minute
        return int(self._link.zcount(ledger, since, "+inf")), int(self._link.hget(state, "cap") or 0)

    def present(self, firm_id: uuid.UUID) -> None:
        """Note that someone of the firm is using the product: bulk work leaves more room for five minutes."""
        self._link.set(_presence(firm_id), "1", px=max(1, self._minute * PRESENT_MINUTES // 1000))


def _keys(connection_id: uuid.UUID) -> list[str]:
    # One hash tag: both keys of a connection live on the same node of a cluster.
    return [f"limits:{{{connection_id}}}:state", f"limits:{{{connection_id}}}:ledger"]


def _presence(firm_id: uuid.UUID) -> str:
    return f"limits:present:{firm_id}"


def _cap(calls_per_minute: int) -> int:
    return calls_per_minute if 0 < calls_per_minute < NO_KNOWN_LIMIT else NO_KNOWN_LIMIT


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

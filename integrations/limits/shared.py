"""The shared budget of a connection: Redis first, its Postgres row when Redis is gone, no call when both are gone."""

import time
import uuid
from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import redis
from django.conf import settings
from django.db import DatabaseError
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.limits import row
from integrations.limits.bucket import Bucket, Decision, Known

REDIS_SECONDS = 1.0
REDIS_REST_SECONDS = 1.0  # after a failure Redis is left alone for so long: each try could cost a timeout
NOTHING_WORKS_SECONDS = 5.0

_down_until = 0.0
_unseen: dict[uuid.UUID, list[float]] = defaultdict(list)
"""When this process made calls while Redis was gone: the ledger is told as soon as it is back."""


class Budgeted(Protocol):
    """What a budget needs to know of a connection (the model fits)."""

    id: Any
    firm_id: Any
    calls_per_minute: Any
    paused_until: Any


def acquire(connection: Budgeted, lane: int) -> float:
    """Ask for one call at the provider now. Returns the seconds to wait, 0.0 = granted and paid.

    `lane`: 0 button, 1 automatic, 2 bulk. Never sleeps; opens its own short scope if it needs the row, so call it
    outside a transaction. `calls_per_minute` ≤ 0 or ≥ 100000 means that no limit is known (a pause still counts).
    """
    try:
        return _from_redis(connection, lane)
    except redis.RedisError:
        _rest()
    try:
        wait = row.acquire_slowly(
            connection_id=connection.id,
            firm_id=connection.firm_id,
            calls_per_minute=connection.calls_per_minute,
            minute=_minute(),
        )
    except DatabaseError:
        return NOTHING_WORKS_SECONDS
    if wait == 0.0:
        _unseen[connection.id].append(time.monotonic())
    return wait


def report_throttled(connection: Budgeted, seconds: float) -> None:
    """Note the provider's "too many, wait `seconds`": nobody of this connection calls before, and the pace drops.

    The pause is stored on the row as well, so that a flush of Redis does not forget it. Call it outside a transaction.
    """
    rate = None
    try:
        limit = connection.calls_per_minute
        rate = _bucket().throttled(connection.id, calls_per_minute=limit, seconds=seconds)
    except redis.RedisError:
        _rest()
    row.store_pause(connection_id=connection.id, firm_id=connection.firm_id, seconds=seconds, rate=rate)


def usage(connection_id: uuid.UUID) -> tuple[int, int]:
    """Return (calls in the last minute, calls per minute in force); (0, 0) when nothing is known."""
    try:
        return _bucket().usage(connection_id)
    except redis.RedisError:
        return 0, 0


def mark_present(firm_id: uuid.UUID) -> None:
    """Note that someone of the firm uses the product: for five minutes bulk work paces at 88 %."""
    try:
        _bucket().present(firm_id)
    except redis.RedisError:
        _rest()


def _from_redis(connection: Budgeted, lane: int) -> float:
    if time.monotonic() < _down_until:
        raise redis.ConnectionError("Redis rests after a failure")
    recent = [moment for moment in _unseen.get(connection.id, ()) if moment > time.monotonic() - _minute() * 61 / 60]

    def ask(known: Known | None) -> Decision:
        return _bucket().acquire(
            connection.id,
            connection.firm_id,
            lane=lane,
            calls_per_minute=connection.calls_per_minute,
            paused_until=_seconds(connection.paused_until),
            known=known,
            unseen=len(recent),
        )

    decision = ask(None)
    if decision.cold:  # flushed, restarted or new: only the row knows of a pause
        decision = ask(row.read_known(connection_id=connection.id, firm_id=connection.firm_id))
    _unseen.pop(connection.id, None)
    if decision.learned is not None:
        row.store_learned(connection_id=connection.id, firm_id=connection.firm_id, rate=decision.learned)
    return decision.wait


def _rest() -> None:
    global _down_until
    _down_until = time.monotonic() + REDIS_REST_SECONDS


def _minute() -> float:
    return float(getattr(settings, "LIMIT_MINUTE_SECONDS", 60.0))


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _bucket() -> Bucket:
    return _open(settings.REDIS_URL, _minute())


@cache
def _open(url: str, minute: float) -> Bucket:
    link = redis.Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        # One more try for a connection that the server closed meanwhile; a grant paid twice only makes us slower.
        retry=Retry(NoBackoff(), 1),
    )
    return Bucket(link, minute=minute)

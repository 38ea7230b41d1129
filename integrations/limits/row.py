"""The connection row's part of the budget: what must outlive Redis, and the slow clock for when Redis is gone."""

import uuid

from django.db import connection as database

from casehug.common.scope import firm_scope
from integrations.limits.bucket import Known
from integrations.models import Connection

TABLE = Connection._meta.db_table
SLOW_SECONDS = 2.0


def read_known(*, connection_id: uuid.UUID, firm_id: uuid.UUID) -> Known:
    """Return the stored pause and learned rate."""
    with firm_scope(firm_id):
        row = Connection.objects.filter(id=connection_id).values_list("paused_until", "learned_rate").first()
    paused_until, learned_rate = row or (None, None)
    return Known(paused_until.timestamp() if paused_until else 0.0, learned_rate or 0.0)


def store_learned(*, connection_id: uuid.UUID, firm_id: uuid.UUID, rate: float) -> None:
    """Store a learned rate, or forget it (0)."""
    with firm_scope(firm_id):
        Connection.objects.filter(id=connection_id).update(learned_rate=rate or None)


def store_pause(*, connection_id: uuid.UUID, firm_id: uuid.UUID, seconds: float, rate: float | None) -> None:
    """Store a pause from now on; a longer one stays. `rate` None keeps the learned rate."""
    sql = f"""
        UPDATE {TABLE} SET learned_rate = coalesce(%s, learned_rate),
            paused_until = greatest(paused_until, clock_timestamp() + make_interval(secs => %s))
        WHERE id = %s"""  # nosec B608  # the name of our own table
    with firm_scope(firm_id), database.cursor() as cursor:
        cursor.execute(sql, [rate, seconds, connection_id])


def acquire_slowly(*, connection_id: uuid.UUID, firm_id: uuid.UUID, calls_per_minute: int, minute: float) -> float:
    """Grant one call per 2 s (fewer if the setting or the learned rate is lower) on Postgres' clock, all lanes alike.

    Returns the seconds to wait, 0 = granted.
    """
    take = f"""
        UPDATE {TABLE} SET next_call_at = clock_timestamp()
            + make_interval(secs => greatest(%s, %s / nullif(learned_rate, 0)))
        WHERE id = %s AND coalesce(next_call_at, '-infinity') <= clock_timestamp()
            AND coalesce(paused_until, '-infinity') <= clock_timestamp() RETURNING id"""  # nosec B608  # the name of our own table
    left = f"""
        SELECT extract(epoch FROM greatest(next_call_at, paused_until) - clock_timestamp())
        FROM {TABLE} WHERE id = %s"""  # nosec B608  # the name of our own table
    spacing = max(SLOW_SECONDS * minute / 60, minute / calls_per_minute if calls_per_minute > 0 else 0.0)
    with firm_scope(firm_id), database.cursor() as cursor:
        cursor.execute(take, [spacing, minute, connection_id])
        if cursor.fetchone():
            return 0.0
        cursor.execute(left, [connection_id])
        row = cursor.fetchone()
    return max(0.05, float(row[0])) if row and row[0] is not None else SLOW_SECONDS

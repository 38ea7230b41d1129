"""Closing a lane of a connection for a while: its other due rows are neither rung nor claimed before the time is up."""

from django.db import connection

from casehug.common.ids import uuid7
from casehug.common.models import WorkItem


def close_lane(item: WorkItem, seconds: float) -> None:
    """Close the lane that a row works in, from now on. Inside the firm scope."""
    sql = """
        INSERT INTO common_gate AS g (id, firm_id, created_at, updated_at, connection_id, lane, closed_until)
        VALUES (%s, %s, now(), now(), %s, %s, now() + make_interval(secs => %s))
        ON CONFLICT (firm_id, connection_id, lane)
        DO UPDATE SET closed_until = excluded.closed_until, updated_at = now()"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [uuid7(), item.firm_id, item.connection_id, item.lane, seconds])

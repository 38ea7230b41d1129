"""Periodic work: every tick runs under an advisory lock and only does what is due, so double ticks change nothing."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope

FINISHED_WORK_DAYS, AT_ONCE = 90, 5000


@contextmanager
def tick_lock(name: str) -> Iterator[bool]:
    """Open a transaction that holds the tick's lock; yields False when another process has it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('tick:' || %s, 0))", [name])
        yield bool(cursor.fetchone()[0])


def firm_ids() -> list[uuid.UUID]:
    """Return all firms (through the resolver: ids only)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_firm_ids()")
        return [row[0] for row in cursor.fetchall()]


def purge_throttle() -> None:
    """Delete throttle counters whose window has ended."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_throttle WHERE window_ends < now()")


def purge_finished_work() -> None:
    """Delete work rows that ended more than 90 days ago, per firm, at most 5,000 a statement."""
    for firm_id in firm_ids():
        while _purge_some(firm_id) == AT_ONCE:
            pass


def _purge_some(firm_id: uuid.UUID) -> int:
    with firm_scope(firm_id):
        before = timezone.now() - timedelta(days=FINISHED_WORK_DAYS)
        old = WorkItem.objects.filter(status__in=("done", "dead", "cancelled"), finished_at__lt=before)
        ids = list(old.values_list("id", flat=True)[:AT_ONCE])
        WorkItem.objects.filter(id__in=ids).delete()
    return len(ids)

"""What leaves the operation log in bulk: lines for a file, in short scopes of their own, and the counts per day."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from integrations.models import Connection, SyncLog
from integrations.selectors.log import LogFilter, LogRow, filtered, with_names

MOST_LINES = 50_000
CHUNK = 500
DAYS = 30
HEADERS = (
    "Time", "Run", "Matter", "Matter id", "Action", "State", "Remote id", "Attempt", "Who", "Error", "Error code",
)  # fmt: skip


def export_cells(
    *, firm_id: uuid.UUID, connection: Connection, wanted: LogFilter, most: int = MOST_LINES
) -> Iterator[list[str]]:
    """Yield the cells of each matching line, newest first, at most `most`; then one line that says so if more exist.

    Call it outside any scope: a download may last long, so each piece is read in a transaction of its own, by key.
    """
    last: SyncLog | None = None
    left, zone = most, ZoneInfo(wanted.zone)
    while True:
        with firm_scope(firm_id):
            lines = _after(connection, wanted, last, CHUNK + 1)
            rows = with_names(lines[: min(CHUNK, left)])
        yield from (_cells(row, zone) for row in rows)
        left -= len(rows)
        if len(lines) > len(rows) and left <= 0:
            yield [f"Cut off here: a file holds at most {most} operations. Narrow the filter for the older ones."]
            return
        if len(lines) <= CHUNK:
            return
        last = rows[-1].line


def _after(connection: Connection, wanted: LogFilter, last: SyncLog | None, count: int) -> list[SyncLog]:
    rows = filtered(connection, wanted)
    if last is not None:
        older = Q(created_at__lt=last.created_at) | Q(id__lt=last.id)
        rows = rows.filter(created_at__lte=last.created_at).filter(older)
    return list(rows.order_by("-created_at", "-id")[:count])


def _cells(row: LogRow, zone: ZoneInfo) -> list[str]:
    line = row.line
    return [
        line.created_at.astimezone(zone).isoformat(timespec="seconds"),
        public_id("run", line.work_item_id) if line.work_item_id else "",
        row.matter_title,
        public_id("mat", line.matter_id) if line.matter_id else "",
        line.action,
        line.get_status_display(),
        line.external_id,
        str(line.attempt),
        row.actor,
        line.error_text,
        ".".join(part for part in (line.error_class, line.error_code) if part),
    ]


def days(connection: Connection, *, zone: str, today: date, count: int = DAYS) -> list[dict[str, Any]]:
    """Return done and failed operations per day of the firm's zone, oldest first, without gaps. In the firm scope."""
    here = ZoneInfo(zone)
    first = today - timedelta(days=count - 1)
    rows = SyncLog.objects.filter(
        connection=connection, status__in=(SyncLog.Status.SUCCESS, SyncLog.Status.FAILED),
        created_at__gte=datetime.combine(first, time.min, here),
    )  # fmt: skip
    per_day = rows.annotate(day=TruncDate("created_at", tzinfo=here)).values("day").order_by("day").annotate(
        ok=Count("id", filter=Q(status=SyncLog.Status.SUCCESS)),
        failed=Count("id", filter=Q(status=SyncLog.Status.FAILED)),
    )  # fmt: skip
    found = {one["day"]: (one["ok"], one["failed"]) for one in per_day}
    wanted = [first + timedelta(days=number) for number in range(count)]
    return [{"date": day, "ok": found.get(day, (0, 0))[0], "failed": found.get(day, (0, 0))[1]} for day in wanted]

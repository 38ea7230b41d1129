"""What the pages of bulk syncs show: choices, counts, one page of rows, pace and time left, the file of all rows."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.work import database_now
from casehug.intake.models import Matter, MatterStatus
from integrations.models import BulkRow, BulkRun, Connection, ExternalLink
from integrations.selectors.connections import matter_titles
from integrations.sync.bulk.outcomes import Counts, count, with_outcome

PAGE_ROWS = 50
FILE_HOURS = 24
NO_KNOWN_LIMIT = 100_000
SECONDS_PER_RECORD = 0.15
"""What a record takes here even without any limit there."""
SHARE_OF_LIMIT = 0.98
RATE_MINUTES = 2
HEADERS = ("Number", "Matter", "Matter id", "Planned", "Outcome", "Remark", "Remote id", "Error")
REASONS = {
    "no_client": "It has no client yet, and a contact is needed.",
    "gone": "It no longer exists.",
    "archived": "It is archived.",
    "under_way": "A sync of it was already under way, started by somebody else.",
    "privilege_guard": "A value that may not leave the firm would have been sent.",
    "mapping": "What its case type or an answer is mapped to was deleted there; choose another, then check again.",
    "plan_changed": "It changed after the dry run.",
    "no_stage": "It arrives without a stage of its own: no stage is chosen for its case type.",
    "field": "An answer does not fit the field it is mapped to and is not sent.",
    "ambiguous": "Several contacts have this e-mail; the oldest is linked and you are asked to check.",
    "other_name": "The contact with this e-mail has another name; it is linked, nothing is filled in.",
}
OUTCOMES = {
    "left": ("queued", "Not yet"), "running": ("running", "Sending"), "unknown": ("unknown", ""),
    "waiting": ("held", "Waiting"), "done": ("done", ""), "failed": ("failed", ""), "unsent": ("cancelled", "Not sent"),
    "left_out": ("left_out", ""), "nothing": ("unchanged", ""),
}  # fmt: skip


def unsynced(connection: Connection) -> "QuerySet[Any]":
    """Return the matters (not archived) without a usable link in the connected account, oldest first. In the scope."""
    linked = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type="matter", local_id=OuterRef("id"), broken_at__isnull=True
    )
    rows = Matter.objects.exclude(status=MatterStatus.ARCHIVED).filter(~Exists(linked))
    return rows.order_by("created_at", "id")


def recent_runs(connection: Connection, *, number: int = 10) -> list[BulkRun]:
    """Return the newest runs of a connection."""
    return list(BulkRun.objects.filter(connection=connection).order_by("-created_at")[:number])


def active_run(connection: Connection) -> BulkRun | None:
    """Return the confirmed run that has not ended."""
    found: BulkRun | None = BulkRun.objects.filter(connection=connection, status__in=BulkRun.ACTIVE).first()
    return found


@dataclass(frozen=True)
class Plan:
    """What the dry run found. `fewest` and `most` calls are equal when every contact is known."""

    actions: dict[str, int]
    total: int
    checked: int
    fewest: int
    most: int
    looks: int
    seconds: float

    @property
    def sending(self) -> int:
        """Records that are sent."""
        return sum(self.actions.get(action, 0) for action in BulkRow.SENDING)


def pace(connection: Connection) -> float:
    """Return the calls per minute that bulk work may make, 0.0 when no limit is known."""
    limit = connection.calls_per_minute
    if not 0 < limit < NO_KNOWN_LIMIT:
        return float(connection.learned_rate or 0.0)
    return min(SHARE_OF_LIMIT * limit, connection.learned_rate or float(limit))


def seconds_for(connection: Connection, *, calls: int, records: int) -> float:
    """Return how long so many calls take under the limit in force."""
    per_minute = pace(connection)
    return max(60 * calls / per_minute if per_minute else 0.0, records * SECONDS_PER_RECORD)


def plan_of(run: BulkRun) -> Plan:
    """Add a plan up. In the firm scope."""
    rows = BulkRow.objects.filter(run=run)
    found = {
        action: (number, fewest or 0, most or 0)
        for action, number, fewest, most in rows.values_list("action")
        .annotate(n=Count("id"), fewest=Sum("calls"), most=Sum("calls_most"))
        .order_by()
    }
    actions = {action: numbers[0] for action, numbers in found.items() if action}
    total, records = rows.count(), sum(actions.get(action, 0) for action in BulkRow.SENDING)
    fewest = sum(numbers[1] for numbers in found.values()) + (run.calls_once if actions.get("create") else 0)
    most = sum(numbers[2] for numbers in found.values()) + run.calls_once
    return Plan(
        actions=actions, total=total, checked=sum(actions.values()), fewest=min(fewest, most), most=most,
        looks=rows.filter(action="either").values("person").distinct().count(),
        seconds=seconds_for(run.connection, calls=most, records=records),
    )  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How a run gets on: `per_minute` records ended lately; `until` is when it should be over, None when unknown."""

    counts: Counts
    per_minute: int
    until: datetime | None


def progress_of(run: BulkRun) -> Progress:
    """Return the live figures of a run. In the firm scope."""
    counts, now = count(run), database_now()
    since = now - timedelta(minutes=RATE_MINUTES)
    items = BulkRow.objects.filter(run=run).exclude(work_item_id=None).values("work_item_id")
    ended = WorkItem.objects.filter(id__in=items, finished_at__gt=since).count()
    seconds = seconds_for(run.connection, calls=counts.calls_left, records=counts.moving)
    moving = run.status == "running" and counts.moving
    return Progress(counts, math.ceil(ended / RATE_MINUTES), now + timedelta(seconds=seconds) if moving else None)


@dataclass(frozen=True)
class ShownRow:
    """One row as the pages and the file show it."""

    row: Any
    title: str
    state: str
    label: str
    remark: str
    error: str


SHOWS = ("create", "link", "either", "update", "nothing", "left_out", "done", "failed", "unknown", "waiting", "unsent")


def rows_of(run: BulkRun, *, show: str = "", after: int = 0, size: int = PAGE_ROWS) -> tuple[list[ShownRow], int]:
    """Return a page of rows behind a position and the position where the next page begins, 0 for none."""
    rows = with_outcome(run).filter(position__gt=after)
    if show in SHOWS:
        by_plan = show in BulkRow.SENDING or (show == "nothing")
        rows = rows.filter(action=show) if by_plan else rows.filter(outcome=show)
    found = list(rows.order_by("position")[: size + 1])
    shown = found[:size]
    return list(_shown(shown)), shown[-1].position if len(found) > size else 0


def _shown(rows: Iterable[Any]) -> Iterator[ShownRow]:
    listed = list(rows)
    titles = matter_titles(row.matter_id for row in listed)
    for row in listed:
        state, label = OUTCOMES.get(row.outcome, (row.outcome, ""))
        reason = "plan_changed" if row.item_code == "plan_changed" else row.reason
        failing = row.outcome in ("failed", "waiting", "unknown")
        error = row.error_text or (row.item_error if failing else "") or ""
        yield ShownRow(row, titles.get(row.matter_id, "A matter that is gone"), state, label,
                       REASONS.get(reason, ""), error if row.outcome != "left_out" else "")  # fmt: skip


def file_until(run: BulkRun) -> datetime | None:
    """Return until when the file of a run can be had, None when there is none (any more)."""
    if run.finished_at is None or run.status == "discarded":
        return None
    until: datetime = run.finished_at + timedelta(hours=FILE_HOURS)
    return until if until > database_now() else None


def file_rows(run: BulkRun) -> Iterator[list[str]]:
    """Yield the cells of every record of a run, in order. In the firm scope."""
    after = 0
    while True:
        shown, following = rows_of(run, after=after, size=500)
        ids = [one.row.matter_id for one in shown]
        links = ExternalLink.objects.filter(
            remote_firm=run.remote_firm, local_type="matter", local_id__in=ids, broken_at__isnull=True
        )
        remote = dict(links.values_list("local_id", "external_id"))
        for one in shown:
            row = one.row
            yield [
                str(row.position), one.title, public_id("mat", row.matter_id), row.get_action_display(),
                row.outcome.replace("_", " "), one.remark, remote.get(row.matter_id, ""), one.error,
            ]  # fmt: skip
        if not following:
            return
        after = following

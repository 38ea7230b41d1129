"""The log grouped by cause, and the runs of a filter that can be retried."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef

from casehug.common.models import WorkItem
from integrations.models import Connection, SyncLog
from integrations.selectors.log import LogFilter, filtered
from integrations.selectors.runs import without_newer

MOST_LINES = 10_000


@dataclass(frozen=True)
class Cause:
    """One kind of trouble with how often it came and when last."""

    error_class: str
    error_code: str
    lines: int
    matters: int
    newest: datetime


def causes(connection: Connection, wanted: LogFilter) -> tuple[list[Cause], bool]:
    """Return the causes among the newest 10,000 lines with one, most frequent first, and whether there are more lines.

    In the firm scope.
    """
    rows = filtered(connection, wanted).exclude(error_class="").order_by("-created_at", "-id")
    newest = SyncLog.objects.filter(id__in=rows.values("id")[:MOST_LINES])
    found = newest.values("error_class", "error_code").annotate(
        lines=Count("id"), matters=Count("matter_id", distinct=True), newest=Max("created_at")
    )
    grouped = [Cause(**one) for one in found.order_by("-lines", "error_class", "error_code")]
    return grouped, sum(one.lines for one in grouped) >= MOST_LINES


def failed_runs(connection: Connection, wanted: LogFilter, *, most: int) -> tuple[list[uuid.UUID], bool]:
    """Return the runs with a failed line in this filter that nothing has followed yet, oldest first; and if cut."""
    lines = filtered(connection, wanted).filter(status=SyncLog.Status.FAILED, work_item_id=OuterRef("id"))
    dead = WorkItem.objects.filter(connection_id=connection.id, status=WorkItem.Status.DEAD)
    ids = list(
        without_newer(dead).filter(Exists(lines)).order_by("created_at", "id").values_list("id", flat=True)[: most + 1]
    )
    return ids[:most], len(ids) > most

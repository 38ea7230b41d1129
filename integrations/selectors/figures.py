"""The figures of one connection: what is waiting, what failed, what a person has to look at."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from casehug.common.models import WorkItem
from casehug.firms.page_reads import answers, count_of, once_a_page
from integrations.limits import usage
from integrations.models import Connection, ExternalLink, InboundEndpoint
from integrations.selectors import reviews
from integrations.selectors.states import SYNC


@dataclass(frozen=True)
class Figures:
    """What is open, when something arrived last, and the share of the minute's budget that is used.

    `held`: waits for a person; `matches`: links to review; `linked`: whether any matter has ever been linked;
    `polled_at`, `poll_minutes`: when it was last read and how often it is (0: never).
    """

    waiting: int
    held: int
    failing: int
    matches: int
    linked: bool
    polled_at: datetime | None
    poll_minutes: int
    used: int
    allowed: int
    last_success_at: datetime | None


@once_a_page
def figures(connection: Connection) -> Figures:
    """Count what one connection has open, in one statement. In the firm scope."""
    rows = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC)
    endpoint = InboundEndpoint.objects.filter(connection=connection)
    found = answers(
        waiting=count_of(rows.filter(status__in=WorkItem.LIVE)),
        held=count_of(rows.filter(status=WorkItem.Status.HELD).exclude(hold_reason="checking")),
        failing=count_of(failing(connection)),
        matches=count_of(reviews.waiting(connection)),
        polled_at=Subquery(endpoint.values("polled_at")),
        poll_minutes=Subquery(endpoint.values("poll_minutes")),
        linked=Exists(ExternalLink.objects.filter(connection=connection, local_type="matter")),
    )
    found["poll_minutes"] = found["poll_minutes"] or 0
    allowed, last = connection.calls_per_minute, connection.last_success_at
    return Figures(**found, used=usage(connection.id)[0], allowed=allowed, last_success_at=last)


def failing(connection: Connection) -> "QuerySet[WorkItem]":
    """Return the failed sync rows that no newer row of their matter followed. In the firm scope."""
    newer = WorkItem.objects.filter(
        kind=SYNC, connection_id=connection.id, subject_id=OuterRef("subject_id"), created_at__gt=OuterRef("created_at")
    )
    dead = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC, status=WorkItem.Status.DEAD)
    found: QuerySet[WorkItem] = dead.filter(~Exists(newer))
    return found

"""The list of matters by what became of them at a provider: one filter per provider, in the address.

The words of the filter and of the list agree: both follow the newest work row of a matter (`sync.states`).
"""

from functools import partial
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from casehug.common.models import WorkItem
from casehug.intake.selectors.added_filters import AddedFilter
from integrations.models import Connection, ExternalLink
from integrations.selectors.connections import connection_pairs
from integrations.selectors.states import CHECKING, SYNC

STATES = {
    "synced": "Synced",
    "waiting": "Waiting or under way",
    "failed": "Failed",
    "unknown": "Unknown — checking",
    "review": "Match to review",
    "cancelled": "Cancelled",
    "never": "Never synced",
}
# What the newest work row says; without one, the link decides.
_SAYS = Case(
    When(status="held", hold_reason=CHECKING, then=Value("unknown")),
    When(status__in=WorkItem.LIVE, then=Value("waiting")),
    When(status="dead", then=Value("failed")),
    When(status="cancelled", then=Value("cancelled")),
    default=Value("synced"),
    output_field=CharField(),
)


def matter_list_filters() -> list[AddedFilter]:
    """Return a filter for each provider with a connection that syncs matters. In the firm scope."""
    return [
        AddedFilter(declared.key, declared.name, STATES, partial(_narrow, row))
        for declared, row in connection_pairs()
        if row is not None and "sync_matter" in declared.operations
    ]


def _narrow(connection: Connection, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    usable = ExternalLink.objects.filter(remote_firm=connection.remote_firm, broken_at=None)
    here = usable.filter(local_type="matter", local_id=OuterRef("pk"))
    work = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC, subject_id=OuterRef("pk"))
    newest = work.order_by("-created_at", "-id").annotate(says=_SAYS).values("says")[:1]
    rows = rows.annotate(linked=Exists(here), says=Subquery(newest, output_field=CharField()))
    if value == "never":
        return rows.filter(says=None, linked=False)
    if value == "synced":
        return rows.filter(Q(says="synced") | Q(says=None, linked=True))
    if value != "review":
        return rows.filter(says=value)
    flagged = usable.exclude(needs_review="")
    own = flagged.filter(local_id=OuterRef("pk"))
    of_client = flagged.filter(local_type="contact", local_id=OuterRef("client_id"))
    concerned = Q(linked=True) | Q(says__isnull=False)
    return rows.filter(Exists(own) | (concerned & Exists(of_client)))

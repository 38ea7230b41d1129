"""From a work row to the word people read (experience.md §3.1): one vocabulary for panel, lists, log and runs."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from casehug.common.models import WorkItem
from casehug.common.work import database_now
from integrations.models import Connection, ExternalLink

SYNC = "sync_matter"
CHECKING = "checking"
WAITS_FOR = {
    "reconnect": "Waiting for a reconnect",
    "paused": "Waiting: sync is paused",
    "other_account": "Waiting for a decision",
    "configuration": "Waiting for permission",
}


@dataclass(frozen=True)
class SyncState:
    """State name of `casehug.common.wording`, its words, whether it changes by itself soon, and until when it waits."""

    state: str
    label: str
    live: bool
    until: datetime | None = None


NOT_SENT = SyncState("skipped", "Not sent", False)


def state_of(item: WorkItem, now: datetime, *, flagged: bool = False) -> SyncState:
    """Return the state of a sync from its latest work row. `flagged`: a person should look at it."""
    status = item.status
    if status == WorkItem.Status.HELD and item.hold_reason == CHECKING:
        return SyncState("unknown", "Unknown — checking", True)
    if status == WorkItem.Status.HELD:
        return SyncState("held", WAITS_FOR.get(item.hold_reason, "Waiting for a person"), False)
    if status == WorkItem.Status.RUNNING:
        return SyncState("running", "Syncing", True)
    if status == WorkItem.Status.READY:
        if item.last_error_class and item.next_attempt_at > now:
            return SyncState("waiting", "Waiting", True, item.next_attempt_at)
        return SyncState("queued", "Queued", True)
    if status == WorkItem.Status.DEAD:
        return SyncState("failed", "Failed", False)
    if status == WorkItem.Status.CANCELLED:
        return SyncState("cancelled", "Cancelled", False)
    return SyncState("noted", "Synced with notes", False) if flagged else SyncState("done", "Synced", False)


def latest_items(*, connection: Connection, matter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, WorkItem]:
    """Return the newest sync row of each matter for this connection. In the firm scope."""
    rows = WorkItem.objects.filter(kind=SYNC, connection_id=connection.id, subject_id__in=list(matter_ids))
    return {row.subject_id: row for row in rows.order_by("subject_id", "-created_at", "-id").distinct("subject_id")}


def matter_sync_states(*, connection: Connection, matter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, SyncState]:
    """Return the sync state of each matter in three queries. In the firm scope."""
    wanted = list(matter_ids)
    now = database_now()
    links = ExternalLink.objects.filter(
        remote_firm=connection.links_account, local_type="matter", local_id__in=wanted, broken_at__isnull=True
    )
    linked = dict(links.values_list("local_id", "needs_review"))
    items = latest_items(connection=connection, matter_ids=wanted)
    found: dict[uuid.UUID, SyncState] = {}
    for matter_id in wanted:
        if matter_id in items:
            found[matter_id] = state_of(items[matter_id], now, flagged=bool(linked.get(matter_id)))
        else:
            found[matter_id] = SyncState("done", "Synced", False) if matter_id in linked else NOT_SENT
    return found

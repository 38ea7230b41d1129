"""What the product announced, turned into work: which event starts a sync or goes out, on which connections."""

import uuid

from casehug.common.models import WorkItem
from casehug.outbox.models import OutboxEvent
from integrations import queue
from integrations.connections.holds import hold_reason
from integrations.mappings.forms import waits_for_answers
from integrations.models import Connection, ExternalLink
from integrations.outbound.fanout import fan_out
from integrations.referrals.requests import take_up
from integrations.registry import UnknownProvider, provider

ON_APPROVAL = ("document.approved", "intake.approved")
ON_CREATION = ("matter.created",)
ON_COMPLETION = ("intake.completed",)


def on_event(event: OutboxEvent) -> None:
    """Consumer of the outbox: inserts work rows in the event's own transaction, so that none can be lost.

    Each connection decides by its own switches (CH-4, CH-68, CH-69). A change that came from a connection is not
    echoed back to it. While a connection needs a person the row waits on hold and goes on by itself.
    """
    fan_out(event)
    take_up(event)
    matter_id = event.data.get("matter_id")
    if event.type not in (*ON_APPROVAL, *ON_CREATION, *ON_COMPLETION) or not matter_id:
        return
    lane = WorkItem.Lane.BULK if event.data.get("source") == "csv_import" else WorkItem.Lane.AUTOMATIC
    for connection in Connection.objects.exclude(state=Connection.State.NOT_CONNECTED):
        if _wants(connection, event, uuid.UUID(matter_id)):
            queue.enqueue_sync(
                connection=connection, matter_id=uuid.UUID(matter_id), lane=lane, trigger=event.type,
                actor_id=event.actor_id, cause_event_id=event.id, hold_reason=hold_reason(connection),
            )  # fmt: skip


def _wants(connection: Connection, event: OutboxEvent, matter_id: uuid.UUID) -> bool:
    if event.origin == f"connection:{connection.id}":
        return False
    try:
        if queue.SYNC_MATTER not in provider(connection.provider).operations:
            return False
    except UnknownProvider:
        return False
    if event.type in ON_CREATION:
        return bool(connection.auto_sync_on_matter_created) and not waits_for_answers(connection, matter_id)
    if event.type in ON_COMPLETION and not _under_way(connection, matter_id):
        # The client alone starts no sync; a matter that is there already gets its note now (casehug.md §5 step 6).
        return False
    if event.type in ON_COMPLETION:
        return bool(connection.auto_sync_on_approval or connection.auto_sync_on_matter_created)
    return bool(connection.auto_sync_on_approval)


def _under_way(connection: Connection, matter_id: uuid.UUID) -> bool:
    """Tell whether the matter is there already, or on its way."""
    links = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type="matter", local_id=matter_id, broken_at__isnull=True
    )
    rows = WorkItem.objects.filter(
        kind=queue.SYNC_MATTER, connection_id=connection.id, subject_id=matter_id, status__in=WorkItem.LIVE
    )
    return bool(links.exists() or rows.exists())

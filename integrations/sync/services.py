"""The doors of the engine: start, retry and cancel the sync of a matter. All inside the firm scope, keyword-only."""

import uuid

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.intake.errors import NotFound
from casehug.intake.selectors.sync import matter_for_sync
from integrations import queue
from integrations.connections.holds import CONFIGURATION, hold_reason
from integrations.mappings.holding import MAPPING
from integrations.models import Connection
from integrations.registry import provider
from integrations.sync.messages import Message, message_for


class SyncRefused(ValueError):
    """A sync could not be started, retried or cancelled; `message` says why and what to do."""

    code = ""

    def __init__(self, *, name: str = "Lawmatics") -> None:
        self.message: Message = message_for("start", self.code, name=name)
        super().__init__(self.message.text)


class NotConnected(SyncRefused):
    """The provider is not connected."""

    code = "not_connected"


class MatterMissing(SyncRefused):
    """There is no such matter in this firm."""

    code = "matter_gone"


class NotRetryable(SyncRefused):
    """Only a failed or cancelled sync is retried; an unknown outcome settles by itself."""

    code = "not_retryable"


class NotCancellable(SyncRefused):
    """Only a sync that has not started is cancelled."""

    code = "not_cancellable"


def _connection(provider_key: str) -> Connection:
    found = Connection.objects.filter(provider=provider_key).first()
    if found is None or found.state == Connection.State.NOT_CONNECTED:
        raise NotConnected(name=provider(provider_key).name)
    connection: Connection = found
    return connection


def request_sync(
    *,
    matter_id: uuid.UUID,
    lane: int = WorkItem.Lane.BUTTON,
    trigger: str = "button",
    actor_id: uuid.UUID | None = None,
    provider_key: str = "lawmatics",
) -> WorkItem:
    """Queue the sync of a matter of any age (CH-5, CH-17) and return its live row; a second press joins the first.

    While the connection needs a person (reconnect, pause, account decision) the row is held and goes on by itself
    afterwards. Raises `NotConnected`, `MatterMissing`.
    """
    connection = _connection(provider_key)
    try:
        matter_for_sync(matter_id)
    except NotFound as missing:
        raise MatterMissing from missing
    item = queue.enqueue_sync(
        connection=connection, matter_id=matter_id, lane=lane, trigger=trigger, actor_id=actor_id,
        hold_reason=hold_reason(connection),
    )  # fmt: skip
    if lane == WorkItem.Lane.BUTTON:
        # A person may have fixed the account meanwhile; waiting for a back-off makes no sense to somebody pressing.
        work.resume_held(item_id=item.id, reasons=(CONFIGURATION, MAPPING))
    audit.record(
        action="sync.requested", object_type="matter", object_id=matter_id,
        changes={"run": str(item.id), "trigger": trigger, "lane": int(lane)},
    )  # fmt: skip
    found: WorkItem = WorkItem.objects.get(id=item.id)
    return found


def retry_sync(
    *, work_item_id: uuid.UUID, actor_id: uuid.UUID | None = None, lane: int = WorkItem.Lane.BUTTON
) -> WorkItem:
    """Run a failed or cancelled sync again as a new row; steps that were confirmed are not repeated (CH-12).

    Raises `NotRetryable`, `NotConnected`, `MatterMissing`.
    """
    old: WorkItem | None = WorkItem.objects.filter(id=work_item_id, kind=queue.SYNC_MATTER).first()
    if old is None or old.status not in ("dead", "cancelled"):
        raise NotRetryable
    connection: Connection | None = Connection.objects.filter(id=old.connection_id).first()
    if connection is None or connection.state == Connection.State.NOT_CONNECTED:
        raise NotConnected
    item = queue.enqueue_sync(
        connection=connection, matter_id=old.subject_id, lane=lane, trigger="retry",
        actor_id=actor_id, retry_of=old.id, hold_reason=hold_reason(connection),
    )  # fmt: skip
    audit.record(
        action="sync.retried", object_type="matter", object_id=old.subject_id,
        changes={"run": str(item.id), "retry_of": str(old.id)},
    )  # fmt: skip
    return item


def cancel_sync(*, work_item_id: uuid.UUID) -> None:
    """Cancel a sync that has not started. Raises `NotCancellable`, also while an outcome is being checked."""
    row: WorkItem | None = WorkItem.objects.filter(id=work_item_id, kind=queue.SYNC_MATTER).first()
    checking = row is not None and row.status == "held" and row.hold_reason == "checking"
    if row is None or checking or not work.cancel(item_id=row.id):
        raise NotCancellable
    audit.record(action="sync.cancelled", object_type="matter", object_id=row.subject_id, changes={"run": str(row.id)})

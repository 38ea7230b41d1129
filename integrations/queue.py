"""The only place of this app that enqueues: which kinds of work there are, on which queue, in which lane."""

import uuid
from collections.abc import Mapping
from typing import Any

from casehug.common import work
from casehug.common.models import WorkItem
from integrations.models import BulkRun, Connection, RemoteIntent

SYNC_MATTER, RECONCILE, LATE_SWEEP, BULK = "sync_matter", "reconcile", "late_sweep", "bulk"
QUEUE = "sync"


def enqueue_sync(
    *,
    connection: Connection,
    matter_id: uuid.UUID,
    lane: int,
    trigger: str,
    actor_id: uuid.UUID | None = None,
    cause_event_id: uuid.UUID | None = None,
    retry_of: uuid.UUID | None = None,
    hold_reason: str = "",
    step_state: Mapping[str, Any] | None = None,
) -> WorkItem:
    """Queue the sync of one matter; a live one for it is joined instead (ten triggers are one run)."""
    return work.enqueue(
        kind=SYNC_MATTER, queue=QUEUE, subject_type="matter", subject_id=matter_id, lane=lane,
        connection_id=connection.id, writes=True, trigger=trigger, actor_id=actor_id, cause_event_id=cause_event_id,
        retry_of=retry_of, hold_reason=hold_reason, step_state=step_state,
    )  # fmt: skip


def enqueue_operation(
    *,
    connection: Connection,
    kind: str,
    subject_type: str,
    subject_id: uuid.UUID,
    lane: int,
    trigger: str,
    actor_id: uuid.UUID | None = None,
    cause_event_id: uuid.UUID | None = None,
    retry_of: uuid.UUID | None = None,
    hold_reason: str = "",
) -> WorkItem:
    """Queue one operation beside the sync of matters, for the row behind it; a live one for it is joined."""
    return work.enqueue(
        kind=kind, queue=QUEUE, subject_type=subject_type, subject_id=subject_id, lane=lane,
        connection_id=connection.id, writes=True, trigger=trigger, actor_id=actor_id, cause_event_id=cause_event_id,
        retry_of=retry_of, hold_reason=hold_reason,
    )  # fmt: skip


def enqueue_reconcile(*, intent: RemoteIntent, lane: int, after_seconds: float) -> WorkItem:
    """Queue the search for an unanswered write. Reads only, so it runs beside a writer."""
    return work.enqueue(
        kind=RECONCILE, queue=QUEUE, subject_type="intent", subject_id=intent.id, lane=lane,
        connection_id=intent.connection_id, after_seconds=after_seconds, trigger="no_answer",
    )  # fmt: skip


def enqueue_late_sweep(*, intent: RemoteIntent, after_seconds: float) -> WorkItem:
    """Queue one more look for a commit that came later than any sane server commits."""
    return work.enqueue(
        kind=LATE_SWEEP, queue=QUEUE, subject_type="intent", subject_id=intent.id, lane=WorkItem.Lane.BULK,
        connection_id=intent.connection_id, after_seconds=after_seconds, trigger="late_sweep",
    )  # fmt: skip


def enqueue_bulk(*, run: BulkRun, looking: bool = False, after_seconds: float = 0.0) -> WorkItem:
    """Queue the next piece of a bulk run: checking, looking contacts up, or feeding its rows into the bulk lane.

    Only looking calls the provider, so only that belongs to the connection and its bulk lane.
    """
    return work.enqueue(
        kind=BULK, queue="maintenance", subject_type="bulk_run", subject_id=run.id,
        lane=WorkItem.Lane.BULK if looking else WorkItem.Lane.AUTOMATIC,
        connection_id=run.connection_id if looking else None, after_seconds=after_seconds, trigger="bulk",
    )  # fmt: skip

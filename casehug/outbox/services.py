"""Publish an announcement: stored with the change itself, handed to the consumers in the same transaction."""

import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.rows import insert
from casehug.outbox.dispatch import dispatch
from casehug.outbox.models import OutboxEvent

log = structlog.get_logger(__name__)


def publish(
    *, type: str, subject_type: str, subject_id: uuid.UUID, data: Mapping[str, Any] | None = None, origin: str = ""
) -> OutboxEvent:
    """Announce what happened, inside the transaction (and firm scope) of the change.

    `data` holds ids and names of fields, never client values. Consumers only insert work rows, so they run right here:
    the work is committed with its cause. A consumer's failure never undoes the change; a work row dispatches it again.
    """
    event = OutboxEvent(
        type=type, subject_type=subject_type, subject_id=subject_id, data=dict(data or {}), origin=origin,
        actor_id=current_actor_id(), dispatched_at=timezone.now(),
    )  # fmt: skip
    insert([event])
    try:
        with transaction.atomic():
            dispatch(event)
    except Exception:
        log.exception("outbox.dispatch.failed", kind=type)
        event.dispatched_at = None
        event.save(update_fields=["dispatched_at", "updated_at"])
        work.enqueue(
            kind="outbox_dispatch",
            queue="maintenance",
            subject_type="outbox_event",
            subject_id=event.id,
            after_seconds=5,
        )
    return event

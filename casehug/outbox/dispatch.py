"""Hand an announcement to the consumers named in settings; also the work handler that repeats a failed hand-over."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.outbox.models import OutboxEvent


@cache
def _consumers() -> tuple[Any, ...]:
    return tuple(import_string(path) for path in settings.OUTBOX_CONSUMERS)


def dispatch(event: OutboxEvent) -> None:
    """Call every consumer once. Runs in the caller's transaction."""
    for consume in _consumers():
        consume(event)


def redispatch(item: WorkItem) -> work.Settlement:
    """Work handler `outbox_dispatch`: repeat a hand-over that failed."""
    with firm_scope(item.firm_id):
        event = OutboxEvent.objects.get(id=item.subject_id)
        if event.dispatched_at is None:
            dispatch(event)
            event.dispatched_at = timezone.now()
            event.save(update_fields=["dispatched_at", "updated_at"])
    return work.done()

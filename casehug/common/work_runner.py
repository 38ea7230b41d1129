"""Run one claimed row: claim, call the handler of its kind outside any transaction, apply the settlement."""

import os
import socket
import threading
import uuid
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from casehug.common import checkpoints, work
from casehug.common.actor import actor_context
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope

log = structlog.get_logger(__name__)
Handler = Callable[[WorkItem], work.Settlement]


@cache
def handler_for(kind: str) -> Handler | None:
    """Return the handler of a kind of work from `WORK_HANDLERS`, None for an unknown kind."""
    path = settings.WORK_HANDLERS.get(kind)
    return import_string(path) if path else None


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80]


def run_item(item_id: uuid.UUID, firm_id: uuid.UUID) -> str:
    """Run the row if it is due and free; a wrong pair of row and firm shows no row and ends without effect.

    Returns the status written, or `skipped`. Exceptions of the handler become a retry with back-off.
    """
    checkpoints.reached("work.claim.before")
    item = work.claim(item_id=item_id, owner=_owner(), firm_id=firm_id)
    if item is None:
        return "skipped"
    checkpoints.reached("work.claim.after")
    bound = {"firm": str(firm_id), "run": str(item.id), "kind": item.kind, "lane": item.lane}
    with structlog.contextvars.bound_contextvars(**bound), actor_context(user_id=item.actor_id, source="system"):
        try:
            settlement = _handle(item)
            settlement, status = _settle(item, settlement)
        except work.LostClaim:
            log.warning("work.claim.lost")
            _close_alone(item)
            return "skipped"
        checkpoints.reached("work.settled")
        log.info("work.settled", status=status, error_class=settlement.error_class, attempt=item.attempts)
    return status


def _handle(item: WorkItem) -> work.Settlement:
    handler = handler_for(item.kind)
    if handler is None:
        return work.dead(error_class="unknown", error_code="no_handler", error_text=f"Nothing handles “{item.kind}”.")
    try:
        return handler(item)
    except work.LostClaim:
        raise
    except Exception as error:
        return _fault(error)


def _fault(error: Exception) -> work.Settlement:
    log.exception("work.handler.failed")
    text = f"An unexpected fault in CaseHug ({type(error).__name__}). It is repeated automatically."
    return work.retry(error_class="unknown", error_code="internal", error_text=text)


def _settle(item: WorkItem, settlement: work.Settlement) -> tuple[work.Settlement, str]:
    """Write what the run left for its end and settle the row, in one transaction. A fault there is one of the run."""
    try:
        with firm_scope(item.firm_id):
            for write in item.closing:
                write()
            return settlement, work.settle(item, settlement)
    except work.LostClaim:
        raise
    except Exception as error:
        if not item.closing:
            raise
        settlement = _fault(error)
    with firm_scope(item.firm_id):
        return settlement, work.settle(item, settlement)


def _close_alone(item: WorkItem) -> None:
    """Write what the run left for its end although the row is another worker's now: each write knows what it may."""
    try:
        with firm_scope(item.firm_id):
            for write in item.closing:
                write()
    except Exception:
        log.exception("work.closing.failed")


def run_due(*, firm_id: uuid.UUID, limit: int = 100) -> int:
    """Run the firm's due rows in this process, oldest first, until none is due; returns how many ran."""
    ran = 0
    while ran < limit:
        with firm_scope(firm_id):
            due = WorkItem.objects.filter(status="ready", next_attempt_at__lte=work.database_now())
            ids = list(due.order_by("lane", "next_attempt_at").values_list("id", flat=True)[:10])
        if not any(run_item(item_id, firm_id) != "skipped" for item_id in ids):
            break
        ran += len(ids)
    return ran

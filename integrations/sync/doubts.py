"""Doubts: writes without a usable answer. Opened here, settled in `reconcile.py`; no dead sync leaves one open."""

import uuid

import structlog

from casehug.common import ticks, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations import queue
from integrations.connections.holds import free_forgotten
from integrations.contract.operations import Step
from integrations.models import Connection, RemoteIntent, SyncLog
from integrations.registry import provider
from integrations.sync import intents
from integrations.sync.messages import error_text
from integrations.sync.operations import SET_UP, is_addressable, of_intent, tell
from integrations.sync.records import log
from integrations.sync.run import Run

CHECKING, DECIDE = "checking", "decide"
FULL_SETTLE_SECONDS = 120.0
FIRST_PROBE_SECONDS = 2.0
logger = structlog.get_logger(__name__)


def scaled(seconds: float) -> float:
    """Return a time of the search schedule, shortened like the settle time (tests and demos use a fast clock)."""
    return seconds * intents.settle_seconds() / FULL_SETTLE_SECONDS


def checking(name: str) -> Settlement:
    """Return the settlement of a row whose write has no answer: held, no attempt used, never offered a plain retry."""
    text = error_text("network", CHECKING, name=name)
    return work.hold(reason=CHECKING, error_class="network", error_code=CHECKING, error_text=text)


def undecided(name: str) -> Settlement:
    """Return the settlement of a row whose write was looked for in vain and must not be repeated by itself."""
    text = error_text("network", intents.UNDECIDED, name=name)
    return work.hold(reason=DECIDE, error_class="network", error_code=intents.UNDECIDED, error_text=text)


def open_doubt(
    *,
    connection: Connection,
    item: WorkItem,
    intent: RemoteIntent,
    action: str,
    name: str,
    http_status: int | None = None,
    seconds: float | None = None,
) -> None:
    """Turn an intent into a doubt and queue the search for it, inside the scope. A settled one stays settled."""
    if intent.outcome not in intents.OPEN:
        return
    intents.to_unknown(intent)
    found = of_intent(intent)
    if found is not None:
        tell(found.unknown, intent.subject_id)
    if not SyncLog.objects.filter(intent_id=intent.id).exists():
        trouble = log.Trouble("network", CHECKING, error_text("network", CHECKING, name=name), http_status)
        log.write(
            connection=connection, item=item, matter_id=intent.matter_id, action=action,
            status=SyncLog.Status.CHECKING, trouble=trouble, seconds=seconds, intent_id=intent.id,
        )  # fmt: skip
    queue.enqueue_reconcile(intent=intent, lane=item.lane, after_seconds=scaled(FIRST_PROBE_SECONDS))


def _log_action(intent: RemoteIntent) -> str:
    return f"{intent.kind.split('.')[0]}.{'create' if intent.verb == 'inline' else intent.verb}"


def _is_doubt(intent: RemoteIntent) -> bool:
    """Tell whether an open intent stops its matter; a carried note that nobody has looked for yet does not."""
    return intent.verb != "inline" or intent.ever_unknown


def recover(*, connection: Connection, item: WorkItem) -> Settlement | None:
    """Judge what an earlier claim left behind. A settlement: something is in doubt, the row has to be held."""
    left = intents.lock_left_by(connection=connection, item=item)
    name = provider(connection.provider).name
    for intent in intents.abandoned(left, claimed=item):
        open_doubt(connection=connection, item=item, intent=intent, action=_log_action(intent), name=name)
    in_doubt = [intent for intent in left if intent.outcome in intents.OPEN and _is_doubt(intent)]
    if any(intent.error_code == intents.UNDECIDED for intent in in_doubt):
        return undecided(name)
    for intent in in_doubt:
        if intent.outcome == RemoteIntent.Outcome.UNKNOWN and not _searched(intent.id):
            open_doubt(connection=connection, item=item, intent=intent, action=_log_action(intent), name=name)
    return checking(name) if in_doubt else None


def _searched(intent_id: uuid.UUID) -> bool:
    return bool(WorkItem.objects.filter(kind=queue.RECONCILE, subject_id=intent_id, status__in=WorkItem.LIVE).exists())


def wait_for_other(run: Run, step: Step) -> bool:
    """Tell whether another row's write for the same local record has no answer yet (two matters of one client)."""
    intent = intents.open_for(
        connection=run.connection,
        kind=run.prepared.local_type(step.key),
        subject_id=run.prepared.local_id(step.key),
    )
    if intent is None or not _is_doubt(intent):
        return False
    for gone in intents.abandoned([intent]):
        open_doubt(
            connection=run.connection, item=run.item, intent=gone, action=_log_action(gone), name=run.provider.name
        )
    return True


def _needs_search(intent: RemoteIntent, owner: WorkItem) -> bool:
    """Tell whether nobody looks for this write: its row ended, or waits for a search that ended without an answer."""
    if intent.error_code == intents.UNDECIDED:
        return False
    held = owner.status == "held" and owner.hold_reason == CHECKING and _is_doubt(intent)
    return (held or owner.status not in WorkItem.LIVE) and not _searched(intent.id)


def sweep() -> int:
    """Tick: queue the search for doubts that nobody works on, free rows held for nothing. Returns how many."""
    return sum(_sweep_firm(firm_id) for firm_id in ticks.firm_ids())


def _sweep_firm(firm_id: uuid.UUID) -> int:
    found = 0
    with firm_scope(firm_id):
        for intent in RemoteIntent.objects.filter(outcome__in=intents.OPEN).select_related("connection"):
            owner = WorkItem.objects.filter(id=intent.work_item_id).first()
            if owner is None or not _needs_search(intent, owner):
                continue
            name = provider(intent.connection.provider).name
            open_doubt(
                connection=intent.connection, item=owner, intent=intents.lock(intent.id),
                action=_log_action(intent), name=name,
            )  # fmt: skip
            found += 1
        for row in WorkItem.objects.filter(status="held", hold_reason__in=(CHECKING, DECIDE)):
            connection = Connection.objects.get(id=row.connection_id)
            if not intents.left_by(connection=connection, item=row).exists():
                found += work.resume_held(item_id=row.id, reasons=(CHECKING, DECIDE))
        for connection in Connection.objects.filter(state=Connection.State.CONNECTED):
            waiting = WorkItem.objects.filter(connection_id=connection.id, status="held", hold_reason=SET_UP)
            if waiting.exists() and is_addressable(connection):
                found += work.resume_held(connection_id=connection.id, reasons=(SET_UP,))
        found += free_forgotten()
    if found:
        logger.warning("sync.doubts.swept", count=found)
    return found

"""Who settles a write that was looked for in vain: an event that proves it, or a person who has looked there.

All inside the firm scope. Nothing here calls the provider.
"""

import uuid

from casehug.audit import services as audit
from casehug.common import ticks, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations import queue
from integrations.connections.holds import hold_reason
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ExternalLink, RemoteIntent, SyncLog
from integrations.registry import provider
from integrations.sync import intents
from integrations.sync.confirm import confirm
from integrations.sync.doubts import CHECKING, DECIDE, scaled, undecided
from integrations.sync.messages import error_text
from integrations.sync.operations import kind_of, of_intent, proof_of, step_of, tell
from integrations.sync.records import links, log

FIRST_SWEEP = 600.0
BY_PERSON, BY_EVENT = "by_hand", "reconciled"


class DecisionRefused(ValueError):
    """Nothing waits for a decision (any more); the text says why."""


def row_of(intent: RemoteIntent) -> WorkItem | None:
    """Return the live row of what a write is about."""
    kind = kind_of(intent.kind)
    subject_id = intent.subject_id if kind else intent.matter_id
    rows = WorkItem.objects.filter(kind=kind or queue.SYNC_MATTER, subject_id=subject_id)
    found: WorkItem | None = rows.filter(connection_id=intent.connection_id, status__in=WorkItem.LIVE).first()
    return found


def ask_person(*, connection: Connection, intent: RemoteIntent, row: WorkItem | None) -> None:
    """Leave a doubt to a person: it stays open, so that nothing is sent meanwhile, and its row waits."""
    intent.error_code = intents.UNDECIDED
    intent.save(update_fields=["error_code", "updated_at"])
    settlement = undecided(provider(connection.provider).name)
    if row is not None:
        WorkItem.objects.filter(id=row.id, status="held", hold_reason=CHECKING).update(
            hold_reason=DECIDE, last_error_class=settlement.error_class, last_error_code=settlement.error_code,
            last_error_text=settlement.error_text,
        )  # fmt: skip
    audit.record(
        action=f"{intent.kind}.undecided", object_type=intent.kind, object_id=intent.subject_id,
        changes={"intent": str(intent.id)}, outcome="unknown",
    )  # fmt: skip
    found = of_intent(intent)
    if found is not None:
        tell(found.undecided, intent.subject_id)


def arrived(*, connection: Connection, local_type: str, subject_id: uuid.UUID, remote_id: str) -> bool:
    """Settle an unanswered write by news that prove that it arrived. Returns whether there was one.

    A link that a person had confirmed without knowing the id there gets it.
    """
    intent = RemoteIntent.objects.filter(
        connection=connection, kind=local_type, subject_id=subject_id, outcome=RemoteIntent.Outcome.UNKNOWN
    ).first()
    if intent is not None:
        _settle(intents.lock(intent.id), RemoteRef(local_type, remote_id), how=BY_EVENT)
        return True
    known = links.find(connection=connection, local_type=local_type, local_id=subject_id)
    if known is not None and not known.external_id and remote_id and not _taken(known, remote_id):
        links.save(connection=connection, local_type=local_type, local_id=subject_id, how=known.how,
                   ref=RemoteRef(local_type, remote_id))  # fmt: skip
        intent = RemoteIntent.objects.filter(connection=connection, kind=local_type, subject_id=subject_id).first()
        found = of_intent(intent) if intent else None
        if found is not None:
            tell(found.confirmed, connection, subject_id, remote_id)
    return False


def _taken(link: ExternalLink, remote_id: str) -> bool:
    rows = ExternalLink.objects.filter(remote_firm=link.remote_firm, local_type=link.local_type, external_id=remote_id)
    return bool(rows.exists())


def settle_proven() -> int:
    """Settle what waits for a person and news have proven meanwhile. Inside the firm scope. Returns how many."""
    count = 0
    waiting = RemoteIntent.objects.filter(
        outcome=RemoteIntent.Outcome.UNKNOWN, error_code=intents.UNDECIDED
    ).select_related("connection")  # fmt: skip
    for intent in waiting:
        remote_id = proof_of(intent)
        if remote_id is not None:
            _settle(intents.lock(intent.id), RemoteRef(intent.kind, remote_id), how=BY_EVENT)
            count += 1
    return count


def it_arrived(*, intent_id: uuid.UUID) -> RemoteIntent:
    """A person has looked: it stands there. Raises `DecisionRefused`."""
    intent = _waiting(intent_id)
    _settle(intent, RemoteRef(intent.kind, ""), how=BY_PERSON)
    return intent


def send_again(*, intent_id: uuid.UUID) -> RemoteIntent:
    """A person has looked: it does not stand there. It is sent once more, with the same mark. Raises `DecisionRefused`.

    While the connection needs a person it waits for that as well.
    """
    intent = _waiting(intent_id)
    intents.close(intent, RemoteIntent.Outcome.NOT_APPLIED, error_code=intents.NOT_ARRIVED)
    text = error_text("network", intents.NOT_ARRIVED, name=provider(intent.connection.provider).name)
    trouble = log.Trouble("network", intents.NOT_ARRIVED, text)
    log.settle_open(intent_id=intent.id, status=SyncLog.Status.FAILED, trouble=trouble)
    audit.record(
        action=f"{intent.kind}.sent_again", object_type=intent.kind, object_id=intent.subject_id,
        changes={"intent": str(intent.id)},
    )  # fmt: skip
    found = of_intent(intent)
    if found is not None:
        tell(found.again, intent.subject_id)
    queue.enqueue_late_sweep(intent=intent, after_seconds=scaled(FIRST_SWEEP))
    row = row_of(intent)
    if row is not None:
        work.resume_held(item_id=row.id, reasons=(CHECKING, DECIDE))
    elif found is not None:
        queue.enqueue_operation(
            connection=intent.connection, kind=kind_of(intent.kind), subject_type=found.subject_type,
            subject_id=intent.subject_id, lane=WorkItem.Lane.BUTTON, trigger="retry", retry_of=intent.work_item_id,
            hold_reason=hold_reason(intent.connection),
        )  # fmt: skip
    return intent


def _waiting(intent_id: uuid.UUID) -> RemoteIntent:
    intent = RemoteIntent.objects.select_for_update().filter(id=intent_id).first()
    if intent is None or intent.outcome not in intents.OPEN:
        raise DecisionRefused("This was settled meanwhile. Nothing was sent again.")
    if intent.error_code != intents.UNDECIDED:
        raise DecisionRefused("This is still being looked for. Nothing was sent again.")
    found: RemoteIntent = intent
    return found


def _settle(intent: RemoteIntent, ref: RemoteRef, *, how: str) -> None:
    connection: Connection = intent.connection
    item, row = WorkItem.objects.filter(id=intent.work_item_id).first(), row_of(intent)
    owner: WorkItem = item or row or WorkItem(id=intent.work_item_id)
    _, step = step_of(provider(connection.provider), intent)
    intent.error_code = ""
    confirm(connection=connection, item=owner, step=step, context=None, intent=intent, ref=ref, how=how)
    queue.enqueue_late_sweep(intent=intent, after_seconds=scaled(FIRST_SWEEP))
    if row is not None:
        work.resume_held(item_id=row.id, reasons=(CHECKING, DECIDE))


def tick() -> int:
    """Tick: settle in every firm what waits for a person and was proven meanwhile. Returns how many."""
    count = 0
    for firm_id in ticks.firm_ids():
        with firm_scope(firm_id):
            count += settle_proven()
    return count

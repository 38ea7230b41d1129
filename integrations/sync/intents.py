"""Intents: each write is on disk before its first byte, and ends as applied, not applied, or is looked for."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as database
from django.db.models import QuerySet

from casehug.common.encryption import blind_index
from casehug.common.models import WorkItem
from casehug.common.rows import insert
from casehug.common.work import database_now
from integrations.contract.operations import StepContext, Write
from integrations.models import Connection, RemoteIntent
from integrations.sync.operations import outgoing
from integrations.sync.outgoing import frozen

LONGEST_SEND_SECONDS = 10.0
FILE_LEASE_SECONDS = 900.0
ABSENT = "absent"
NOT_ARRIVED = "not_arrived"
"""Closed as not applied because a person said so."""
UNDECIDED = "undecided"
"""Still open: looked for, not found, and only a person can tell (`Operation.ask_person`)."""
MAX_TRIES = 3
_LEFT = """
    SELECT * FROM integrations_remoteintent WHERE firm_id = %(firm)s AND connection_id = %(connection)s
        AND outcome IN ('inflight', 'unknown')
        AND (matter_id = %(matter)s::uuid OR (kind = %(kind)s::text AND subject_id = %(subject)s)) FOR UPDATE"""
Outcome = RemoteIntent.Outcome
OPEN = (Outcome.INFLIGHT, Outcome.UNKNOWN)


def settle_seconds() -> float:
    """Return how long after the send deadline a late commit may still appear: read timeout + server + index delay."""
    return float(settings.SYNC_SETTLE_SECONDS)


def send_seconds() -> float:
    """Return how long after the commit of its intent a request may still start; shorter on a fast clock."""
    return min(LONGEST_SEND_SECONDS, max(0.5, settle_seconds() / 12))


def open_intent(
    *,
    connection: Connection,
    item: WorkItem,
    kind: str,
    verb: str,
    subject_id: uuid.UUID,
    matter_id: uuid.UUID,
    context: StepContext,
    write: Write,
    now: datetime,
) -> RemoteIntent:
    """Insert the intent of one write as `inflight`. The caller's transaction must commit before the first byte, and be

    durable (`work.guard`): a crash of the database server right after the send must not forget that something was
    sent. `now` is its time. The database refuses a second open one for the same record (`IntegrityError`).
    """
    intent = RemoteIntent(
        connection=connection, work_item_id=item.id, kind=kind, verb=verb, subject_id=subject_id, matter_id=matter_id,
        marker=context.marker, carries=list(write.carries), body_hmac=_body_hmac(write),
        origins=[list(origin) for origin in write.body.origins], try_no=_try_no(item, kind, subject_id),
        fence=item.fence, send_deadline=now + timedelta(seconds=send_seconds()), sent_at=now,
        settle_until=now + timedelta(seconds=send_seconds() + settle_seconds()),
    )  # fmt: skip
    intent.frozen = frozen.freeze(context.snapshot, context.changed, intent_id=intent.id)
    insert([intent])
    if write.file is not None:  # the bytes of a large file take longer than any other call
        WorkItem.objects.filter(id=item.id, fence=item.fence).update(
            lease_until=now + timedelta(seconds=FILE_LEASE_SECONDS)
        )
    return intent


def open_inline(*, parent: RemoteIntent, kind: str, marker: str, matter_id: uuid.UUID) -> RemoteIntent:
    """Insert an unanswered intent for a note that travelled inside its contact: its arrival is looked for."""
    intent = RemoteIntent(
        connection=parent.connection, work_item_id=parent.work_item_id, kind=kind, verb="inline",
        subject_id=matter_id, matter_id=matter_id, marker=marker, body_hmac=bytes(parent.body_hmac),
        origins=[], fence=parent.fence, send_deadline=parent.send_deadline, sent_at=parent.sent_at,
        settle_until=parent.settle_until, outcome=Outcome.UNKNOWN,
    )  # fmt: skip
    if parent.frozen is None:
        raise ValueError("what the parent carried is not known any more")
    thawed = frozen.thaw(bytes(parent.frozen), intent_id=parent.id)
    intent.frozen = frozen.freeze(thawed.snapshot, frozenset(), intent_id=intent.id)
    insert([intent])
    return intent


def _body_hmac(write: Write) -> bytes:
    text = json.dumps(write.body.payload, sort_keys=True, separators=(",", ":"), default=str)
    return blind_index("body:" + hashlib.sha256(text.encode()).hexdigest())


def _try_no(item: WorkItem, kind: str, subject_id: uuid.UUID) -> int:
    """Return which try this is for the row: one more than the tries that were looked for and not found."""
    if item.fence <= 1:
        return 1  # tries are looked for while their row waits: one that was never claimed before has none
    absent = RemoteIntent.objects.filter(
        work_item_id=item.id, kind=kind, subject_id=subject_id, outcome=Outcome.NOT_APPLIED, error_code=ABSENT
    )
    return int(absent.count()) + 1


def tries_used_up(*, item: WorkItem, kind: str, subject_id: uuid.UUID) -> bool:
    """Tell whether three tries of this row went out and none could be found afterwards."""
    return _try_no(item, kind, subject_id) > MAX_TRIES


def open_for(*, connection: Connection, kind: str, subject_id: uuid.UUID) -> RemoteIntent | None:
    """Return the open intent of a local record, whichever work row sent it."""
    found: RemoteIntent | None = RemoteIntent.objects.filter(
        connection=connection, kind=kind, subject_id=subject_id, outcome__in=OPEN
    ).first()
    return found


def drop(intent: RemoteIntent) -> None:
    """Remove an intent of which certainly no byte was sent (our own gate said wait, or the deadline passed)."""
    RemoteIntent.objects.filter(id=intent.id, outcome=Outcome.INFLIGHT, fence=intent.fence).delete()


def left_by(*, connection: Connection, item: WorkItem) -> QuerySet[RemoteIntent]:
    """Return the open intents of what a row is about: its matter (with client and notes), or its one record."""
    rows: QuerySet[RemoteIntent] = RemoteIntent.objects.filter(connection=connection, outcome__in=OPEN)
    found = outgoing(item.kind)
    if found is None:
        return rows.filter(matter_id=item.subject_id)
    return rows.filter(kind=found.local_type, subject_id=item.subject_id)


def lock_left_by(*, connection: Connection, item: WorkItem) -> list[RemoteIntent]:
    """Return what `left_by` does, for update. In plain SQL: every run asks, and nearly always for nothing."""
    found = outgoing(item.kind)
    kind, matter_id = (found.local_type, None) if found else (None, item.subject_id)
    values = {"firm": item.firm_id, "connection": connection.id, "kind": kind, "subject": item.subject_id,
              "matter": matter_id}  # fmt: skip
    return list(RemoteIntent.objects.raw(_LEFT, values))


def lock(intent_id: uuid.UUID) -> RemoteIntent:
    """Read an intent for update."""
    found: RemoteIntent = RemoteIntent.objects.select_for_update().get(id=intent_id)
    return found


def answer(intent: RemoteIntent, *, remote_id: str) -> bool:
    """Write the answer to an intent that is still in flight; False when it was settled or doubted meanwhile."""
    sql = """
        UPDATE integrations_remoteintent SET outcome = 'applied', remote_id = %s, error_code = '', frozen = NULL,
            updated_at = now()
        WHERE id = %s AND outcome = 'inflight' AND NOT ever_unknown"""
    with database.cursor() as cursor:
        cursor.execute(sql, [remote_id, intent.id])
        if not cursor.rowcount:
            return False
    # The copy in memory keeps what was sealed: a note that it carried may still have to be looked for by it.
    intent.outcome, intent.remote_id, intent.error_code = Outcome.APPLIED, remote_id, ""
    return True


def close(intent: RemoteIntent, outcome: str, *, remote_id: str = "", error_code: str = "") -> None:
    """Write the outcome. What was sealed is kept only while a late commit can still appear."""
    intent.outcome, intent.remote_id, intent.error_code = outcome, remote_id, error_code
    if not intent.ever_unknown or intent.verb == "update":
        intent.frozen = None
    intent.save(update_fields=["outcome", "remote_id", "error_code", "frozen", "updated_at"])


def to_unknown(intent: RemoteIntent) -> None:
    """Turn an intent without an answer into a doubt that is looked for."""
    intent.outcome, intent.ever_unknown = Outcome.UNKNOWN, True
    intent.save(update_fields=["outcome", "ever_unknown", "updated_at"])


def abandoned(intents: Sequence[RemoteIntent], *, claimed: WorkItem | None = None) -> list[RemoteIntent]:
    """Return those in-flight intents whose sender is gone: its row ended, was claimed again, or its lease ran out."""
    gone = []
    for intent in intents:
        if intent.outcome != Outcome.INFLIGHT:
            continue
        alive = WorkItem.objects.filter(
            id=intent.work_item_id, status="running", fence=intent.fence, lease_until__gt=database_now()
        )
        mine = claimed is not None and intent.work_item_id == claimed.id and intent.fence == claimed.fence
        if not mine and not alive.exists():
            gone.append(intent)
    return gone

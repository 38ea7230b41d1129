"""Work is rows: enqueue, claim with lease and fence, release, hold, finish. The broker only says "look at row X".

Every function runs inside the caller's `firm_scope`. Time is the database's, not the worker's.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.module_loading import import_string

from casehug.common.bell import CHANNEL as CHANNEL
from casehug.common.bell import notify as notify
from casehug.common.gates import close_lane
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id, firm_scope
from casehug.common.settlements import Settlement as Settlement
from casehug.common.settlements import backoff_seconds as backoff_seconds
from casehug.common.settlements import cancelled as cancelled
from casehug.common.settlements import dead as dead
from casehug.common.settlements import done as done
from casehug.common.settlements import hold as hold
from casehug.common.settlements import retry as retry
from casehug.common.settlements import wait as wait

START_WITHIN_SECONDS = 50  # no remote call starts later than this after the claim
MAX_CLAIMS = 5
MAX_ATTEMPTS = 10
_GUARD = "SELECT now() FROM common_workitem WHERE id = %s AND fence = %s AND status = 'running' FOR UPDATE"
# A crash of the database server right after this commit must not forget it, whatever the server's own setting is.
_DURABLE = _GUARD.replace("now()", "now(), set_config('synchronous_commit', 'on', true)", 1)
_PROGRESS = """
    UPDATE common_workitem SET step = %s, step_state = %s::jsonb
    WHERE id = %s AND fence = %s AND status = 'running'"""


class LostClaim(RuntimeError):
    """The row was taken over by another worker (the fence moved): stop, write nothing more."""


def enqueue(
    *,
    kind: str,
    queue: str,
    subject_type: str,
    subject_id: uuid.UUID,
    lane: int = WorkItem.Lane.AUTOMATIC,
    connection_id: uuid.UUID | None = None,
    writes: bool = False,
    after_seconds: float = 0.0,
    trigger: str = "",
    actor_id: uuid.UUID | None = None,
    retry_of: uuid.UUID | None = None,
    cause_event_id: uuid.UUID | None = None,
    hold_reason: str = "",
    step_state: Mapping[str, Any] | None = None,
) -> WorkItem:
    """Insert a work row in the caller's transaction, or raise the generation of the live one for the same subject.

    Ten triggers or a double click are one live row. `hold_reason` inserts it held. Returns the live row.
    """
    sql = """
        INSERT INTO common_workitem AS w (id, firm_id, created_at, updated_at, connection_id, queue, lane, kind,
            subject_type, subject_id, writes, generation, step, step_state, status, hold_reason, next_attempt_at,
            attempts, claims, lease_owner, fence, last_error_class, last_error_code, last_error_text,
            trigger, actor_id, retry_of, cause_event_id, request_id)
        VALUES (%(id)s, %(firm)s, now(), now(), %(connection)s, %(queue)s, %(lane)s, %(kind)s,
            %(subject_type)s, %(subject_id)s, %(writes)s, 1, '', %(state)s::jsonb, %(status)s, %(hold)s,
            now() + make_interval(secs => %(after)s), 0, 0, '', 0, '', '', '',
            %(trigger)s, %(actor)s, %(retry_of)s, %(cause)s, '')
        ON CONFLICT (firm_id, kind, subject_id, connection_id) WHERE status IN ('ready', 'running', 'held')
        DO UPDATE SET generation = w.generation + 1, lane = least(w.lane, excluded.lane),
            next_attempt_at = least(w.next_attempt_at, excluded.next_attempt_at), rung_at = NULL, updated_at = now(),
            actor_id = coalesce(excluded.actor_id, w.actor_id)
        RETURNING *"""
    values: dict[str, Any] = {
        "id": uuid7(), "firm": current_firm_id(), "connection": connection_id, "queue": queue, "lane": int(lane),
        "kind": kind, "subject_type": subject_type, "subject_id": subject_id, "writes": writes,
        "state": json.dumps(dict(step_state or {})), "status": "held" if hold_reason else "ready", "hold": hold_reason,
        "after": after_seconds, "trigger": trigger, "actor": actor_id, "retry_of": retry_of, "cause": cause_event_id,
    }  # fmt: skip
    (item,) = _rows(sql, values)
    notify()
    return item


def _rows(sql: str, values: Mapping[str, Any]) -> list[WorkItem]:
    """Return the rows that a statement changed; asking for them again would cost as much as the change."""
    return list(WorkItem.objects.raw(sql, values))


def claim(*, item_id: uuid.UUID, owner: str, firm_id: uuid.UUID | None = None) -> WorkItem | None:
    """Take a due row for this worker, or return None when it is not due, taken, or its connection has a writer,

    or when it calls out and the operator has paused everything outgoing (`standstill`).

    `firm_id`: open the scope of this firm, for callers that have none. A row claimed five times without an orderly
    release kills its workers: it becomes `dead` (`poison`).
    """
    firm_id = firm_id or current_firm_id()
    try:
        with firm_scope(firm_id):
            item = _take(item_id, owner)
            if item is None:
                _missed(item_id)
            elif item.claims > MAX_CLAIMS:
                text = "The work stopped its worker five times."
                settle(item, dead(error_class="unknown", error_code="poison", error_text=text))
                item = None
    except IntegrityError:  # another write of this connection is running
        with firm_scope(firm_id):
            _missed(item_id)
        return None
    return item


def _missed(item_id: uuid.UUID) -> None:
    """The ring came to nothing. Forgotten, it does not keep the row from being rung as soon as it can run."""
    WorkItem.objects.filter(id=item_id, status="ready").update(rung_at=None)
    notify()


def _take(item_id: uuid.UUID, owner: str) -> WorkItem | None:
    sql = """
        UPDATE common_workitem SET status = 'running', fence = fence + 1, claims = claims + 1, lease_owner = %(me)s,
            lease_until = now() + make_interval(secs => %(lease)s), updated_at = now()
        WHERE id = (SELECT id FROM common_workitem i WHERE id = %(id)s
            AND ((status = 'ready' AND next_attempt_at <= now() AND NOT EXISTS (
                    SELECT 1 FROM common_gate g WHERE g.firm_id = i.firm_id AND g.connection_id = i.connection_id
                    AND g.lane = i.lane AND g.closed_until > now()))
                OR (status = 'running' AND lease_until < now()))
            AND NOT ((connection_id IS NOT NULL OR queue = 'outbound') AND EXISTS (SELECT id FROM common_standstill))
            FOR UPDATE SKIP LOCKED)
        RETURNING *"""
    taken = _rows(sql, {"me": owner, "id": item_id, "lease": settings.WORK_LEASE_SECONDS})
    return taken[0] if taken else None


def guard(item: WorkItem, *, durable: bool = False) -> datetime:
    """Raise `LostClaim` unless the caller still owns the row; call it first in every later write transaction.

    Returns the database's clock. `durable`: this commit waits for the disk, whatever the server is set to.
    """
    # Plain SQL: it runs before every write of a run, and building the query would cost more than answering it.
    with connection.cursor() as cursor:
        cursor.execute(_DURABLE if durable else _GUARD, [item.id, item.fence])
        row = cursor.fetchone()
    if row is None:
        raise LostClaim(str(item.id))
    now: datetime = row[0]
    return now


def save_progress(item: WorkItem, *, step: str, state: Mapping[str, Any]) -> None:
    """Save the last finished step (ids only), so that a retry continues instead of restarting."""
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [step, json.dumps(dict(state)), item.id, item.fence])
        if not cursor.rowcount:
            raise LostClaim(str(item.id))
    item.step, item.step_state = step, dict(state)


def settle(item: WorkItem, settlement: Settlement) -> str:
    """Apply a settlement to a claimed row and wake the relay. Returns the status written.

    A trigger that arrived meanwhile (newer generation) sends a finished row back to ready, also a failed one: what
    caused it may be the correction. Raises `LostClaim`.
    """
    status, attempts, seconds = settlement.status, item.attempts, settlement.after_seconds
    if settlement.counts_attempt:
        attempts += 1
    if status == "ready" and settlement.counts_attempt and attempts >= MAX_ATTEMPTS:
        status = "dead"
    if seconds < 0:
        seconds = backoff_seconds(attempts)
    sql = """
        UPDATE common_workitem SET
            status = CASE WHEN %(status)s IN ('done', 'dead', 'cancelled') AND generation > %(generation)s THEN 'ready'
                          ELSE %(status)s END,
            hold_reason = %(hold)s, attempts = %(attempts)s, claims = 0, lease_until = NULL, lease_owner = '',
            next_attempt_at = CASE WHEN %(status)s = 'ready' THEN now() + make_interval(secs => %(seconds)s)
                                   ELSE next_attempt_at END,
            rung_at = NULL, last_error_class = %(class)s, last_error_code = %(code)s, last_error_text = %(text)s,
            finished_at = CASE WHEN %(status)s IN ('done', 'dead', 'cancelled')
                               AND generation <= %(generation)s THEN now() END,
            updated_at = now()
        WHERE id = %(id)s AND fence = %(fence)s AND status = 'running' RETURNING status"""
    values: dict[str, Any] = {
        "status": status, "generation": item.generation, "hold": settlement.hold_reason, "attempts": attempts,
        "seconds": seconds, "class": settlement.error_class, "code": settlement.error_code,
        "text": settlement.error_text, "id": item.id, "fence": item.fence,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    if row is None:
        raise LostClaim(str(item.id))
    if settlement.closes_lane and item.connection_id is not None:
        close_lane(item, seconds)
    if row[0] in ("done", "dead"):
        for path in settings.WORK_ENDED.get(item.kind, ()):
            import_string(path)(item, str(row[0]), settlement.error_class, settlement.error_code)
    notify()
    return str(row[0])


def resume_held(
    *, connection_id: uuid.UUID | None = None, reasons: tuple[str, ...], item_id: uuid.UUID | None = None
) -> int:
    """Put held rows back to ready (after a reconnect, a check, a resume). Returns how many."""
    rows = WorkItem.objects.filter(status="held", hold_reason__in=reasons)
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    if item_id is not None:
        rows = rows.filter(id=item_id)
    count: int = rows.update(status="ready", hold_reason="", rung_at=None, next_attempt_at=database_now())
    if count:
        notify()
    return count


def cancel(*, item_id: uuid.UUID) -> bool:
    """Cancel a row that has not started. Returns False when it is running or final."""
    rows = WorkItem.objects.filter(id=item_id, status__in=("ready", "held"))
    return bool(rows.update(status="cancelled", finished_at=database_now()))


def database_now() -> datetime:
    """Return the database's clock, the only one that decides about due times and leases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
    return now

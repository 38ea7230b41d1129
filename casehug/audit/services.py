"""Append to the audit log. How its chain is checked is in `verify.py`."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from casehug.audit.chain import entry_digest
from casehug.audit.models import AuditEntry
from casehug.audit.verify import verify_firm
from casehug.common.actor import current_actor
from casehug.common.ids import uuid7
from casehug.common.scope import current_firm_id

_APPEND = """
    SELECT audit_append(e.id, %s, e.seq, e.actor, e.source, e.address, e.action, e.type, e.object, e.changes::jsonb,
        e.outcome, e.remote, e.digest)
    FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[],
        %s::text[], %s::text[], %s::text[], %s::bytea[])
        AS e(id, seq, actor, source, address, action, type, object, changes, outcome, remote, digest)"""


@dataclass(frozen=True)
class _Pending:
    """An entry waiting for the end of its scope. Registered with Django's on-commit list only so that a rolled-back
    savepoint drops it; calling it does nothing."""

    values: dict[str, Any]

    def __call__(self) -> None:
        return None


def record(
    *,
    action: str,
    object_type: str,
    object_id: uuid.UUID | None = None,
    changes: Mapping[str, Any] | None = None,
    outcome: str = "ok",
    remote_id: str = "",
) -> None:
    """Note one act in the caller's firm scope; it is appended at the end of the scope, in the same transaction.

    `changes` holds ids, field names and setting values, never client data.
    """
    actor = current_actor()
    by_key = {"api_key": str(actor.key_id)} if actor.key_id else {}
    values = {
        "firm_id": current_firm_id(), "actor_id": actor.user_id, "source": actor.source, "address": actor.address,
        "action": action, "object_type": object_type, "object_id": object_id, "changes": {**(changes or {}), **by_key},
        "outcome": outcome, "remote_id": remote_id,
    }  # fmt: skip
    transaction.on_commit(_Pending(values))


def append_pending() -> None:
    """Append what the scope recorded, chained to the firm's last entry. Runs as the last act before the commit:

    the per-firm lock of the chain is then never held while this transaction waits for another lock.
    """
    waiting = [entry[1] for entry in connection.run_on_commit if isinstance(entry[1], _Pending)]
    if not waiting:
        return
    connection.run_on_commit = [entry for entry in connection.run_on_commit if not isinstance(entry[1], _Pending)]
    with connection.cursor() as cursor:
        # Lets deferred key checks run, takes the chain's lock and reads its end, in this order. With the transaction's
        # own time, which the append function stores: the chain vouches for it as well.
        cursor.execute("SELECT * FROM audit_head()")
        now, seq, previous = cursor.fetchone()
        rows: list[list[Any]] = []
        for number, pending in enumerate(waiting, start=seq + 1):
            entry = AuditEntry(id=uuid7(), seq=number, created_at=now, **pending.values)
            previous = entry_digest(bytes(previous), entry)
            rows.append(_columns(entry, previous))
        cursor.execute(_APPEND, [current_firm_id(), *(list(column) for column in zip(*rows, strict=True))])
        if len(connection.atomic_blocks) > 1:  # the transaction goes on (tests, nested callers)
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _columns(entry: AuditEntry, digest: bytes) -> list[Any]:
    """Return what the database's append function takes of one entry, beside the firm."""
    return [entry.id, entry.seq, entry.actor_id, entry.source, entry.address, entry.action,
            entry.object_type, entry.object_id, json.dumps(entry.changes), entry.outcome, entry.remote_id,
            digest]  # fmt: skip


def verify_chain() -> str | None:
    """Check the chain of the scope's firm from the start; return the first fault in words, None when unbroken."""
    return verify_firm().fault or None

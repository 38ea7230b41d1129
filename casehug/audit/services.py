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
        # Deferred key checks take row locks: let them run before the chain's lock is taken.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # With the transaction's own time, which the append function stores: the chain vouches for it as well.
        lock = "SELECT now(), pg_advisory_xact_lock(hashtextextended('audit:' || %s, 0))"
        cursor.execute(lock, [str(current_firm_id())])
        now = cursor.fetchone()[0]
        last = AuditEntry.objects.order_by("-seq").values_list("seq", "digest").first() or (0, b"")
        seq, previous = last[0], bytes(last[1])
        for pending in waiting:
            seq += 1
            previous = _append(AuditEntry(id=uuid7(), seq=seq, created_at=now, **pending.values), previous)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _append(entry: AuditEntry, previous: bytes) -> bytes:
    """Insert one entry through the database's append function; return its digest."""
    digest = entry_digest(previous, entry)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
            [entry.id, entry.firm_id, entry.seq, entry.actor_id, entry.source, entry.address, entry.action,
             entry.object_type, entry.object_id, json.dumps(entry.changes), entry.outcome, entry.remote_id, digest],
        )  # fmt: skip
    return digest


def verify_chain() -> str | None:
    """Check the chain of the scope's firm from the start; return the first fault in words, None when unbroken."""
    return verify_firm().fault or None

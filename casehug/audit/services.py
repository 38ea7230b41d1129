"""Append to the audit log and verify its chain."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from casehug.audit.models import AuditEntry
from casehug.common.actor import current_actor
from casehug.common.ids import uuid7
from casehug.common.scope import current_firm_id


def _digest(previous: bytes, fields: list[Any]) -> bytes:
    key = settings.CASEHUG_AUDIT_KEY.encode()
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str).encode()
    return hmac.new(key, previous + canonical, hashlib.sha256).digest()


def _fields(entry: AuditEntry) -> list[Any]:
    return [str(entry.firm_id), entry.seq, str(entry.id), str(entry.actor_id or ""), entry.source, entry.address,
            entry.action, entry.object_type, str(entry.object_id or ""), entry.changes, entry.outcome,
            entry.remote_id]  # fmt: skip


def record(
    *,
    action: str,
    object_type: str,
    object_id: uuid.UUID | None = None,
    changes: Mapping[str, Any] | None = None,
    outcome: str = "ok",
    remote_id: str = "",
) -> None:
    """Append one entry in the caller's transaction, chained to the firm's last one under a per-firm lock.

    `changes` holds ids, field names and setting values, never client data.
    """
    actor, firm_id = current_actor(), current_firm_id()
    with connection.cursor() as cursor:
        # Serialises the firm's chain until the transaction ends.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit:' || %s, 0))", [str(firm_id)])
    last = AuditEntry.objects.order_by("-seq").values_list("seq", "digest").first() or (0, b"")
    entry = AuditEntry(
        id=uuid7(), firm_id=firm_id, seq=last[0] + 1, actor_id=actor.user_id, source=actor.source,
        address=actor.address, action=action, object_type=object_type, object_id=object_id,
        changes=dict(changes or {}), outcome=outcome,
        remote_id=remote_id,
    )  # fmt: skip
    digest = _digest(bytes(last[1]), _fields(entry))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
            [entry.id, firm_id, entry.seq, entry.actor_id, entry.source, entry.address, action, object_type, object_id,
             json.dumps(entry.changes), outcome, remote_id, digest],
        )  # fmt: skip


def verify_chain() -> str | None:
    """Check the chain of the scope's firm from the start; return the first fault in words, None when unbroken."""
    previous, expected = b"", 1
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=2000):
        if entry.seq != expected:
            return f"entry {expected} is missing"
        if not hmac.compare_digest(bytes(entry.digest), _digest(previous, _fields(entry))):
            return f"entry {entry.seq} was altered"
        previous, expected = bytes(entry.digest), expected + 1
    return None

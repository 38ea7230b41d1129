"""How one audit entry is chained to the one before it. The key is not in the database."""

import hashlib
import hmac
import json
from datetime import UTC
from typing import Any

from django.conf import settings

from casehug.audit.models import AuditEntry


def _digest(previous: bytes, fields: list[Any]) -> bytes:
    key = settings.CASEHUG_AUDIT_KEY.encode()
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str).encode()
    return hmac.new(key, previous + canonical, hashlib.sha256).digest()


def _fields(entry: AuditEntry) -> list[Any]:
    moment = entry.created_at.astimezone(UTC).isoformat()
    return [str(entry.firm_id), entry.seq, str(entry.id), moment, str(entry.actor_id or ""), entry.source,
            entry.address, entry.action, entry.object_type, str(entry.object_id or ""), entry.changes, entry.outcome,
            entry.remote_id]  # fmt: skip


def entry_digest(previous: bytes, entry: AuditEntry) -> bytes:
    """Return what an entry's digest has to be after the digest of the one before it (empty for the first)."""
    return _digest(previous, _fields(entry))

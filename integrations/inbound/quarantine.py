"""Quarantine: deliveries that failed verification are kept sealed for 72 hours, within limits, and never processed."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from casehug.common import encryption, throttle
from casehug.common.ids import uuid7
from integrations.contract.signatures import Verdict
from integrations.inbound.store import pack, unpack
from integrations.models import InboundEndpoint, QuarantinedEvent

STORED_PER_MINUTE = 60
MOST_BYTES = 20 * 1024 * 1024
ROW_BYTES = 1024
"""What a row costs beside its body; without it, empty bodies would be free."""
KEPT_ATTEMPTS = 5
TABLE = QuarantinedEvent._meta.db_table


def cost(size: int) -> int:
    """Return what a body of this size takes of the endpoint's room (sealed text is a third larger)."""
    return ROW_BYTES + size * 4 // 3


def keep(
    *, endpoint: InboundEndpoint, body: bytes, headers: Mapping[str, str], verdict: Verdict, now: datetime
) -> bool:
    """Keep an unverified delivery if there is room. Returns whether it (or the same body) is kept. In the scope."""
    rows = InboundEndpoint.objects.filter(id=endpoint.id)
    digest = hashlib.sha256(body).digest()
    attempt = {"headers": dict(headers), "at": now.isoformat()}
    known = QuarantinedEvent.objects.select_for_update().filter(endpoint=endpoint, digest=digest).first()
    if known is not None:
        rows.update(unverified_count=F("unverified_count") + 1)
        _again(known, attempt)
        return True
    price = cost(len(body))
    too_fast = throttle.hit(name="quarantine", key=str(endpoint.id), limit=STORED_PER_MINUTE, window_seconds=60)
    # One statement takes the room, so that many at once cannot go over the limit together.
    roomy = rows.filter(quarantine_bytes__lte=MOST_BYTES - price)
    if too_fast or not roomy.update(quarantine_bytes=F("quarantine_bytes") + price):
        rows.update(unverified_count=F("unverified_count") + 1, dropped_count=F("dropped_count") + 1)
        return False
    row = QuarantinedEvent(id=uuid7(), endpoint=endpoint, digest=digest, size=len(body), attempts=[attempt],
                           reason=verdict.reason[:200], event_id=verdict.event_id)  # fmt: skip
    row.body = encryption.seal(pack(body), table=TABLE, column="body", row_id=row.id)
    QuarantinedEvent.objects.bulk_create([row], ignore_conflicts=True)
    stored = QuarantinedEvent.objects.filter(id=row.id).exists()
    back = 0 if stored else price  # the same body came twice at once
    rows.update(unverified_count=F("unverified_count") + 1, quarantine_bytes=F("quarantine_bytes") - back)
    return True


def _again(known: QuarantinedEvent, attempt: dict[str, Any]) -> None:
    """Count a body that is there already; its newest signatures are kept, one of them may prove it later."""
    known.seen += 1
    known.attempts = [*known.attempts, attempt][-KEPT_ATTEMPTS:]
    known.save(update_fields=["seen", "attempts", "updated_at"])


def open_body(row: QuarantinedEvent) -> bytes | None:
    """Return the raw body, None when it is no longer kept. Raises `DecryptionError`."""
    if row.body is None:
        return None
    return unpack(encryption.unseal(row.body, table=TABLE, column="body", row_id=row.id))


def release(row: QuarantinedEvent, now: datetime) -> None:
    """Mark a body as verified and give its room back."""
    InboundEndpoint.objects.filter(id=row.endpoint_id).update(quarantine_bytes=F("quarantine_bytes") - cost(row.size))
    row.body, row.verified_at = None, now
    row.save(update_fields=["body", "verified_at", "updated_at"])


def purge(endpoint: InboundEndpoint, before: datetime) -> int:
    """Delete what is older, and count the room taken anew. Returns how many rows went."""
    gone, _ = QuarantinedEvent.objects.filter(endpoint=endpoint, created_at__lt=before).delete()
    left = QuarantinedEvent.objects.filter(endpoint=endpoint, body__isnull=False).values_list("size", flat=True)
    InboundEndpoint.objects.filter(id=endpoint.id).update(quarantine_bytes=sum(map(cost, left)))
    return int(gone)

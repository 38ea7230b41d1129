"""Storing what is authentic: one row per event id and its work row, in the caller's transaction."""

import base64
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import connection as database
from django.db.models import F

from casehug.common import encryption
from casehug.common.ids import uuid7
from casehug.common.secret import Secret
from integrations.contract.changes import Change, Kind
from integrations.inbound import wake
from integrations.inbound.likeness import content_of
from integrations.models import Connection, InboundEndpoint, InboundEvent

TABLE = InboundEvent._meta.db_table


def durable() -> None:
    """Let this transaction's commit wait for the disk: the provider never repeats what we answered with 200."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")


def pack(body: bytes) -> Secret:
    """Return raw bytes as the text that is sealed."""
    return Secret(base64.b64encode(body).decode())


def unpack(sealed: Secret) -> bytes:
    """Return the raw bytes behind `pack`."""
    return base64.b64decode(sealed.reveal())


def open_payload(event: InboundEvent) -> bytes | None:
    """Return the raw body of an event, None when it is no longer kept. Raises `DecryptionError`."""
    if event.payload is None:
        return None
    return unpack(encryption.unseal(event.payload, table=TABLE, column="payload", row_id=event.id))


def store(
    *,
    endpoint: InboundEndpoint,
    connection: Connection,
    change: Change,
    event_id: str,
    body: bytes,
    headers: Mapping[str, str],
    source: str,
    verification: str,
    received_at: datetime,
) -> bool:
    """Store an authentic event once and queue its processing. Returns False for a repeat.

    A repeat of a failed event queues it again; any other repeat only raises its counter.
    """
    row_id = uuid7()
    event = InboundEvent(
        id=row_id, endpoint=endpoint, connection=connection, source=source, verification=verification,
        event_id=event_id, event_type=change.event_type, kind=change.kind.value,
        subject=_subject(connection, change, row_id), matter_external_id=change.matter_id or _case(change),
        contact_external_id=change.contact_id, content=content_of(change), occurred_at=change.occurred_at,
        received_at=received_at,
        headers=dict(headers), size=len(body),
        payload=encryption.seal(pack(body), table=TABLE, column="payload", row_id=row_id),
    )  # fmt: skip
    InboundEvent.objects.bulk_create([event], ignore_conflicts=True)
    if not InboundEvent.objects.filter(id=row_id).exists():
        _repeat(endpoint, connection, event_id)
        return False
    wake.process(event, connection)
    return True


def _case(change: Change) -> str:
    return change.news.case_id if change.news else ""


def _subject(connection: Connection, change: Change, row_id: uuid.UUID) -> uuid.UUID:
    own_account = not change.remote_firm or change.remote_firm == connection.remote_firm
    if change.kind is Kind.MATTER_STAGE and change.matter_id and own_account:
        return wake.matter_subject(connection, change.matter_id)
    if _case(change) and own_account:
        return wake.matter_subject(connection, _case(change))
    return row_id


def _repeat(endpoint: InboundEndpoint, connection: Connection, event_id: str) -> None:
    known = InboundEvent.objects.select_for_update().get(endpoint=endpoint, event_id=event_id)
    InboundEvent.objects.filter(id=known.id).update(duplicates=F("duplicates") + 1)
    if known.result == InboundEvent.Result.FAILED:
        replay(known, connection)


def replay(event: InboundEvent, connection: Connection) -> bool:
    """Process an event once more. Returns False when its body is gone or it is still waiting. In the firm scope."""
    if event.payload is None or not event.result:
        return False
    rows = InboundEvent.objects.filter(id=event.id)
    rows.update(result="", reason="", processed_at=None, replays=F("replays") + 1)
    wake.process(event, connection)
    return True

"""Storing what is authentic: one row per event id and its work row, in the caller's transaction."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db.models import F

from casehug.common import bell, direct, encryption
from casehug.common.encryption import KnownKey
from casehug.common.ids import uuid7
from casehug.common.models import DataKey
from casehug.common.scope import current_firm_id, firm_scope
from casehug.common.secret import Secret
from integrations.connections.holds import Account
from integrations.contract.changes import Change, Kind
from integrations.inbound import wake
from integrations.inbound.addresses import Address
from integrations.inbound.likeness import content_of
from integrations.inbound.ring import rung_after
from integrations.models import Connection, InboundEndpoint, InboundEvent

TABLE = InboundEvent._meta.db_table
# Migration `0013_inbound_door`: event and work row, or nothing (false) when the event id is known.
KEEP = f"SELECT inbound_keep({', '.join(['%s'] * 24)})"
KEEP_DIRECTLY = f"SELECT inbound_keep({', '.join(f'${number}' for number in range(1, 25))})".encode()
NOTED_EVERY = timedelta(seconds=10)
"""How fine `last_event_at` is: a row written at each delivery would let them wait for one another's disk."""


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


@dataclass(frozen=True)
class Arrival:
    """Something authentic, pushed or polled, that is to be stored."""

    change: Change
    event_id: str
    body: bytes
    headers: Mapping[str, str]
    source: str
    verification: str
    received_at: datetime


def values(
    arrival: Arrival, *, endpoint_id: uuid.UUID, connection: Account, key: KnownKey | DataKey
) -> list[Any]:
    """Return what the statement takes after firm and note. `key` is the firm's data key."""
    row_id, change = uuid7(), arrival.change
    kind, subject = change.kind.value, _subject(connection, change, row_id)
    what = wake.errand(event_id=row_id, kind=kind, subject=subject, connection=connection)
    payload = encryption.seal_with(key, pack(arrival.body), table=TABLE, column="payload", row_id=row_id)
    return [
        row_id, endpoint_id, connection.id, str(arrival.source), str(arrival.verification), arrival.event_id,
        change.event_type, kind, subject, change.matter_id or _case(change), change.contact_id, content_of(change),
        change.occurred_at, arrival.received_at, json.dumps(dict(arrival.headers)), payload, len(arrival.body),
        uuid7(), what.kind, what.subject_type, what.connection_id, what.hold_reason,
    ]  # fmt: skip


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
    """Store an authentic event once and queue its processing. Returns False for a repeat. In the firm scope.

    A repeat of a failed event queues it again; any other repeat only raises its counter.
    """
    arrival = Arrival(change, event_id, body, headers, source, verification, received_at)
    given = values(arrival, endpoint_id=endpoint.id, connection=connection, key=encryption.data_key())
    with database.cursor() as cursor:
        cursor.execute(KEEP, [current_firm_id(), False, *given])
        (new,) = cursor.fetchone()
    if new:
        bell.notify()
    else:
        repeat(endpoint_id=endpoint.id, connection=connection, event_id=event_id)
    return bool(new)


def take(arrival: Arrival, *, address: Address) -> bool:
    """Store a verified delivery as `store` does, on disk when this returns: in one statement and a scope of its own.

    Raises `DatabaseError` and `DecryptionError`; nothing is stored then (or all of it, if only the answer was lost).
    """
    given = values(arrival, endpoint_id=address.endpoint_id, connection=address.account, key=address.firm_key())
    noted = address.last_event_at
    note = noted is None or arrival.received_at - noted > NOTED_EVERY
    with rung_after():
        ((fresh,),) = direct.ask(KEEP_DIRECTLY, [*map(direct.text, (address.firm_id, note, *given))])
    if fresh == b"t":
        return True
    with firm_scope(address.firm_id):
        durable()
        connection = Connection.objects.get(id=address.account.id)
        repeat(endpoint_id=address.endpoint_id, connection=connection, event_id=arrival.event_id)
    return False


def _case(change: Change) -> str:
    return change.news.case_id if change.news else ""


def _subject(connection: Account, change: Change, row_id: uuid.UUID) -> uuid.UUID:
    own_account = not change.remote_firm or change.remote_firm == connection.remote_firm
    if change.kind is Kind.MATTER_STAGE and change.matter_id and own_account:
        return wake.matter_subject(connection, change.matter_id)
    if _case(change) and own_account:
        return wake.matter_subject(connection, _case(change))
    return row_id


def repeat(*, endpoint_id: uuid.UUID, connection: Connection, event_id: str) -> None:
    """Count a repeat; one of a failed event queues it again. In the firm scope."""
    known = InboundEvent.objects.select_for_update().get(endpoint_id=endpoint_id, event_id=event_id)
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

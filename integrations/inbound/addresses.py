"""What a delivery needs to know about the address it came to: read in one statement, by the token's hash."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from casehug.common import direct, encryption
from casehug.common.encryption import DecryptionError, KnownKey
from integrations.inbound.endpoints import token_hash
from integrations.models import InboundSecret

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_SECRETS = InboundSecret._meta.db_table
_READ = b"""
    SELECT endpoint_id, firm_id, last_event_at, asked_at, connection_id, remote_firm, state, paused_in,
        key_id, key_purpose, key_kek, key_wrapped, secret_id, secret_value FROM inbound_address($1)"""


@dataclass(frozen=True)
class AccountNow:
    """How the connection stands."""

    id: uuid.UUID
    remote_firm: str
    state: str
    paused_in: bool


@dataclass(frozen=True)
class Address:
    """An endpoint as it stands now; `asked_at` is the database's clock."""

    endpoint_id: uuid.UUID
    firm_id: uuid.UUID
    last_event_at: datetime | None
    asked_at: datetime
    account: AccountNow
    key: KnownKey | None
    sealed_secrets: list[tuple[uuid.UUID, bytes]]

    def live_secrets(self) -> list[str]:
        """Return the secrets that may sign now, newest first. Raises `DecryptionError`."""
        return [
            encryption.unseal_with(self.firm_key(), value, table=_SECRETS, column="value", row_id=row_id).reveal()
            for row_id, value in self.sealed_secrets
        ]

    def firm_key(self) -> KnownKey:
        """Return the firm's data key. Raises `DecryptionError` when there is none."""
        if self.key is None:
            raise DecryptionError("the firm has no data key")
        return self.key


def find(token: str) -> Address | None:
    """Return the address behind a token, None for an unknown one. Writes nothing. Raises `DatabaseError`."""
    if not TOKEN.fullmatch(token):
        return None
    rows = direct.ask(_READ, [direct.text(token_hash(token))], may_repeat=True)
    if not rows:
        return None
    first = rows[0]
    firm_id, noted, key_id = _id(first[1]), first[2], first[8]
    return Address(
        endpoint_id=_id(first[0]), firm_id=firm_id, last_event_at=_moment(noted) if noted else None,
        asked_at=_moment(first[3]),
        account=AccountNow(_id(first[4]), _text(first[5]), _text(first[6]), first[7] == b"t"),
        key=KnownKey(_id(key_id), firm_id, _text(first[9]), _text(first[10]), _bytes(first[11])) if key_id else None,
        sealed_secrets=[(_id(row[12]), _bytes(row[13])) for row in rows if row[12]],
    )  # fmt: skip


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def _id(value: bytes | None) -> uuid.UUID:
    return uuid.UUID(_text(value))


def _moment(value: bytes | None) -> datetime:
    return datetime.fromisoformat(_text(value))


def _bytes(value: bytes | None) -> bytes:
    return bytes.fromhex(_text(value)[2:])  # behind `\x`

"""Tokens of a connection in the database: storing a grant, reading the one to use, telling when renewal is due."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from casehug.common.secret import Secret
from casehug.common.work import database_now
from integrations.connections.oauth import Grant
from integrations.models import Connection

EARLY_SECONDS = 300


@dataclass(frozen=True)
class Held:
    """One reading of the stored tokens. `version` tells a compare-and-swap whether they moved meanwhile."""

    version: int
    access: Secret | None
    refresh: Secret | None
    due: bool
    """Renewal is due: five minutes before the end, or at half the life of a short token."""
    expired: bool
    lease_until: datetime | None
    started_at: datetime | None
    now: datetime

    @property
    def leased(self) -> bool:
        """Tell whether another worker is renewing right now."""
        return self.lease_until is not None and self.lease_until > self.now

    @property
    def interrupted(self) -> bool:
        """Tell whether a renewal started and never ended: its worker died or its answer was lost."""
        return self.started_at is not None and not self.leased


def read_tokens(connection_id: uuid.UUID) -> Held:
    """Read the tokens inside the firm scope. Raises `DecryptionError` (an alarm) when they do not open."""
    return held_by(Connection.objects.get(id=connection_id), database_now())


def held_by(row: Connection, now: datetime) -> Held:
    """Open the tokens of a row just read, inside the firm scope; `now` is the database's clock. Raises as above."""
    refresh = row.open_token("refresh_token")
    ends = row.token_expires_at
    lifetime = row.token_lifetime or 0
    early = EARLY_SECONDS if lifetime >= 2 * EARLY_SECONDS else lifetime / 2
    due = ends is not None and refresh is not None and now >= ends - timedelta(seconds=early)
    return Held(
        version=row.token_version,
        access=row.open_token("access_token"),
        refresh=refresh,
        due=due,
        expired=ends is not None and now >= ends,
        lease_until=row.refresh_lease_until,
        started_at=row.refresh_started_at,
        now=now,
    )


def store_grant(connection: Connection, grant: Grant) -> None:
    """Seal a grant into the row and raise its version. The caller saves with `TOKEN_COLUMNS`."""
    connection.seal_token("access_token", grant.access_token.reveal())
    connection.seal_token("refresh_token", grant.refresh_token.reveal() if grant.refresh_token else None)
    connection.token_version += 1
    connection.token_lifetime = grant.expires_in
    ends = database_now() + timedelta(seconds=grant.expires_in) if grant.expires_in else None
    connection.token_expires_at = ends
    connection.refresh_lease_until = connection.refresh_started_at = None


def clear_tokens(connection: Connection) -> None:
    """Remove both tokens from the row; the version moves, so that a renewal under way cannot bring them back."""
    connection.access_token = connection.refresh_token = None
    connection.token_version += 1
    connection.token_lifetime = connection.token_expires_at = None
    connection.refresh_lease_until = connection.refresh_started_at = None


TOKEN_COLUMNS = [
    "access_token",
    "refresh_token",
    "token_version",
    "token_lifetime",
    "token_expires_at",
    "refresh_lease_until",
    "refresh_started_at",
    "updated_at",
]

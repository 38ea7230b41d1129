"""Held, not failed: why the work of a connection may not run now, and putting it on hold and back."""

import uuid

from casehug.common import work
from casehug.common.models import WorkItem
from integrations.models import Connection

RECONNECT = "reconnect"
OTHER_ACCOUNT = "other_account"
PAUSED = "paused"
CONFIGURATION = "configuration"
"""Set by the engine after a 403; a connection test that reads everything, or a reconnect, lets it go on."""
UPKEEP = ("refresh_catalogue", "refresh_token")


def hold_reason(connection: Connection) -> str:
    """Return why work of this connection has to wait for a person, or "" when it may run."""
    if connection.state == Connection.State.OTHER_ACCOUNT:
        return OTHER_ACCOUNT
    if connection.state != Connection.State.CONNECTED:
        return RECONNECT
    return PAUSED if connection.paused else ""


def hold_work(*, connection_id: uuid.UUID, reason: str) -> int:
    """Hold every queued row of a connection; running ones end by themselves. Uses no attempt. Returns how many.

    The connection's own upkeep is not held: it looks at the state itself, and resuming the rest depends on it.
    """
    rows = WorkItem.objects.filter(connection_id=connection_id, status=WorkItem.Status.READY).exclude(kind__in=UPKEEP)
    return int(rows.update(status=WorkItem.Status.HELD, hold_reason=reason))


def resume_work(*, connection_id: uuid.UUID, reasons: tuple[str, ...]) -> int:
    """Put rows held for these reasons back into the queue. Returns how many."""
    return work.resume_held(connection_id=connection_id, reasons=reasons)

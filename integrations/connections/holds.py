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
PREPARATION = "refresh_catalogue"
UPKEEP = (PREPARATION, "refresh_token")
STATES = (RECONNECT, OTHER_ACCOUNT, PAUSED)
"""Reasons that `hold_reason` can give: they end with the state of the connection."""


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


def free_forgotten() -> int:
    """Put rows back whose reason is gone: held by a worker that had read the connection just before it changed.

    Inside the firm scope. While an account is being prepared its work waits for that. Returns how many.
    """
    freed = 0
    for connection in Connection.objects.filter(state=Connection.State.CONNECTED, paused=False):
        live = WorkItem.objects.filter(connection_id=connection.id, status__in=WorkItem.LIVE)
        if not live.filter(kind=PREPARATION).exists():
            freed += resume_work(connection_id=connection.id, reasons=STATES)
    return freed

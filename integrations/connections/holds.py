"""Held, not failed: why the work of a connection may not run now, and putting it on hold and back."""

import uuid
from typing import Protocol

from django.db.models import Q, QuerySet

from casehug.common import work
from casehug.common.models import WorkItem
from integrations.models import Connection, InboundEvent

RECONNECT = "reconnect"
OTHER_ACCOUNT = "other_account"
PAUSED = "paused"
PAUSED_IN = "paused_in"
"""The way in is paused: what arrives is stored and waits, and nothing is read there."""
CONFIGURATION = "configuration"
"""Set by the engine after a 403; a connection test that reads everything, or a reconnect, lets it go on."""
PREPARATION = "refresh_catalogue"
UPKEEP = (PREPARATION, "refresh_token")
STATES = (RECONNECT, OTHER_ACCOUNT, PAUSED, PAUSED_IN)
"""Reasons that `hold_reason` and `inbound_hold_reason` can give: they end with the state of the connection."""
INBOUND_QUEUE = "inbound"


class Account(Protocol):
    """What of a connection decides what becomes of something that came in."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def remote_firm(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def paused_in(self) -> bool: ...


def _state_reason(connection: Account) -> str:
    if connection.state == Connection.State.OTHER_ACCOUNT:
        return OTHER_ACCOUNT
    return "" if connection.state == Connection.State.CONNECTED else RECONNECT


def hold_reason(connection: Connection) -> str:
    """Return why work of this connection has to wait for a person, or "" when it may run."""
    return _state_reason(connection) or (PAUSED if connection.paused else "")


def inbound_hold_reason(connection: Account) -> str:
    """Return why what came in has to wait, or "" when it may be worked on. A pause of sending does not stop it."""
    return _state_reason(connection) or (PAUSED_IN if connection.paused_in else "")


def _one_way(rows: "QuerySet[WorkItem]", reason: str) -> "QuerySet[WorkItem]":
    """Narrow rows to the way that a pause is about; a broken connection is about both."""
    if reason == PAUSED:
        return rows.exclude(queue=INBOUND_QUEUE)
    return rows.filter(queue=INBOUND_QUEUE) if reason == PAUSED_IN else rows


def hold_work(*, connection_id: uuid.UUID, reason: str) -> int:
    """Hold every queued row of a connection; running ones end by themselves. Uses no attempt. Returns how many.

    The connection's own upkeep is not held: it looks at the state itself, and resuming the rest depends on it.
    """
    rows = WorkItem.objects.filter(connection_id=connection_id, status=WorkItem.Status.READY).exclude(kind__in=UPKEEP)
    return int(_one_way(rows, reason).update(status=WorkItem.Status.HELD, hold_reason=reason))


def resume_work(*, connection_id: uuid.UUID, reasons: tuple[str, ...]) -> int:
    """Put rows held for these reasons back into the queue. Returns how many."""
    return work.resume_held(connection_id=connection_id, reasons=reasons)


def resume_all(connection: Connection, *, reasons: tuple[str, ...]) -> int:
    """Put back everything whose reason is gone, each way by itself: one may still be paused. Returns how many."""
    own = WorkItem.objects.filter(
        connection_id=connection.id, status=WorkItem.Status.HELD, hold_reason__in=reasons
    )  # fmt: skip
    count = 0
    if not hold_reason(connection):
        count = own.exclude(queue=INBOUND_QUEUE).update(
            status=WorkItem.Status.READY, hold_reason="", rung_at=None, next_attempt_at=work.database_now()
        )
        work.notify()
    if not inbound_hold_reason(connection):
        count += resume_inbound(connection, reasons=reasons)
    return count


def resume_inbound(connection: Connection, *, reasons: tuple[str, ...]) -> int:
    """Put back what came in and was held for these reasons. Each row keeps its time: they go on in order."""
    # Events that are only logged, and news of referrals, wait without the connection's id.
    waiting = InboundEvent.objects.filter(connection=connection, result="").values("subject")
    mine = Q(connection_id=connection.id) | Q(connection_id__isnull=True, subject_id__in=waiting)
    held = WorkItem.objects.filter(mine, queue=INBOUND_QUEUE, status=WorkItem.Status.HELD, hold_reason__in=reasons)
    count = int(held.update(status=WorkItem.Status.READY, hold_reason="", rung_at=None))
    if count:
        work.notify()
    return count


def free_forgotten() -> int:
    """Put rows back whose reason is gone: held by a worker that had read the connection just before it changed.

    Inside the firm scope. While an account is being prepared its work waits for that. A refused permission is not
    forgotten. Returns how many.
    """
    freed = 0
    for connection in Connection.objects.filter(state=Connection.State.CONNECTED):
        live = WorkItem.objects.filter(connection_id=connection.id, status__in=WorkItem.LIVE)
        if not live.filter(kind=PREPARATION).exists():
            freed += resume_all(connection, reasons=STATES)
    return freed

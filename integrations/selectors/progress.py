"""Whether a sync that is not finished is really moving: begun, or due for longer than a healthy worker needs."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from casehug.common.models import Gate, WorkItem
from casehug.common.work import database_now

PATIENCE = timedelta(seconds=15)
LONGEST_RUN = timedelta(seconds=60)
LATE = "This takes longer than usual: the worker does not answer. Nothing is lost; it continues by itself."


@dataclass(frozen=True)
class Progress:
    """`begun`: a worker has had this row. `late`: it is due, nothing holds it back, and nobody takes it.

    `closed_until`: its lane has no calls left until then.
    """

    begun: bool = False
    late: bool = False
    closed_until: datetime | None = None


def progress_of(work_item_id: uuid.UUID | None) -> Progress:
    """Return how a live work row gets on, by the database's clock. In the firm scope."""
    item = WorkItem.objects.filter(id=work_item_id).first() if work_item_id else None
    if item is None:
        return Progress()
    now = database_now()
    gate = Gate.objects.filter(connection_id=item.connection_id, lane=item.lane).first()
    closed = gate.closed_until if gate and item.status == WorkItem.Status.READY else None
    return Progress(
        begun=item.fence > 0, late=_is_late(item, now, closed), closed_until=closed if closed and closed > now else None
    )


def _is_late(item: WorkItem, now: datetime, closed: datetime | None) -> bool:
    """A closed lane or another sync of this connection under way are reasons to wait, not a missing worker."""
    if item.status == WorkItem.Status.RUNNING:
        return item.lease_until is not None and item.lease_until + PATIENCE < now
    if item.status != WorkItem.Status.READY or item.next_attempt_at + PATIENCE >= now:
        return False
    if closed is not None and closed + PATIENCE >= now:
        return False
    others = WorkItem.objects.filter(connection_id=item.connection_id, fence__gt=0).exclude(id=item.id)
    moving = others.filter(updated_at__gt=now - PATIENCE).exists()
    writers = others.filter(status=WorkItem.Status.RUNNING, writes=True, updated_at__gt=now - LONGEST_RUN)
    return not moving and not writers.exists()

"""What the product asks an exchange to do, turned into work rows: for which connection, in which lane, held or not."""

import uuid
from dataclasses import dataclass

from casehug.common.models import WorkItem
from casehug.outbox.models import OutboxEvent
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.models import Referral
from integrations import queue
from integrations.connections.holds import hold_reason
from integrations.models import Connection
from integrations.registry import providers
from integrations.sync.operations import LONGEST_WORDS, outgoing, tell

SEND, ANSWER, UPDATE = "send_referral", "answer_invitation", "post_update"
PUSH, REMOVE = "push_file", "remove_file"
ASKED = {
    "referral.send_requested": SEND, "referral.import_requested": SEND, "referral.answer_requested": ANSWER,
    "referral.update_requested": UPDATE,
}  # fmt: skip
FILES = {"push": PUSH, "remove": REMOVE}
NOBODY = "No exchange that could take this is connected. A firm admin connects one under Settings, Integrations."


@dataclass(frozen=True)
class _Choice:
    """Whether an exchange of ours is meant at all, and the connection that can do it."""

    ours: bool
    connection: Connection | None = None


def take_up(event: OutboxEvent) -> None:
    """Insert the row for a request of the referrals, inside the transaction that asks. Others are left alone.

    What no connection can do is refused at once, in words, on the row that asked. While a connection needs a person
    the row waits on hold and goes on by itself. An exchange that is none of ours is left to whoever serves it.
    """
    kind = ASKED.get(event.type) or _file_kind(event)
    found = outgoing(kind) if kind else None
    if found is None:
        return
    choice = _chosen(event, kind)
    if not choice.ours:
        return
    if choice.connection is None:
        tell(found.refused, event.subject_id, NOBODY[:LONGEST_WORDS])
        return
    queue.enqueue_operation(
        connection=choice.connection, kind=kind, subject_type=found.subject_type, subject_id=event.subject_id,
        lane=_lane(event), trigger=event.type, actor_id=event.actor_id, cause_event_id=event.id,
        hold_reason=hold_reason(choice.connection),
    )  # fmt: skip


def _file_kind(event: OutboxEvent) -> str:
    return FILES.get(str(event.data.get("act", "")), "") if event.type == "referral.file_requested" else ""


def _lane(event: OutboxEvent) -> int:
    """Imports come by the hundred and go in the lane that keeps its distance; what a person pressed goes first."""
    if event.type == "referral.import_requested":
        return WorkItem.Lane.BULK
    return WorkItem.Lane.BUTTON if event.actor_id else WorkItem.Lane.AUTOMATIC


def _chosen(event: OutboxEvent, kind: str) -> _Choice:
    """Return the connection of the exchange the case belongs to, or of the one that is connected now."""
    able = {one.key for one in providers() if kind in one.operations}
    referral = Referral.objects.filter(id=uuid.UUID(str(event.data["referral_id"]))).first()
    wanted = (referral.provider if referral else "") or getattr(connected_exchange(), "key", "")
    if not able or (wanted and wanted not in able):
        return _Choice(ours=False)
    rows = Connection.objects.filter(provider__in={wanted} if wanted else able)
    for row in rows.exclude(state=Connection.State.NOT_CONNECTED).order_by("created_at"):
        if event.origin != f"connection:{row.id}":
            return _Choice(True, row)
    return _Choice(ours=bool(wanted) and not event.origin)

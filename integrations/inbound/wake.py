"""Which kinds of work the way in has, and queueing them in the caller's transaction."""

import uuid
from dataclasses import dataclass

from casehug.common import work
from casehug.common.models import WorkItem
from integrations.connections.holds import PAUSED_IN, Account, inbound_hold_reason
from integrations.models import Connection, InboundEndpoint, InboundEvent

EVENT, POLL, RECHECK = "inbound_event", "inbound_poll", "inbound_recheck"
NEWS = "inbound_news"
"""Events of referrals: they carry everything, so nothing is read there to apply them."""
QUEUE = "inbound"
_MATTERS = uuid.UUID("6f1d7f6e-2a6b-5c0e-9f57-0c8f5d3b1a44")


def matter_subject(connection: Account, external_id: str) -> uuid.UUID:
    """Return the subject of the work on one remote matter or case: its events share one live row, one after another."""
    return uuid.uuid5(_MATTERS, f"{connection.id}|{connection.remote_firm}|{external_id}")


@dataclass(frozen=True)
class Errand:
    """The work row of one event."""

    kind: str
    subject_type: str
    connection_id: uuid.UUID | None
    hold_reason: str


def errand(*, event_id: uuid.UUID, kind: str, subject: uuid.UUID, connection: Account) -> Errand:
    """Return what to queue for an event. What reads at the provider waits while the connection needs a person;

    while the way in is paused, everything waits.
    """
    news = kind.startswith("referral_")
    reads = subject != event_id and not news
    reason = inbound_hold_reason(connection)
    return Errand(
        kind=NEWS if news else EVENT, subject_type="remote_matter" if reads else "inbound_event",
        connection_id=connection.id if reads else None, hold_reason=reason if reads or reason == PAUSED_IN else "",
    )  # fmt: skip


def process(event: InboundEvent, connection: Connection) -> WorkItem:
    """Queue the processing of a stored event once more. (A new one is queued by the statement that stores it.)"""
    what = errand(event_id=event.id, kind=event.kind, subject=event.subject, connection=connection)
    return work.enqueue(
        kind=what.kind, queue=QUEUE, subject_type=what.subject_type, subject_id=event.subject,
        connection_id=what.connection_id, trigger=event.source, hold_reason=what.hold_reason,
    )  # fmt: skip


def ask_for_recheck(endpoint: InboundEndpoint) -> WorkItem:
    """Queue another check of everything in quarantine."""
    return work.enqueue(
        kind=RECHECK, queue=QUEUE, subject_type="inbound_endpoint", subject_id=endpoint.id,
        lane=WorkItem.Lane.BUTTON, trigger="secret",
    )  # fmt: skip


def ask_for_poll(endpoint: InboundEndpoint, *, lane: int = WorkItem.Lane.BULK) -> WorkItem:
    """Queue one look for changed matters."""
    return work.enqueue(
        kind=POLL, queue=QUEUE, subject_type="inbound_endpoint", subject_id=endpoint.id, lane=lane,
        connection_id=endpoint.connection_id, trigger="poll",
    )  # fmt: skip

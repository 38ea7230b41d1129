"""Which kinds of work the way in has, and queueing them in the caller's transaction."""

import uuid

from casehug.common import work
from casehug.common.models import WorkItem
from integrations.connections.holds import PAUSED_IN, inbound_hold_reason
from integrations.models import Connection, InboundEndpoint, InboundEvent

EVENT, POLL, RECHECK = "inbound_event", "inbound_poll", "inbound_recheck"
NEWS = "inbound_news"
"""Events of referrals: they carry everything, so nothing is read there to apply them."""
QUEUE = "inbound"
_MATTERS = uuid.UUID("6f1d7f6e-2a6b-5c0e-9f57-0c8f5d3b1a44")


def matter_subject(connection: Connection, external_id: str) -> uuid.UUID:
    """Return the subject of the work on one remote matter or case: its events share one live row, one after another."""
    return uuid.uuid5(_MATTERS, f"{connection.id}|{connection.remote_firm}|{external_id}")


def process(event: InboundEvent, connection: Connection) -> WorkItem:
    """Queue the processing of an event. What reads at the provider waits while the connection needs a person;

    while the way in is paused, everything waits.
    """
    news = event.kind.startswith("referral_")
    reads = event.subject != event.id and not news
    reason = inbound_hold_reason(connection)
    return work.enqueue(
        kind=NEWS if news else EVENT, queue=QUEUE, subject_type="remote_matter" if reads else "inbound_event",
        subject_id=event.subject,
        connection_id=connection.id if reads else None, trigger=event.source,
        hold_reason=reason if reads or reason == PAUSED_IN else "",
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

"""The events a receiver can choose, one line each: name, what it means, and who collects its facts."""

from collections.abc import Callable
from dataclasses import dataclass

from casehug.outbox.models import OutboxEvent
from integrations.outbound import facts, referral_facts

ALL = "*"
TEST = "webhook.test"


@dataclass(frozen=True)
class EventType:
    """One event: `noun` names its main object in flat bodies (`matter_id`)."""

    name: str
    noun: str
    meaning: str
    collect: Callable[[OutboxEvent], facts.Tree]


EVENTS = (
    EventType("matter.created", "matter", "A matter was made", facts.matter),
    EventType("matter.updated", "matter", "Fields or the status of a matter changed", facts.matter),
    EventType("matter.archived", "matter", "A matter was archived", facts.matter),
    EventType("client.created", "client", "A client record was made", facts.client),
    EventType("document.uploaded", "document", "A file came in for a document", facts.document),
    EventType("document.approved", "document", "The firm approved a document", facts.document),
    EventType("document.rejected", "document", "The firm sent a document back", facts.document),
    EventType("intake.completed", "matter", "An intake is complete", facts.intake),
    EventType("intake.link.sent", "matter", "The intake link was sent", facts.intake),
    EventType("sync.completed", "sync", "A matter arrived at a connected service", facts.sync),
    EventType("sync.failed", "sync", "A sync was refused or given up", facts.sync),
    EventType("connection.connected", "connection", "A connection was made or renewed", facts.connection),
    EventType("connection.needs_reconnect", "connection", "A connected service refuses our access", facts.connection),
    EventType("connection.disconnected", "connection", "A connection was ended", facts.connection),
    EventType("referral.received", "referral", "A case came from another firm", referral_facts.referral),
    EventType(
        "referral.invitation_received", "referral", "Another firm asks us to take a case", referral_facts.referral
    ),
    EventType("referral.deadline_near", "referral", "An invitation is running out", referral_facts.referral),
    EventType(
        "referral.answered", "referral", "An answer to an invitation was confirmed or refused", referral_facts.referral
    ),
    EventType("referral.expired", "referral", "An invitation ran out unanswered", referral_facts.referral),
    EventType("referral.sent", "referral", "A case of ours arrived at the exchange", referral_facts.referral),
    EventType("referral.state_changed", "referral", "A referred case moved on", referral_facts.referral),
    EventType("referral.update_received", "referral", "The other firm wrote about a case", referral_facts.referral),
    EventType(
        "referral.settlement_received", "referral", "News about the money of a case came", referral_facts.referral
    ),
    EventType("referral.file_received", "referral", "A file of a referred case was stored", referral_facts.referral),
)
TEST_EVENT = EventType(TEST, "test", "A test from a person; it cannot be chosen", facts.test)
_BY_NAME = {one.name: one for one in (*EVENTS, TEST_EVENT)}


def event_type(name: str) -> EventType | None:
    """Return an event by its name, None for one that is not for receivers."""
    return _BY_NAME.get(name)


def can_be_chosen(name: str) -> bool:
    """Tell whether a receiver may ask for this event."""
    return name in _BY_NAME and name != TEST


def wants(chosen: list[str], name: str) -> bool:
    """Tell whether a choice of events includes this one."""
    return can_be_chosen(name) and (ALL in chosen or name in chosen)

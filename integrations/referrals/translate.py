"""The exchange's news as facts of the product: pure functions. `us` is the id of the connected account."""

import hashlib
from dataclasses import replace
from datetime import datetime

from casehug.referrals import facts as local
from integrations.contract.referrals import CaseFacts, FileFacts, InvitationFacts, Party, SettlementFacts, UpdateFacts

NOTHING, NOBODY = local.CaseFacts(), Party()
NO_ANSWER = "The firm did not answer in time."


def case(told: CaseFacts, at: datetime | None, *, received: bool) -> local.CaseFacts:
    """Return the facts of a case. The firm at the other end of a received one is its sender; a sent one's is told

    by the relay.
    """
    partner = told.originator if received else NOBODY
    names = ("first_name", "last_name", "email", "phone", "place", "summary", "case_type", "incident_date", "stage")
    values = {name: getattr(told, name) for name in names}
    return local.CaseFacts(at=at, partner_name=partner.name, partner_remote_id=partner.id, **values)


def invitation(told: InvitationFacts, at: datetime | None) -> local.InvitationFacts:
    """Return the facts of an invitation. One that ran out did so at its deadline, whenever that is told."""
    resolved = told.expires_at if told.state == "expired" and told.expires_at else told.resolved_at
    return local.InvitationFacts(
        at=at, state=told.state, received_at=told.received_at, expires_at=told.expires_at, resolved_at=resolved,
        evaluating_at=at if told.evaluating else None,
        contact_attempted_at=at if told.contact_attempted else None,
        consult_complete_at=at if told.consult_complete else None,
    )  # fmt: skip


def relay(told: InvitationFacts, at: datetime | None) -> local.RelayFacts:
    """Return what an invitation to another firm says about a case of ours."""
    state = {"accepted": "accepted", "cancelled": "cancelled"}.get(told.state, "invited")
    reason = told.reason if told.state == "declined" else NO_ANSWER if told.state == "expired" else ""
    return local.RelayFacts(
        state=state, at=at, partner_name=told.handler.name, partner_remote_id=told.handler.id, reason=reason,
        invitation=told.key,
    )  # fmt: skip


def update(told: UpdateFacts, at: datetime | None, us: str) -> local.UpdateFacts:
    """Return a message; one without an id is known again by its words."""
    words = f"{told.title}\n{told.content}".encode(errors="replace")
    key = told.key or "words_" + hashlib.sha256(words).hexdigest()[:40]
    return local.UpdateFacts(
        key=key, at=at, content=told.content, title=told.title, happened_at=told.happened_at, stage=told.stage,
        author_name=told.author.name, ours=told.author.id == us,
    )  # fmt: skip


def by_us(told: local.UpdateFacts) -> local.UpdateFacts:
    """Return a message as one that this firm wrote."""
    return replace(told, ours=True)


def settlement(told: SettlementFacts, at: datetime | None) -> local.SettlementFacts:
    """Return news about money."""
    names = ("key", "status", "gross", "attorney_fee", "referral_fee", "expenses", "settled_at", "note")
    return local.SettlementFacts(at=at, **{name: getattr(told, name) for name in names})


def file(told: FileFacts, us: str) -> local.FileFacts:
    """Return a file; one without an id is known again by its name and size."""
    key = told.key or "name_" + hashlib.sha256(f"{told.name}|{told.size}".encode(errors="replace")).hexdigest()[:40]
    return local.FileFacts(
        key=key, name=told.name, content_type=told.content_type, size=told.size, ours=told.author.id == us
    )

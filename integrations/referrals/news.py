"""One event about a known referral, by its kind. Every function may be called again with the same or older news."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from casehug.referrals import facts as local
from casehug.referrals.models import Attachment, CaseUpdate, Invitation, InvitationAnswer, Referral
from casehug.referrals.services import files
from casehug.referrals.services.answers import STATE_OF, confirm_answer
from casehug.referrals.services.cases import receive_case, receive_settlement
from casehug.referrals.services.invitations import receive_invitation, withdraw_case
from casehug.referrals.services.sending import apply_relay, mark_sent
from casehug.referrals.services.updates import receive_update
from integrations.contract.changes import Change, Kind
from integrations.contract.referrals import InvitationFacts, ReferralNews
from integrations.inbound import pace
from integrations.models import Connection, InboundEvent
from integrations.referrals import cases, fetching, translate
from integrations.sync.decide import arrived

SKEW = timedelta(minutes=1)
OTHERS = "It is about the invitation of another firm."
RELAY_STATES = {
    Kind.REFERRAL_MATCHED: "invited", Kind.REFERRAL_NO_PARTNER: "no_partner",
    Kind.REFERRAL_ALL_DECLINED: "all_declined", Kind.REFERRAL_DELETED: "cancelled",
}  # fmt: skip


@dataclass(frozen=True)
class _News:
    """What one event tells, with the referral it is about."""

    connection: Connection
    referral: Referral
    event: InboundEvent
    change: Change
    told: ReferralNews

    @property
    def at(self) -> datetime:
        """When it was so: of the record, else of the event."""
        return self.told.at or self.change.occurred_at or self.event.received_at

    @property
    def origin(self) -> str:
        """The connection as origin of what is published."""
        return cases.origin(self.connection)

    @property
    def received(self) -> bool:
        """Whether another firm referred the case to this one."""
        return bool(self.referral.direction == Referral.Direction.IN)


def apply(*, connection: Connection, referral: Referral, event: InboundEvent, change: Change) -> str:
    """Apply one event. Returns why it concerns nothing here, "" when it was applied. Raises the errors of the services

    (`IntakeError`). In the firm scope, the caller's transaction.
    """
    assert change.news is not None
    one = _News(connection, referral, event, change, change.news)
    if not one.received and referral.sent_at is None:
        mark_sent(referral_id=referral.id, at=one.at, origin=one.origin)  # news about it prove that it arrived
    return _ACTS[change.kind](one)


def _case(one: _News) -> str:
    if one.told.case is not None:
        facts = translate.case(one.told.case, one.at, received=one.received)
        receive_case(facts=facts, referral_id=one.referral.id, origin=one.origin)
    return ""


def _relay(one: _News) -> str:
    _case(one)
    if one.received:
        return ""
    partner = one.told.case.handler if one.told.case else translate.NOBODY
    matched = one.change.kind is Kind.REFERRAL_MATCHED
    facts = local.RelayFacts(
        state=RELAY_STATES[one.change.kind], at=one.at, partner_name=partner.name if matched else "",
        partner_remote_id=partner.id if matched else "",
    )  # fmt: skip
    apply_relay(referral_id=one.referral.id, facts=facts, origin=one.origin)
    return ""


def _deleted(one: _News) -> str:
    if not one.received:
        return _relay(one)
    withdraw_case(referral_id=one.referral.id, at=one.at, origin=one.origin)
    return ""


def _invitation(one: _News) -> str:
    told = one.told.invitation
    if told is None:
        return ""
    if not one.received:
        apply_relay(referral_id=one.referral.id, facts=translate.relay(told, one.at), origin=one.origin)
        return ""
    if told.handler.id and told.handler.id != one.connection.remote_firm:
        return OTHERS
    known = _known_invitation(one, told)
    facts = translate.invitation(told, one.at)
    row = receive_invitation(referral_id=one.referral.id, facts=facts, invitation_id=known, origin=one.origin)
    if known is None and told.key:
        cases.link(one.connection, cases.INVITATION, row.id, told.key, how="received")
    _settle_answers(row, told, one)
    pace.hurry(one.connection)
    return ""


def _known_invitation(one: _News, told: InvitationFacts) -> uuid.UUID | None:
    """Return our row of an invitation. One whose id is not told is the newest of its case."""
    if told.key:
        return cases.linked(one.connection, cases.INVITATION, told.key)
    rows = Invitation.objects.filter(referral=one.referral).order_by("-received_at", "-id")
    found: uuid.UUID | None = rows.values_list("id", flat=True).first()
    return found


def _settle_answers(row: Invitation, told: InvitationFacts, one: _News) -> None:
    """Confirm answers of ours that an event proves to have arrived, whatever became of their own reply."""
    proven = {str(action) for action, state in STATE_OF.items() if state == told.state}
    steps = {"evaluate": told.evaluating, "contact_attempted": told.contact_attempted,
             "consult_complete": told.consult_complete}  # fmt: skip
    proven |= {action for action, done in steps.items() if done}
    waiting = InvitationAnswer.objects.filter(invitation=row, action__in=proven)
    # A step may be noted several times: only one whose reply was lost is proven by an event that tells of any.
    final = waiting.filter(action__in=InvitationAnswer.FINAL, state__in=("queued", "unknown"))
    steps_done = waiting.exclude(action__in=InvitationAnswer.FINAL)
    lost = steps_done.filter(state=InvitationAnswer.State.UNKNOWN, at__lte=one.at + SKEW)
    for answer_id in [*final.values_list("id", flat=True), *lost.values_list("id", flat=True)]:
        arrived(connection=one.connection, local_type=cases.ANSWER, subject_id=answer_id, remote_id=told.key)
        confirm_answer(answer_id=answer_id, at=one.at, origin=one.origin)


def _update(one: _News) -> str:
    if one.told.update is None:
        return ""
    facts = translate.update(one.told.update, one.at, one.connection.remote_firm)
    if not one.told.update.author.id and _wrote(one.referral, facts.content):
        facts = translate.by_us(facts)
    row = receive_update(referral_id=one.referral.id, facts=facts, origin=one.origin)
    if row.direction == Referral.Direction.OUT:
        arrived(connection=one.connection, local_type=cases.UPDATE, subject_id=row.id, remote_id=facts.key)
    return ""


def _wrote(referral: Referral, content: str) -> bool:
    """Tell whether this firm has just written these words, where the exchange does not name the author."""
    rows = CaseUpdate.objects.filter(referral=referral, direction="out", content=content)
    return bool(rows.exclude(state="draft").exists())


def _settlement(one: _News) -> str:
    if one.told.settlement is not None:
        facts = translate.settlement(one.told.settlement, one.at)
        receive_settlement(referral_id=one.referral.id, facts=facts, origin=one.origin)
    return ""


def _file(one: _News) -> str:
    told = one.told.file
    if told is None:
        return ""
    facts = translate.file(told, one.connection.remote_firm)
    if facts.ours and not told.removed:
        row = files.own_file_came_back(referral_id=one.referral.id, facts=facts)
        if row is not None:
            arrived(connection=one.connection, local_type=cases.FILE, subject_id=row.id, remote_id=facts.key)
            return ""
    row = files.receive_file(referral_id=one.referral.id, facts=facts, origin=one.origin)
    if told.removed:
        files.file_removed(attachment_id=row.id)
    elif told.url and row.state in (Attachment.State.PENDING, Attachment.State.FAILED) and not row.path:
        fetching.ask(row)
    return ""


_ACTS: Mapping[Kind, Callable[[_News], str]] = {
    Kind.REFERRAL_CREATED: _case, Kind.REFERRAL_RECEIVED: _case, Kind.REFERRAL_CHANGED: _case,
    Kind.REFERRAL_STAGE: _case, Kind.REFERRAL_DELETED: _deleted, Kind.REFERRAL_MATCHED: _relay,
    Kind.REFERRAL_NO_PARTNER: _relay, Kind.REFERRAL_ALL_DECLINED: _relay, Kind.REFERRAL_INVITATION: _invitation,
    Kind.REFERRAL_UPDATE: _update, Kind.REFERRAL_SETTLEMENT: _settlement, Kind.REFERRAL_FILE: _file,
}  # fmt: skip

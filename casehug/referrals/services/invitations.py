"""Take in what an exchange tells about an invitation; who looks after it; the conflict check."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.firms.models import Membership
from casehug.firms.notices import raise_notice
from casehug.intake.services.values import Checker
from casehug.referrals import events
from casehug.referrals.errors import Invalid, Refused
from casehug.referrals.facts import InvitationFacts
from casehug.referrals.models import Invitation, Referral
from casehug.referrals.notices import EXPIRED
from casehug.referrals.services.alarms import mark_heard, page_of, plan_alarms, say_arrived, silence
from casehug.referrals.services.cases import due_from
from casehug.referrals.services.locking import lock_invitation, lock_referral
from casehug.referrals.services.told import newer, told_at

WITHDRAWN = "withdrawn"
_TIMES = ("evaluating_at", "contact_attempted_at", "consult_complete_at")


@transaction.atomic
def receive_invitation(
    *, referral_id: uuid.UUID, facts: InvitationFacts, invitation_id: uuid.UUID | None = None, origin: str = ""
) -> Invitation:
    """Take in an invitation to a case; without `invitation_id` it is a new one (also for a case that had one).

    Plans its alarms and tells people. Publishes `referral.invitation_received` for a new one. Returns the row.
    Raises NotFound.
    """
    referral = lock_referral(referral_id)
    if invitation_id is not None:
        return apply_invitation_state(invitation_id=invitation_id, facts=facts, origin=origin)
    received = facts.received_at or timezone.now()
    invitation = Invitation(referral=referral, received_at=received, expires_at=facts.expires_at)
    invitation.save(force_insert=True)
    _settle_case(referral)  # it may have been offered once more
    events.about_invitation("invitation_received", invitation, origin=origin)
    record(action="invitation.received", object_type="invitation", object_id=invitation.id)
    plan_alarms(invitation)
    say_arrived(invitation)
    invitation = apply_invitation_state(invitation_id=invitation.id, facts=facts, origin=origin)
    withdrawn = told_at(invitation.referral, WITHDRAWN)
    if withdrawn is not None and invitation.is_open:
        gone = InvitationFacts(state=Invitation.State.CANCELLED, resolved_at=withdrawn)
        invitation = apply_invitation_state(invitation_id=invitation.id, facts=gone, origin=origin)
    return invitation


@transaction.atomic
def apply_invitation_state(*, invitation_id: uuid.UUID, facts: InvitationFacts, origin: str = "") -> Invitation:
    """Apply news about an invitation in whatever order they come: a state of a lower rank changes nothing.

    Of two deadlines the one told later counts, of two moments of one step the earlier. Publishes `referral.expired`
    or `referral.state_changed` when the state moved. Returns the row. Raises NotFound.
    """
    invitation = lock_invitation(invitation_id)
    for name in _TIMES:
        setattr(invitation, name, _earlier(getattr(facts, name), getattr(invitation, name)))
    if facts.expires_at is not None:
        _take_deadline(invitation, facts)
    moved = _rank(facts.state) > _rank(invitation.state)
    if moved:
        invitation.state = facts.state
        if not invitation.is_open:
            invitation.resolved_at = facts.resolved_at or timezone.now()
    elif facts.state == invitation.state and not invitation.is_open:
        invitation.resolved_at = _earlier(facts.resolved_at, invitation.resolved_at)
    invitation.save()
    if moved:
        _moved(invitation, origin)
    return invitation


def _earlier(told: datetime | None, held: datetime | None) -> datetime | None:
    return min(filter(None, (told, held)), default=None)


def _take_deadline(invitation: Invitation, facts: InvitationFacts) -> None:
    told = newer(invitation.referral, f"deadline:{invitation.id}", facts.expires_at, at=facts.at)
    invitation.referral.save(update_fields=["told", "updated_at"])
    if told and facts.expires_at != invitation.expires_at:
        invitation.expires_at = facts.expires_at
        plan_alarms(invitation)


def _rank(state: str) -> int:
    return Invitation.RANKS.index(state) if state in Invitation.RANKS else -1


def _moved(invitation: Invitation, origin: str) -> None:
    kind = "expired" if invitation.state == Invitation.State.EXPIRED else "state_changed"
    events.about_invitation(kind, invitation, origin=origin)
    changes = {"state": invitation.state}
    record(action="invitation.state_changed", object_type="invitation", object_id=invitation.id, changes=changes)
    if invitation.is_open:
        return
    silence(invitation)
    referral = invitation.referral
    if invitation.state == Invitation.State.ACCEPTED:
        due_from(referral, invitation.resolved_at or timezone.now())
        referral.save(update_fields=["update_due_at", "updated_at"])
    _settle_case(referral)
    if invitation.state == Invitation.State.EXPIRED:
        raise_notice(
            kind=EXPIRED, subject_id=invitation.id, title="An invitation expired unanswered", url=page_of(invitation),
            text="The deadline has passed. The sender may offer the case to another firm, or to yours again.",
        )  # fmt: skip


def _settle_case(referral: Referral) -> None:
    """Let the state of a received case follow from all its invitations, whichever came first."""
    if referral.direction != Referral.Direction.IN:
        return
    rows = sorted(Invitation.objects.filter(referral=referral), key=lambda row: (row.received_at, _rank(row.state)))
    states = [row.state for row in rows]
    if Invitation.State.ACCEPTED in states:
        state = Referral.State.ACCEPTED
    elif WITHDRAWN in referral.told:
        state = Referral.State.CANCELLED
    elif not rows or any(row.is_open for row in rows):
        state = Referral.State.INVITED
    else:
        state = Referral.State(states[-1])
    if state != referral.state:
        referral.state = state
        referral.save(update_fields=["state", "updated_at"])


@transaction.atomic
def withdraw_case(*, referral_id: uuid.UUID, at: datetime | None = None, origin: str = "") -> Referral:
    """The sender has taken a case back: open invitations are cancelled, also those told of later.

    An accepted case stays accepted. Publishes `referral.state_changed`. Returns the row. Raises NotFound.
    """
    referral, moment = lock_referral(referral_id), at or timezone.now()
    if newer(referral, WITHDRAWN, "", at=moment):
        referral.save(update_fields=["told", "updated_at"])
    facts = InvitationFacts(state=Invitation.State.CANCELLED, resolved_at=moment)
    opened = Invitation.objects.filter(referral=referral, state__in=Invitation.OPEN).values_list("id", flat=True)
    for invitation_id in list(opened):
        apply_invitation_state(invitation_id=invitation_id, facts=facts, origin=origin)
    referral.refresh_from_db()
    before = referral.state
    _settle_case(referral)
    if referral.state != before:
        events.about_case("state_changed", referral, origin=origin)
        record(action="referral.withdrawn", object_type="referral", object_id=referral.id)
    return referral


def overdue(now: datetime) -> QuerySet[Invitation]:
    """Return the open invitations whose deadline has passed."""
    rows: QuerySet[Invitation] = Invitation.objects.filter(state__in=Invitation.OPEN, expires_at__lte=now)
    return rows


def expire_overdue(*, now: datetime | None = None) -> int:
    """Mark open invitations whose deadline has passed as expired; an answer under way keeps them open.

    Returns how many. What the exchange tells later still wins: an acceptance that arrived in time stays one.
    """
    moment, count = now or timezone.now(), 0
    under_way = {"answers__action__in": ("accept", "decline"), "answers__state__in": ("queued", "unknown")}
    for invitation_id in list(overdue(moment).exclude(**under_way).values_list("id", flat=True)):
        facts = InvitationFacts(state=Invitation.State.EXPIRED, resolved_at=moment)
        apply_invitation_state(invitation_id=invitation_id, facts=facts)
        count += 1
    return count


@transaction.atomic
def assign_invitation(*, invitation_id: uuid.UUID, user_id: uuid.UUID | None) -> Invitation:
    """Say who looks after an invitation; nobody is possible. Raises NotFound, Invalid (no member of this firm)."""
    invitation = lock_invitation(invitation_id)
    if user_id is not None and not Membership.objects.filter(user_id=user_id, active=True).exists():
        raise Invalid({"assigned_to": "Please choose a member of your firm."})
    if invitation.assigned_to_id != user_id:
        invitation.assigned_to_id = user_id
        invitation.save(update_fields=["assigned_to_id", "updated_at"])
        changes = {"to": str(user_id or "")}
        record(action="invitation.assigned", object_type="invitation", object_id=invitation.id, changes=changes)
    return invitation


@transaction.atomic
def record_conflict_check(*, invitation_id: uuid.UUID, result: str, note: str = "") -> Invitation:
    """Write down the acting person's decision about conflicts; it may be corrected until the answer is given.

    `result` is a value of `Invitation.Conflict`; hits that are no conflict need a note. Returns the row.
    Raises NotFound, Invalid, Refused (no longer open).
    """
    invitation, check = lock_invitation(invitation_id), Checker()
    if not invitation.is_open:
        raise Refused("invitation_closed", f"This invitation is {invitation.get_state_display().lower()} already.")
    text = check.lines("note", note, required=result != Invitation.Conflict.CLEAR)
    if result not in Invitation.Conflict.values:
        check.errors["result"] = "Please say what the check has shown."
    if check.errors:
        raise Invalid(check.errors)
    invitation.conflict_result, invitation.conflict_note = result, text
    invitation.conflict_at, invitation.conflict_by_id = timezone.now(), current_actor_id()
    invitation.save()
    mark_heard(invitation, now=timezone.now())
    record(action="invitation.conflict_checked", object_type="invitation", object_id=invitation.id,
           changes={"result": result})  # fmt: skip
    return invitation

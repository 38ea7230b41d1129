"""Answer an invitation: asked for by a named person, sent on by whoever reaches the exchange, confirmed or refused."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.common.wording import absolute_words
from casehug.intake.services.uploads import Readable
from casehug.intake.services.values import Checker
from casehug.referrals import events
from casehug.referrals.choices import choices
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.facts import InvitationFacts
from casehug.referrals.models import Attachment, Invitation, InvitationAnswer
from casehug.referrals.services.alarms import mark_heard
from casehug.referrals.services.files import own_file
from casehug.referrals.services.invitations import apply_invitation_state
from casehug.referrals.services.locking import lock_invitation
from casehug.referrals.services.matters import make_matter_if_clear

Action = InvitationAnswer.Action
STATE_OF = {Action.ACCEPT: "accepted", Action.DECLINE: "declined", Action.EVALUATE: "evaluating"}


@dataclass(frozen=True)
class GivenFile:
    """A file that goes with an answer."""

    stream: Readable
    filename: str
    content_type: str = ""


def refusal(invitation: Invitation, action: str, *, now: datetime) -> str:
    """Return why this answer cannot be given now, in one sentence; empty when it can."""
    if action in (Action.CONTACT_ATTEMPTED, Action.CONSULT_COMPLETE):
        if invitation.is_open and not _late(invitation, now) or invitation.state == Invitation.State.ACCEPTED:
            return ""
        return "This can be noted while the invitation is open or after it was accepted."
    if not invitation.is_open:
        return _closed_words(invitation)
    if _late(invitation, now):
        return "The deadline of this invitation has passed. Nothing was sent; the sender may offer the case again."
    given = InvitationAnswer.objects.filter(invitation=invitation, action__in=InvitationAnswer.FINAL).exclude(
        state=InvitationAnswer.State.REFUSED
    )
    if earlier := given.first():
        return f"This invitation was answered already: {earlier.get_action_display()}, {_when(earlier.at)}."
    if action == Action.ACCEPT and choices().conflict_check_first:
        if not invitation.conflict_result:
            return "The conflict check comes first. Write down what it has shown, then accept."
        if invitation.conflict_result == Invitation.Conflict.CONFLICT:
            return "The conflict check found a conflict. Decline, or correct the check."
    return ""


def _late(invitation: Invitation, now: datetime) -> bool:
    return invitation.expires_at is not None and now >= invitation.expires_at


def _when(moment: datetime) -> str:
    return absolute_words(moment, timezone.get_current_timezone(), timezone.now())


def _closed_words(invitation: Invitation) -> str:
    when = f", {_when(invitation.resolved_at)}" if invitation.resolved_at else ""
    return f"This invitation is closed: {invitation.get_state_display()}{when}. Nothing was sent."


@transaction.atomic
def answer_invitation(
    *, invitation_id: uuid.UUID, action: str, reason: str = "", text: str = "", file: GivenFile | None = None,
    now: datetime | None = None,
) -> InvitationAnswer:  # fmt: skip
    """Give an answer in the acting person's name; it is queued and sent on by the connected exchange.

    The same answer again (double click, second person) returns the row there is. `file` (a PDF) goes with an
    acceptance only. Publishes `referral.answer_requested`. Raises NotFound, Invalid (`action`, `reason`, `file`),
    Refused (`no_exchange`, `cannot_answer`: late, answered otherwise, conflict check missing).
    """
    moment, invitation = now or timezone.now(), lock_invitation(invitation_id)
    values = _checked(action, reason, text)
    if (same := _same(invitation, action)) is not None:
        return same
    require_exchange()
    if sentence := refusal(invitation, action, now=moment):
        raise Refused("cannot_answer", sentence)
    attachment = None
    if file is not None and action == Action.ACCEPT:
        attachment = own_file(
            referral=invitation.referral, file=file.stream, filename=file.filename, content_type=file.content_type,
            purpose="retainer",
        )  # fmt: skip
    answer: InvitationAnswer = InvitationAnswer.objects.create(
        invitation=invitation, action=action, attachment=attachment, actor_id=current_actor_id(), at=moment, **values
    )
    mark_heard(invitation, now=moment)
    if invitation.acknowledged_at is None:
        invitation.acknowledged_at, invitation.acknowledged_by_id = moment, current_actor_id()
        invitation.save(update_fields=["acknowledged_at", "acknowledged_by_id", "updated_at"])
    record(action="invitation.answered", object_type="invitation", object_id=invitation.id,
           changes={"answer": action})  # fmt: skip
    events.about_answer("answer_requested", answer)
    return answer


def _checked(action: str, reason: str, text: str) -> dict[str, str]:
    check = Checker()
    if action not in Action.values:
        check.errors["action"] = "This answer does not exist."
    values = {
        "reason": check.line("reason", reason, limit=120, required=action == Action.DECLINE),
        "text": check.lines("text", text, required=action == Action.DECLINE and reason.strip() == "Other"),
    }
    if len(values["text"]) > 1800:
        check.errors["text"] = "This is longer than 1,800 characters. Please shorten it."
    if check.errors:
        raise Invalid(check.errors)
    return values


def _same(invitation: Invitation, action: str) -> InvitationAnswer | None:
    """Return the same answer given before. An attempt to reach the client may be noted again once it was confirmed."""
    live = InvitationAnswer.LIVE if action in STATE_OF else ("queued", "unknown")
    rows = InvitationAnswer.objects.filter(invitation=invitation, action=action, state__in=live)
    return rows.order_by("-at").first()


def _lock_answer(answer_id: uuid.UUID) -> InvitationAnswer:
    found = InvitationAnswer.objects.filter(id=answer_id).values_list("invitation_id", flat=True).first()
    if found is None:
        raise NotFound("answer")
    invitation = lock_invitation(found)
    answer: InvitationAnswer = InvitationAnswer.objects.select_for_update().get(id=answer_id)
    answer.invitation = invitation
    return answer


@transaction.atomic
def confirm_answer(*, answer_id: uuid.UUID, at: datetime | None = None, origin: str = "") -> InvitationAnswer:
    """The exchange has taken an answer: the invitation moves on; an acceptance makes the matter when that is clear.

    A second call changes nothing. Publishes `referral.answered`. Returns the row. Raises NotFound.
    """
    answer, moment = _lock_answer(answer_id), at or timezone.now()
    if answer.state == InvitationAnswer.State.CONFIRMED:
        return answer
    answer.state, answer.refusal, answer.settled_at = InvitationAnswer.State.CONFIRMED, "", moment
    answer.save()
    times = {f"{answer.action}_at": moment} if answer.action not in InvitationAnswer.FINAL else {}
    times = {"evaluating_at": moment} if answer.action == Action.EVALUATE else times
    facts = InvitationFacts(state=STATE_OF.get(Action(answer.action), ""), resolved_at=moment, **times)
    apply_invitation_state(invitation_id=answer.invitation_id, facts=facts, origin=origin)
    events.about_answer("answered", answer, origin=origin)
    record(action="invitation.answer_confirmed", object_type="invitation", object_id=answer.invitation_id,
           changes={"answer": answer.action})  # fmt: skip
    if answer.action == Action.ACCEPT:
        make_matter_if_clear(referral_id=answer.invitation.referral_id)
        _send_retainer(answer)
    return answer


def _send_retainer(answer: InvitationAnswer) -> None:
    """The signed agreement follows the acceptance: before it the exchange takes no file of ours."""
    file = answer.attachment
    if file is not None and file.state == Attachment.State.PENDING:
        events.about_file("file_requested", file, act="push")


@transaction.atomic
def refuse_answer(*, answer_id: uuid.UUID, refusal: str, origin: str = "") -> InvitationAnswer:
    """The exchange has refused an answer; `refusal` says why, in words. Another answer may then be given.

    A confirmed answer stays confirmed. Publishes `referral.answered`. Returns the row. Raises NotFound.
    """
    answer = _lock_answer(answer_id)
    if answer.state in (InvitationAnswer.State.CONFIRMED, InvitationAnswer.State.REFUSED):
        return answer
    answer.state, answer.refusal = InvitationAnswer.State.REFUSED, refusal[:300]
    answer.settled_at = timezone.now()
    answer.save()
    events.about_answer("answered", answer, origin=origin)
    record(action="invitation.answer_refused", object_type="invitation", object_id=answer.invitation_id,
           changes={"answer": answer.action}, outcome="refused")  # fmt: skip
    return answer


@transaction.atomic
def answer_unknown(*, answer_id: uuid.UUID) -> InvitationAnswer:
    """It is not known whether an answer arrived; it stays so until it is settled. Returns the row. Raises NotFound."""
    answer = _lock_answer(answer_id)
    if answer.state == InvitationAnswer.State.QUEUED:
        answer.state = InvitationAnswer.State.UNKNOWN
        answer.save(update_fields=["state", "updated_at"])
    return answer

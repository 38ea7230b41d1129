"""One invitation: the case, the conflict check, the answers."""

import uuid
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import can, firm_page, who_can
from casehug.firms.models import Membership
from casehug.intake.errors import IntakeError, Invalid, NotFound
from casehug.intake.services.uploads import Readable
from casehug.intake.views.acting import attempt, people
from casehug.referrals.choices import choices
from casehug.referrals.forms import AcceptForm, ConflictForm, DeclineForm
from casehug.referrals.models import DeadlineAlarm, Invitation, InvitationAnswer
from casehug.referrals.selectors.conflicts import hits
from casehug.referrals.selectors.inbox import invitation_detail
from casehug.referrals.services.alarms import acknowledge_alarm, left_words
from casehug.referrals.services.answers import GivenFile, answer_invitation, refusal
from casehug.referrals.services.invitations import assign_invitation, record_conflict_check
from casehug.referrals.views.common import or_404, why_not

DECISIONS = ("accept", "decline", "evaluate")
DONE = {
    "accept": "Accepted. The answer is on its way; the matter is made as soon as it is confirmed.",
    "decline": "Declined. The answer is on its way to the sender.",
    "evaluate": "The sender will see that you are evaluating. You can still accept or decline.",
    "contact_attempted": "Noted. The sender will see that you tried to reach the client.",
    "consult_complete": "Noted. The sender will see that the consultation took place.",
}


def _buttons(request: HttpRequest, invitation: Invitation) -> dict[str, str]:
    """Return, per answer, why it cannot be given; empty text: it can."""
    now, found = timezone.now(), {}
    for action in InvitationAnswer.Action.values:
        capability = "referrals.decide" if action in DECISIONS else "referrals.work"
        reason = why_not(request, capability)
        reason = reason or refusal(invitation, action, now=now) or why_not(request, capability, sends=True)
        found[action] = reason
    return found


def _context(request: HttpRequest, invitation: Invitation, **forms: BaseForm) -> dict[str, Any]:
    answers = list(InvitationAnswer.objects.filter(invitation=invitation).select_related("attachment").order_by("-at"))
    alarms = list(DeadlineAlarm.objects.filter(invitation=invitation).order_by("due_at"))
    ids = [*(one.actor_id for one in answers), *(one.acknowledged_by_id for one in alarms)]
    ids += [*(one.escalated_to_id for one in alarms)]
    ids += [invitation.assigned_to_id, invitation.acknowledged_by_id, invitation.conflict_by_id]
    names: dict[Any, str] = people(ids)
    for one in answers:
        one.actor = names.get(one.actor_id, "a former member" if one.actor_id else "a connected tool")
    for alarm in alarms:
        alarm.words = left_words(alarm)
        alarm.heard_by, alarm.passed_to = names.get(alarm.acknowledged_by_id), names.get(alarm.escalated_to_id)
    members = Membership.objects.filter(active=True).exclude(role="auditor").select_related("user")
    initial = {"result": invitation.conflict_result, "note": invitation.conflict_note}
    return {
        "invitation": invitation, "referral": invitation.referral, "answers": answers, "alarms": alarms,
        "files": invitation.referral.attachments.order_by("created_at"), "hits": hits(invitation.referral),
        "members": sorted(((one.user_id, str(one.user)) for one in members), key=lambda pair: pair[1].casefold()),
        "assigned_to": names.get(invitation.assigned_to_id, ""),
        "acknowledged_by": names.get(invitation.acknowledged_by_id, ""),
        "checked_by": names.get(invitation.conflict_by_id, ""), "why_not": _buttons(request, invitation),
        "why_not_work": why_not(request, "referrals.work"), "why_not_decide": why_not(request, "referrals.decide"),
        "check_first": choices().conflict_check_first, "conflict_form": ConflictForm(initial=initial),
        "accept_form": AcceptForm(), "decline_form": DeclineForm(), **forms,
    }  # fmt: skip


@require_safe
@firm_page("referrals.view")
def invitation_page(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Show one invitation."""
    return render(request, "referrals/invitation.html", _context(request, or_404(invitation_detail, invitation_id)))


@require_POST
@firm_page("referrals.work")
def invitation_take(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """“I'll take it”: the alarms are heard, and it is mine when it was nobody's."""
    attempt(request, lambda: acknowledge_alarm(invitation_id=invitation_id), done="Thank you. The alarm is off.")
    return redirect("invitation", invitation_id)


@require_POST
@firm_page("referrals.work")
def invitation_assign(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Say who looks after it."""
    try:
        user_id = uuid.UUID(request.POST["assigned_to"]) if request.POST.get("assigned_to") else None
    except ValueError as error:
        raise Http404 from error
    attempt(request, lambda: assign_invitation(invitation_id=invitation_id, user_id=user_id), done="Saved.")
    return redirect("invitation", invitation_id)


@require_POST
@firm_page("referrals.decide")
def invitation_conflict(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Write down what the conflict check has shown."""
    invitation, form = or_404(invitation_detail, invitation_id), ConflictForm(request.POST)
    if form.is_valid():
        try:
            record_conflict_check(invitation_id=invitation_id, **form.cleaned_data)
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The conflict check is written down, with your name.")
            return redirect("invitation", invitation_id)
    return render(request, "referrals/invitation.html", _context(request, invitation, conflict_form=form), status=422)


@require_POST
@firm_page("referrals.work")
def invitation_answer(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Give one answer; which one is the value of the pressed button."""
    invitation, action = or_404(invitation_detail, invitation_id), request.POST.get("action", "")
    if action in DECISIONS and not can(request.membership, "referrals.decide"):  # type: ignore[attr-defined]
        words = {"who_can": who_can("referrals.decide"), "has_membership": True}
        return render(request, "403.html", words, status=403)
    forms = {"accept": AcceptForm(request.POST, request.FILES), "decline": DeclineForm(request.POST)}
    form = forms.get(action, AcceptForm({}))
    if form.is_valid():
        try:
            answer_invitation(invitation_id=invitation_id, action=action, **_given(form))
        except NotFound as error:
            raise Http404 from error
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            messages.error(request, error.message)
            return redirect("invitation", invitation_id)
        else:
            messages.success(request, DONE[action])
            return redirect("invitation", invitation_id)
    drawn = {f"{action}_form": form} if action in forms else {}
    return render(request, "referrals/invitation.html", _context(request, invitation, **drawn), status=422)


def _given(form: BaseForm) -> dict[str, Any]:
    values = {name: form.cleaned_data[name] for name in ("reason", "text") if form.cleaned_data.get(name)}
    upload = form.cleaned_data.get("file")
    if upload:
        stream: Readable = upload
        values["file"] = GivenFile(stream, upload.name, upload.content_type or "")
    return values

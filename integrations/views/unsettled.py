"""On the page of a referred case: what waits and why, and two buttons where only a person can tell what arrived."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from casehug.common.models import WorkItem
from casehug.firms.access import can, firm_page, who_can
from casehug.referrals.models import Referral
from integrations.selectors.unsettled import DECIDERS, decidable, place_of, stuck_of
from integrations.sync import decide
from integrations.sync.operations import outgoing
from integrations.views.common import button_for, member, reason_unless

ARRIVED, AGAIN = "arrived", "again"
DONE = {
    ARRIVED: "Noted: it arrived. Nothing is sent again.",
    AGAIN: "Noted: it had not arrived. It is on its way once more.",
}


def referral_panel(*, request: HttpRequest, referral: Referral) -> str:
    """Filler of `referral_panel`: what of this case is held or unknown; nothing while all goes its way."""
    rows = [
        {"stuck": one, "why_not": reason_unless(request, one.capability),
         "button": None if one.run_id else button_for(one.message, request, key=one.provider_key)}
        for one in stuck_of(referral)
    ]  # fmt: skip
    return render_to_string("integrations/_referral_stuck.html", {"rows": rows}, request=request) if rows else ""


@require_POST
@firm_page("referrals.work")
def decide_outcome(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """“It arrived”, or “It did not arrive, send it again”. Pressed twice, the second press changes nothing."""
    act, item = request.POST.get("act", ""), WorkItem.objects.filter(id=run_id).first()
    operation = outgoing(item.kind) if item is not None else None
    if item is None or operation is None or act not in DONE:
        raise Http404
    if operation.local_type in DECIDERS and not can(member(request), "referrals.decide"):
        words = {"who_can": who_can("referrals.decide"), "has_membership": True}
        return render(request, "403.html", words, status=403)
    back, waiting = place_of(operation.local_type, item.subject_id), decidable(run_id)
    if waiting is None:
        messages.info(request, "This was settled meanwhile. Nothing was sent again.")
        return redirect(*back)
    try:
        (decide.it_arrived if act == ARRIVED else decide.send_again)(intent_id=waiting.id)
    except decide.DecisionRefused as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, DONE[act])
    return redirect(*back)

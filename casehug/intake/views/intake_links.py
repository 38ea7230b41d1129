"""The intake link of a matter: make it, send it, end it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.intake.errors import IntakeError
from casehug.intake.services.links import create_intake_link, email_intake_link, record_link_sent, revoke_intake_link
from casehug.intake.views.acting import attempt
from casehug.intake.views.matter import detail_or_404
from casehug.intake.views.once import first_time


@require_POST
@firm_page("matters.edit")
def link_create(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Make a link and show it this once: only its fingerprint is kept, so no other page can show it."""
    detail = detail_or_404(matter_id)
    if not first_time(request):
        return redirect("matter", matter_id)
    try:
        new = create_intake_link(matter_id=matter_id)
    except IntakeError as error:
        messages.error(request, error.message)
        return redirect("matter", matter_id)
    return render(request, "intake/link_created.html", {"matter": detail.matter, "new": new})


@require_POST
@firm_page("matters.edit", own_scopes=True)
def link_send(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Make a link and mail it to the client; the mail server is outside, so no transaction is open meanwhile."""
    firm_id: uuid.UUID = request.firm_id  # type: ignore[attr-defined]
    with firm_scope(firm_id):
        detail_or_404(matter_id)
        fresh = first_time(request)
    if fresh:
        done = "The link was e-mailed to the client."
        attempt(request, lambda: email_intake_link(firm_id=firm_id, matter_id=matter_id), done=done)
    return redirect("matter", matter_id)


@require_POST
@firm_page("matters.edit")
def link_mark_sent(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Note that staff handed the copied link to the client."""
    link = detail_or_404(matter_id).link
    if link is None:
        raise Http404
    done = "Noted: the link went to the client."
    attempt(request, lambda: record_link_sent(link_id=link.id, way="copied"), done=done)
    return redirect("matter", matter_id)


@firm_page("matters.edit")
def link_revoke(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Say what ending the link does, then end it."""
    detail = detail_or_404(matter_id)
    if detail.link is None:
        raise Http404
    link_id = detail.link.id
    if request.method == "POST":
        attempt(request, lambda: revoke_intake_link(link_id=link_id), done="The link no longer works.")
        return redirect("matter", matter_id)
    confirm = {
        "title": "End this intake link",
        "consequences": ["The client can no longer open the portal with it. You can make a new link at any time."],
        "stays": ["Everything the client has already answered and uploaded."],
        "verb": "End the link",
        "danger": True,
        "safe_label": "Keep it working",
        "safe_url": reverse("matter", args=[matter_id]),
        "action_url": request.path,
    }
    return render(request, "base_confirm.html", {"confirm": confirm})

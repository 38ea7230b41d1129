"""What the staff's buttons do."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from sandbox.lexamica.records import files_urls, staff
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.screen import pages
from sandbox.lexamica.world import world


def new_case(request: HttpRequest) -> HttpResponse:
    """Send a case, keep a draft, or record one a partner already works."""
    firm = pages.firm_in_view(request)
    try:
        with world().store.transaction():
            case = staff.new_case(world(), firm.org, dict(request.POST.items()))
    except Refusal as refusal:
        return pages.back(request, "/app/new", f"Not sent: {refusal.sentence()}")
    return pages.back(request, f"/app/cases/{case.id}", "Done.", stay=False)


def act(request: HttpRequest, number: str) -> HttpResponse:
    """One action on a case."""
    firm, given = pages.firm_in_view(request), dict[str, Any](request.POST.items())
    case = world().store.get("case", number)
    if case is None:
        raise Http404
    action = str(given.pop("act", ""))
    upload = request.FILES.get("file")
    if action == "file" and upload is not None and not isinstance(upload, list):
        given |= {"name": str(upload.name), "content": upload.read()}
    if action == "edit":
        given = {str(given.get("field")): given.get("value")}
    try:
        with world().store.transaction():
            staff.act(world(), case, action, given, actor=firm.org)
    except Refusal as refusal:
        return pages.back(request, f"/app/cases/{number}", f"Not done: {refusal.sentence()}")
    if action == "delete":
        return pages.back(request, "/app/sent", "The case is deleted.", stay=False)
    return pages.back(request, f"/app/cases/{number}", "Done.")


def answer(request: HttpRequest, number: str) -> HttpResponse:
    """One of the five answers to an invitation."""
    firm = pages.firm_in_view(request)
    invitation = world().store.get("invitation", number, firm.org)
    if invitation is None:
        raise Http404
    action = request.POST.get("act", "")
    try:
        with world().store.transaction():
            staff.answer(world(), invitation, action, dict(request.POST.items()))
    except Refusal as refusal:
        return pages.back(request, f"/app/cases/{invitation.parent}", f"Not done: {refusal.sentence()}")
    return pages.back(request, f"/app/cases/{invitation.parent}", "Done.")


def open_file(request: HttpRequest, number: str, attachment: str) -> HttpResponse:
    """Make a fresh address of a file and go there."""
    firm = pages.firm_in_view(request)
    case, record = world().store.get("case", number), world().store.get("attachment", attachment)
    if case is None or record is None or record.parent != case.id or record.state != "stored":
        raise Http404
    if firm.org not in (case.org, case.doc.get("handler")):
        raise Http404
    with world().store.transaction():
        url = files_urls.fresh_url(world(), record)
    return HttpResponseRedirect(url[len(world().public_url) :])

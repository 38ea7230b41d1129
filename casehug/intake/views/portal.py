"""The client portal: welcome, questions part by part, check and send, finished."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from casehug.intake.errors import Invalid, Refused
from casehug.intake.forms.portal import QuestionsForm
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.views.acting import posted
from casehug.intake.views.portal_access import Visit, portal_page
from casehug.intake.views.portal_content import all_items, frame, minutes_needed, parts_of


@require_safe
@portal_page
def portal_welcome(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what will be asked and what happens with it; whoever has sent the answers sees the end instead."""
    if visit.is_submitted:
        return redirect("portal_done", visit.token)
    parts = parts_of(visit.content)
    context = {
        **frame(visit, ""),
        "parts": parts,
        "started": any(part.group.answered for part in parts),
        "go_on": next((part.number for part in parts if not part.is_done), 0),
        "minutes": minutes_needed(visit.content),
        "sent_back": [item for item in all_items(visit.content.checklist) if item.is_back],
    }
    return render(request, "portal/welcome.html", context)


@portal_page
def portal_questions(request: HttpRequest, visit: Visit, part: int) -> HttpResponse:
    """Ask one group of questions; each group is saved when the client goes on."""
    parts = parts_of(visit.content)
    if visit.is_submitted:
        return redirect("portal_done", visit.token)
    if not 1 <= part <= len(parts):
        raise Http404
    here = parts[part - 1]
    form = QuestionsForm(here.group.questions, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            save_answers(matter_id=visit.matter_id, answers=form.answers(), link_id=visit.link_id)
        except Invalid as error:
            form.take_errors(error)
        except Refused:  # sent or archived meanwhile: the first page knows where to go
            return redirect("portal_welcome", visit.token)
        else:
            return _after_part(request, visit, part, len(parts))
    context = {
        **frame(visit, "questions"),
        "form": form,
        "part": here,
        "count": len(parts),
        "progress_words": f"Part {part} of {len(parts)}",
        "previous": part - 1,
        "checking": "send" in (request.GET.get("then"), request.POST.get("then")),
    }
    return render(request, "portal/questions.html", context, status=422 if form.errors else 200)


def _after_part(request: HttpRequest, visit: Visit, part: int, count: int) -> HttpResponse:
    if request.POST.get("then") == "send":
        return redirect("portal_send", visit.token)
    if part < count:
        return redirect("portal_questions", visit.token, part + 1)
    return redirect("portal_documents", visit.token)


@portal_page
def portal_send(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show everything once more, then send the answers to the firm."""
    if visit.is_submitted:
        return redirect("portal_done", visit.token)
    missing: dict[str, str] = {}
    if request.method == "POST":
        try:
            complete_portal(matter_id=visit.matter_id)
        except Invalid as error:
            missing = error.fields
        except Refused:
            return redirect("portal_welcome", visit.token)
        else:
            return redirect("portal_done", visit.token)
    context = {
        **frame(visit, "send"),
        "parts": parts_of(visit.content),
        "refused": bool(missing),
    }
    return render(request, "portal/send.html", context, status=422 if missing else 200)


@require_safe
@portal_page
def portal_done(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what was received and when, what came back, and what happens next."""
    if not visit.is_submitted:
        return redirect("portal_welcome", visit.token)
    items = all_items(visit.content.checklist)
    context = {
        **frame(visit, "done"),
        "sent_back": [item for item in items if item.is_back],
        "received": [item for item in items if item.files],
        "missing": [item for item in items if item.document.required and item.document.status == "pending"],
    }
    return render(request, "portal/done.html", context)

"""One matter: its page and the acts on it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import firm_page
from casehug.intake.errors import IntakeError, Invalid, NotFound
from casehug.intake.forms.matters import MatterForm, NoteForm, StatusForm
from casehug.intake.selectors.matters import MatterDetail, matter_detail
from casehug.intake.services.approval import approve_intake
from casehug.intake.services.matters import archive_matter, change_status, restore_matter, update_matter
from casehug.intake.services.notes import add_note
from casehug.intake.views.acting import attempt, form_page, posted
from casehug.intake.views.matter_context import approval_effects, matter_context
from casehug.intake.views.once import first_time


def detail_or_404(matter_id: uuid.UUID) -> MatterDetail:
    """Return the matter of this firm or answer 404."""
    try:
        return matter_detail(matter_id)
    except NotFound as error:
        raise Http404 from error


@require_safe
@firm_page("matters.view")
def matter_page(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Show one matter."""
    return render(request, "intake/matter.html", matter_context(request, detail_or_404(matter_id)))


@firm_page("matters.edit")
def matter_edit(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Change what a matter says about itself."""
    matter = detail_or_404(matter_id).matter
    form = MatterForm.of(matter, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            update_matter(matter_id=matter_id, **form.all_changes(matter))
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Saved.")
            return redirect("matter", matter_id)
    return form_page(request, "intake/matter_edit.html", form, matter=matter)


@require_POST
@firm_page("matters.edit")
def matter_status(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Set the status by hand."""
    form = StatusForm(request.POST)
    if form.is_valid():
        to = form.cleaned_data["status"]
        attempt(request, lambda: change_status(matter_id=matter_id, to=to), done="Status saved.")
    else:
        messages.error(request, "Choose pending, active or closed.")
    return redirect("matter", matter_id)


@firm_page("matters.edit")
def matter_archive(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Say what archiving does, then do it."""
    matter = detail_or_404(matter_id).matter
    if request.method == "POST":
        attempt(request, lambda: archive_matter(matter_id=matter_id), done="Archived. You can restore it.")
        return redirect("matter", matter_id)
    confirm = {
        "title": f"Archive {matter.title}",
        "consequences": [
            "The intake link stops working at once.",
            "Nothing can be changed until you restore the matter.",
            "The list of matters shows it only under status Archived.",
        ],
        "stays": ["All answers, documents, notes and the history.", "What has been sent to other systems stays there."],
        "verb": "Archive this matter",
        "safe_label": "Keep it open",
        "safe_url": reverse("matter", args=[matter_id]),
        "action_url": request.path,
    }
    return render(request, "base_confirm.html", {"confirm": confirm})


@require_POST
@firm_page("matters.edit")
def matter_restore(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Bring an archived matter back."""
    done = "The matter is open again. Its earlier intake link stays ended."
    attempt(request, lambda: restore_matter(matter_id=matter_id), done=done)
    return redirect("matter", matter_id)


@firm_page("documents.review")
def intake_approve(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Say what approval starts, then approve the intake as a whole."""
    matter = detail_or_404(matter_id).matter
    if request.method == "POST":
        attempt(request, lambda: approve_intake(matter_id=matter_id), done="The intake is approved.")
        return redirect("matter", matter_id)
    confirm = {
        "title": f"Approve the intake of {matter.title}",
        "consequences": ["The intake is marked as complete and approved, with your name.", *approval_effects(matter)],
        "stays": ["You can still send documents back or ask for more."],
        "verb": "Approve intake",
        "safe_label": "Not yet",
        "safe_url": reverse("matter", args=[matter_id]),
        "action_url": request.path,
    }
    return render(request, "base_confirm.html", {"confirm": confirm})


@require_POST
@firm_page("notes.edit")
def note_add(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Add an internal note."""
    detail, form = detail_or_404(matter_id), NoteForm(request.POST)
    if form.is_valid():
        try:
            if first_time(request):
                add_note(matter_id=matter_id, body=form.cleaned_data["body"])
            return redirect(reverse("matter", args=[matter_id]) + "#notes")
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    return render(request, "intake/matter.html", matter_context(request, detail, note_form=form), status=422)

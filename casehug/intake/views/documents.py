"""Documents: the review queue, one item, decisions, and asking for more."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import firm_page
from casehug.intake.data.document_kinds import JPEG, PNG
from casehug.intake.errors import IntakeError, Invalid, NotFound
from casehug.intake.files import kinds_in_words
from casehug.intake.forms.documents import RequestForm, SendBackForm
from casehug.intake.selectors.dashboard import review_count
from casehug.intake.selectors.documents import (
    blocking_items,
    checklist,
    decided_documents,
    document_detail,
    documents_to_review,
    next_to_review,
)
from casehug.intake.services.approval import was_submitted
from casehug.intake.services.documents import (
    approve_document,
    reject_document,
    request_document,
    reverse_decision,
    set_document_required,
)
from casehug.intake.views.acting import attempt, blocked, form_page, people, posted
from casehug.intake.views.addresses import page_urls
from casehug.intake.views.matter import detail_or_404
from casehug.intake.views.matter_context import approval_effects
from casehug.intake.views.once import first_time

PICTURES = (JPEG, PNG)


def _detail_or_404(document_id: uuid.UUID) -> Any:
    try:
        return document_detail(document_id)
    except NotFound as error:
        raise Http404 from error


@require_safe
@firm_page("documents.review")
def document_queue(request: HttpRequest) -> HttpResponse:
    """List what waits for review, oldest first; or what was decided, latest first."""
    decided = request.GET.get("show") == "decided"
    read = decided_documents if decided else documents_to_review
    page = read(cursor=request.GET.get("after", ""))
    names = people(document.decided_by_id for document in page.rows)
    for document in page.rows:
        document.decided_by = names.get(document.decided_by_id, "a former member")
    here = reverse("documents")
    tabs = [
        {"label": "To review", "url": here, "current": not decided, "count": review_count()},
        {"label": "Decided", "url": f"{here}?show=decided", "current": decided},
    ]
    context = {"page": page, **page_urls(request, page), "decided": decided, "tabs": tabs}
    return render(request, "intake/documents.html", context)


def _would_approve_intake(document: Any) -> bool:
    blocking = blocking_items(checklist(document.matter_id).documents)
    waits = document.matter.intake_approved_at is None and was_submitted(document.matter)
    return waits and [each.id for each in blocking] == [document.id]


def _context(request: HttpRequest, document: Any, form: SendBackForm | None = None) -> dict[str, Any]:
    after = next_to_review(document)
    for upload in [*document.current_uploads, *document.earlier_uploads]:
        upload.is_picture = upload.content_type in PICTURES
    completes = _would_approve_intake(document)
    return {
        "document": document,
        "matter": document.matter,
        "kinds": kinds_in_words(document.accepted_types),
        "form": form or SendBackForm(),
        "next": after,
        "waiting": review_count(),
        "effects": approval_effects(document.matter) if completes else [],
        "completes": completes,
        "decided_by": people([document.decided_by_id]).get(document.decided_by_id, "a former member"),
        "blocked": blocked(request, document.matter),
        "shortcuts": [{"key": "a", "words": "Approve"}, {"key": "n", "words": "Next document"}],
    }


@require_safe
@firm_page("matters.view")
def document_page(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Show one item: what was asked, what came, and the decision."""
    return render(request, "intake/document.html", _context(request, _detail_or_404(document_id)))


def _after_decision(request: HttpRequest, document: Any) -> HttpResponse:
    """Go on to the next item of the queue, or back to the matter when the queue is empty."""
    after = next_to_review(document)
    return redirect("document", after.id) if after else redirect("matter", document.matter_id)


@require_POST
@firm_page("documents.review")
def document_approve(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Approve one item."""
    document = _detail_or_404(document_id)
    completes = _would_approve_intake(document)
    done = f"{document.name} approved." + (f" The intake of {document.matter.title} is approved." if completes else "")
    if not attempt(request, lambda: approve_document(document_id=document_id), done=done):
        return redirect("document", document_id)
    # After the approval that starts a sync, people want to see the matter, not the next file.
    return redirect("matter", document.matter_id) if completes else _after_decision(request, document)


@require_POST
@firm_page("documents.review")
def document_send_back(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Send one item back with the reason the client reads."""
    document, form = _detail_or_404(document_id), SendBackForm(request.POST)
    if form.is_valid():
        try:
            reject_document(document_id=document_id, reason=form.reason())
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"{document.name} sent back. The client sees the reason in the portal.")
            return _after_decision(request, document)
    return render(request, "intake/document.html", _context(request, document, form), status=422)


@require_POST
@firm_page("documents.review")
def document_reverse(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Take a decision back."""
    _detail_or_404(document_id)
    done = "The decision was taken back; the document waits for review. What was sent to other systems stays there."
    attempt(request, lambda: reverse_decision(document_id=document_id), done=done)
    return redirect("document", document_id)


@require_POST
@firm_page("documents.review")
def document_required(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Make an item required or optional."""
    document = _detail_or_404(document_id)
    required = request.POST.get("required") == "yes"
    done = f"{document.name} is now {'required' if required else 'optional'}."
    attempt(request, lambda: set_document_required(document_id=document_id, required=required), done=done)
    return redirect("document", document_id)


@firm_page("documents.review")
def document_request(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Ask the client for one more document."""
    matter = detail_or_404(matter_id).matter
    form = RequestForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            if first_time(request):
                document = request_document(matter_id=matter_id, **form.cleaned_data)
                messages.success(request, f"{document.name} was added. The client sees it in the portal.")
            return redirect(reverse("matter", args=[matter_id]) + "#checklist")
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    return form_page(request, "intake/document_request.html", form, matter=matter)

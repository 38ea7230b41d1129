"""The portal's checklist: what is asked and why, uploads, what came back."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from casehug.intake.errors import IntakeError, Invalid
from casehug.intake.models import Document, Upload
from casehug.intake.selectors.documents import Checklist, checklist, document_detail
from casehug.intake.services.uploads import remove_upload, upload_document
from casehug.intake.views.portal_access import Visit, portal_page
from casehug.intake.views.portal_content import Item, frame, grouped_items


def _progress_words(held: Checklist) -> str:
    return f"{held.given} of {held.total} received"


def _page(request: HttpRequest, visit: Visit, problem: str = "") -> HttpResponse:
    held = visit.content.checklist
    groups = grouped_items(held)
    context = {**frame(visit, "documents"), "groups": groups, "problem": problem}
    context["progress_words"] = _progress_words(held)
    return render(request, "portal/documents.html", context, status=422 if problem else 200)


@require_safe
@portal_page
def portal_documents(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the checklist with an upload field at every open item."""
    return _page(request, visit)


def _refusal(error: IntakeError) -> str:
    return error.fields.get("file", error.message) if isinstance(error, Invalid) else error.message


@require_POST
@portal_page
def portal_upload(request: HttpRequest, visit: Visit, document_id: uuid.UUID) -> HttpResponse:
    """Take the files of one item; with script one file per request, without it all at once."""
    document = get_object_or_404(Document, id=document_id, matter_id=visit.matter_id)
    problem = "" if request.FILES else "Please choose a file first."
    for file in request.FILES.getlist("file"):
        try:
            upload_document(
                document_id=document.id, file=file, filename=file.name or "", content_type=file.content_type or ""
            )
        except IntakeError as error:
            problem = _refusal(error)
    scripted = request.headers.get("HX-Request") == "true"
    if scripted and problem:
        return HttpResponse(problem, status=422, content_type="text/plain; charset=utf-8")
    if problem:
        return _page(request, visit, problem)
    if not scripted:
        return redirect("portal_documents", visit.token)
    held = checklist(visit.matter_id)
    context = {
        "item": Item(document_detail(document.id)),
        "token": visit.token,
        "fresh": held,
        "progress_words": _progress_words(held),
    }
    return render(request, "portal/_item.html", context)


@require_POST
@portal_page
def portal_remove(request: HttpRequest, visit: Visit, upload_id: uuid.UUID) -> HttpResponse:
    """Take back a wrong file before the firm has looked at it."""
    get_object_or_404(Upload, id=upload_id, document__matter_id=visit.matter_id, current=True)
    try:
        remove_upload(upload_id=upload_id)
    except IntakeError as error:
        return _page(request, visit, error.message)
    return redirect("portal_documents", visit.token)

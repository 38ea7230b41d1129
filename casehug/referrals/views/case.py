"""One referred case: where it stands, updates, files, its matter."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.forms import BaseForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import firm_page
from casehug.intake.errors import IntakeError, Invalid, NotFound
from casehug.intake.views.acting import attempt, people
from casehug.intake.views.once import first_time
from casehug.intake.views.uploads import FILE_POLICY
from casehug.referrals.forms import MakeMatterForm, ShareForm, UpdateForm
from casehug.referrals.models import Referral
from casehug.referrals.selectors.cases import attachment_detail, case_detail, draft_of, thread
from casehug.referrals.selectors.inbox import UPDATE_WARNING
from casehug.referrals.services.files import attachment_path, share_file
from casehug.referrals.services.lost import lost_seen
from casehug.referrals.services.matters import accept_makes_matter, like_clients, mapped_case_type
from casehug.referrals.services.removal import remove_file
from casehug.referrals.services.updates import WRITABLE, draft_update, drafted_words, post_update
from casehug.referrals.views.common import or_404, why_not


def _duty(referral: Referral) -> str:
    due = referral.update_due_at
    if due is None or referral.state not in WRITABLE:
        return ""
    left = due - timezone.now()
    return "overdue" if left.total_seconds() < 0 else "soon" if left <= UPDATE_WARNING else "later"


def _update_form(request: HttpRequest, referral: Referral) -> UpdateForm:
    draft = draft_of(referral)
    if draft is not None:
        return UpdateForm(initial={"title": draft.title, "content": draft.content, "stage": draft.stage})
    if "draft" in request.GET:
        title, content = drafted_words(referral)
        return UpdateForm(initial={"title": title, "content": content})
    return UpdateForm()


def _context(request: HttpRequest, referral: Referral, **forms: BaseForm) -> dict[str, Any]:
    rows = thread(referral)
    names: dict[Any, str] = people([*(row.author_id for row in rows), referral.consent_by_id])
    for row in rows:
        row.author = names.get(row.author_id) or row.author_name or "the other firm"
    alike = like_clients(referral) if referral.matter_id is None and referral.direction == "in" else []
    mapped = mapped_case_type(referral)
    initial = {"case_type": str(mapped.id) if mapped else "", "client": str(alike[0].id) if alike else ""}
    return {
        "referral": referral, "updates": rows, "draft": draft_of(referral), "duty": _duty(referral),
        "files": referral.attachments.order_by("created_at"),
        "settlements": referral.settlements.order_by("created_at"),
        "invitations": referral.invitations.order_by("-received_at"), "mapped": mapped, "alike": alike,
        "consent_by": names.get(referral.consent_by_id, ""), "writable": referral.state in WRITABLE,
        "why_not_work": why_not(request, "referrals.work"),
        "why_not_send": why_not(request, "referrals.work", sends=True),
        "update_form": _update_form(request, referral), "share_form": ShareForm(),
        "matter_form": MakeMatterForm(alike=alike, initial=initial), **forms,
    }  # fmt: skip


def _drawn(request: HttpRequest, referral: Referral, status: int = 200, **forms: BaseForm) -> HttpResponse:
    return render(request, "referrals/case.html", _context(request, referral, **forms), status=status)


@require_safe
@firm_page("referrals.view")
def case_page(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Show one case."""
    return _drawn(request, or_404(case_detail, referral_id))


@require_POST
@firm_page("referrals.work")
def case_update(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Keep the draft, or send the update."""
    referral, form = or_404(case_detail, referral_id), UpdateForm(request.POST)
    sends = request.POST.get("act") == "send"
    if form.is_valid():
        try:
            if first_time(request):
                (post_update if sends else draft_update)(referral_id=referral_id, **form.cleaned_data)
                messages.success(request, "The update is on its way." if sends else "Draft kept.")
            return redirect("referral", referral_id)
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    return _drawn(request, referral, 422, update_form=form)


@require_POST
@firm_page("referrals.work")
def case_file(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Share one file with every firm on the case."""
    referral, form = or_404(case_detail, referral_id), ShareForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data["file"]
        try:
            share_file(
                referral_id=referral_id, file=given, filename=given.name, content_type=given.content_type or ""
            )
            messages.success(request, "The file is on its way. It is pending until the exchange confirms it.")
            return redirect("referral", referral_id)
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    return _drawn(request, referral, 422, share_form=form)


@require_POST
@firm_page("referrals.work")
def case_file_remove(request: HttpRequest, referral_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponse:
    """Take a file this firm has shared off the case, for every firm on it."""
    or_404(attachment_detail, referral_id, attachment_id)
    attempt(
        request, lambda: remove_file(referral_id=referral_id, attachment_id=attachment_id),
        done="The other firms lose the file as soon as the exchange confirms it. Your own copy stays.",
    )  # fmt: skip
    return redirect("referral", referral_id)


@require_POST
@firm_page("referrals.work")
def case_matter(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Make the matter of an accepted case with what a person decided."""
    referral = or_404(case_detail, referral_id)
    form = MakeMatterForm(request.POST, alike=like_clients(referral))
    if form.is_valid():
        client = form.cleaned_data["client"]
        try:
            made = accept_makes_matter(
                referral_id=referral_id, case_type_id=uuid.UUID(form.cleaned_data["case_type"]),
                client_id=uuid.UUID(client) if client else None,
            )  # fmt: skip
            messages.success(request, "The matter is open. Files of the referral were copied to it.")
            return redirect("matter", made.matter_id)
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
    return _drawn(request, referral, 422, matter_form=form)


@require_POST
@firm_page("referrals.work")
def case_seen(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """A person has seen that the case found no firm."""
    attempt(request, lambda: lost_seen(referral_id=referral_id), done="Noted. It no longer stands under “Needs you”.")
    return redirect("referral", referral_id)


@require_safe
@firm_page("referrals.view")
def case_download(request: HttpRequest, referral_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponse:
    """Send our copy of a file, always as a download."""
    try:
        row = attachment_detail(referral_id, attachment_id)
        stream = attachment_path(row).open("rb")
    except (NotFound, FileNotFoundError) as error:
        raise Http404 from error
    response = FileResponse(stream, as_attachment=True, filename=row.name, content_type=row.content_type)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, response)

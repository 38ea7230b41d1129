"""Import cases that other firms handle already: choose or upload, read the dry run, start, pause, cancel."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casehug.common.ids import parse_public_id
from casehug.firms.access import firm_page
from casehug.intake.errors import Invalid
from casehug.intake.imports.decoding import MAX_BYTES, FileProblem
from casehug.intake.views.acting import attempt, form_page, posted
from casehug.intake.views.once import first_time
from casehug.referrals.choices import choices
from casehug.referrals.forms import CaseFileForm
from casehug.referrals.models import CaseImport, CaseImportRow
from casehug.referrals.selectors import imports as reads
from casehug.referrals.services.import_files import template_csv
from casehug.referrals.services.import_runs import cancel_import, pause_import, start_import
from casehug.referrals.services.imports import Wish, check_file, check_matters
from casehug.referrals.views.common import or_404, sections, why_not

ACTS = {
    "start": (start_import, "The import runs. You can leave this page."),
    "pause": (pause_import, "Paused. Cases that were handed over already go on."),
    "cancel": (cancel_import, "Cancelled. What was handed over stays; the rest was not sent."),
}


@firm_page("referrals.decide")
def import_list(request: HttpRequest) -> HttpResponse:
    """Take a file and check it; list the last imports."""
    form = CaseFileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        if not first_time(request):
            return redirect("referral_imports")
        file = form.cleaned_data["file"]
        try:
            made = check_file(
                data=file.read(MAX_BYTES + 1), filename=file.name, suggestions=form.cleaned_data["suggestions"]
            )
        except FileProblem as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("referral_import", made.id)
    return form_page(
        request, "referrals/imports.html", form, rows=reads.recent_imports(), sections=sections("Import"),
        vocabulary=choices().vocabulary, partners=reads.partners_with_id(),
        why_not=why_not(request, "referrals.decide", sends=True),
    )  # fmt: skip


@require_safe
@firm_page("referrals.decide")
def import_template(request: HttpRequest) -> HttpResponse:
    """Send a CSV file to fill in."""
    return _csv(template_csv(), "cases-to-follow.csv")


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _wishes(request: HttpRequest) -> list[Wish]:
    wishes = []
    for text in request.POST.getlist("matter"):
        matter_id = parse_public_id("mat", text)
        if matter_id is not None:
            partner = parse_public_id("par", request.POST.get(f"partner-{text}", ""))
            wishes.append(Wish(matter_id, request.POST.get(f"type-{text}", ""), partner))
    return wishes


@firm_page("referrals.decide")
def import_choose(request: HttpRequest) -> HttpResponse:
    """Choose matters, with case type and partner firm for each, and check them."""
    words, problem = request.GET.get("q", "")[:100], ""
    if request.method == "POST":
        try:
            made = check_matters(wishes=_wishes(request), suggestions="suggestions" in request.POST)
            return redirect("referral_import", made.id)
        except Invalid as error:
            problem = " ".join(error.fields.values())
    context = {
        "matters": reads.matters_to_choose(words), "partners": reads.partners_with_id(), "words": words,
        "vocabulary": choices().vocabulary, "problem": problem, "limit": reads.SHOWN,
    }  # fmt: skip
    return render(request, "referrals/import_choose.html", context, status=422 if problem else 200)


def _live(request: HttpRequest, one: CaseImport) -> dict[str, Any]:
    counts = reads.outcome_counts(one)
    left = sum(number for key, _, number in counts if key in CaseImportRow.WAITING)
    moving = one.status == "running" or any(key == "at-queued" for key, _, _ in counts)
    return {
        "one": one, "counts": counts, "left": left, "total": sum(number for _, _, number in counts),
        "poll_url": reverse("referral_import_progress", args=[one.id]) if moving else "",
        "why_not": why_not(request, "referrals.decide", sends=True),
    }  # fmt: skip


@require_safe
@firm_page("referrals.decide")
def import_page(request: HttpRequest, case_import_id: uuid.UUID) -> HttpResponse:
    """Show what will become, or became, of every row."""
    one, chosen = or_404(reads.case_import, case_import_id), request.GET.get("show", "")
    after = request.GET.get("after", "")
    after_line = int(after) if after.isdecimal() and len(after) < 10 else 0
    rows = list(reads.rows_of(one, outcome=chosen, after=after_line)[: reads.ROWS + 1])
    here, shown = reverse("referral_import", args=[one.id]), rows[: reads.ROWS]
    more = f"{here}?show={chosen}&after={shown[-1].line}" if len(rows) > reads.ROWS else ""
    live = _live(request, one)
    tabs = [{"label": "All rows", "url": here, "current": not chosen, "count": 0}]
    tabs += [{"label": label, "url": f"{here}?show={key}", "current": key == chosen, "count": number}
             for key, label, number in live["counts"]]  # fmt: skip
    context = {**live, "rows": shown, "next_url": more, "tabs": tabs, "all": here}
    return render(request, "referrals/import.html", context)


@require_safe
@firm_page("referrals.decide")
def import_progress(request: HttpRequest, case_import_id: uuid.UUID) -> HttpResponse:
    """Answer the live part of the page; the last answer stands still."""
    one = or_404(reads.case_import, case_import_id)
    return render(request, "referrals/_import_progress.html", _live(request, one))


@require_POST
@firm_page("referrals.decide")
def import_act(request: HttpRequest, case_import_id: uuid.UUID) -> HttpResponse:
    """Start, resume, pause or cancel, by the pressed button."""
    one = or_404(reads.case_import, case_import_id)
    service, done = ACTS.get(request.POST.get("act", ""), (None, ""))
    if service is None:
        messages.error(request, "Nothing was done.")
    else:
        attempt(request, lambda: service(case_import_id=one.id), done=done)
    return redirect("referral_import", case_import_id)


@require_safe
@firm_page("referrals.decide")
def import_results(request: HttpRequest, case_import_id: uuid.UUID) -> HttpResponse:
    """Send the row-by-row result as CSV."""
    one = or_404(reads.case_import, case_import_id)
    return _csv(reads.report_csv(one), f"{one.public_id}.csv")

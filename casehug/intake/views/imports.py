"""Imports of existing intakes: check a file, read the report, import, download the explanations."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import firm_page
from casehug.intake.errors import NotFound
from casehug.intake.forms.imports import ImportForm
from casehug.intake.imports.decoding import MAX_BYTES
from casehug.intake.imports.report import import_batch, import_counts, recent_imports, report_csv, report_rows
from casehug.intake.models import ImportBatch, ImportRow
from casehug.intake.services.imports import FileProblem, check_intakes, start_import
from casehug.intake.views.acting import attempt, form_page, posted
from casehug.intake.views.once import first_time

ROWS_SHOWN = 50
WITH_MESSAGES = "noted"


def _batch_or_404(import_id: uuid.UUID) -> ImportBatch:
    try:
        return import_batch(import_id)
    except NotFound as error:
        raise Http404 from error


@firm_page("intake.import")
def import_list(request: HttpRequest) -> HttpResponse:
    """Take a file and check it; list the last imports."""
    form = ImportForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        if not first_time(request):
            newest = recent_imports(limit=1)
            return redirect("import_report", newest[0].id) if newest else redirect("imports")
        file = form.cleaned_data["file"]
        try:
            # One byte more than is taken: the check then says that the file is too large.
            batch = check_intakes(data=file.read(MAX_BYTES + 1), filename=file.name)
        except FileProblem as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("import_report", batch.id)
    return form_page(request, "intake/imports.html", form, batches=recent_imports())


def _tabs(batch: ImportBatch, chosen: str) -> list[dict[str, Any]]:
    """Return the filters of the report: all rows, those with remarks, and one per outcome that occurs."""
    here = reverse("import_report", args=[batch.id])
    held = set(ImportRow.objects.filter(batch=batch).values_list("outcome", flat=True).distinct())
    filters = [("", "All rows"), (WITH_MESSAGES, "With remarks")]
    filters += [(outcome.value, outcome.label) for outcome in ImportRow.Outcome if outcome.value in held]
    return [
        {"label": label, "url": f"{here}?show={key}" if key else here, "current": key == chosen}
        for key, label in filters
    ]


def _who(row: ImportRow) -> str:
    """Return whom a row is about: the name that was understood, else the beginning of the row as it was read."""
    name = f"{row.values.get('first_name', '')} {row.values.get('last_name', '')}".strip()
    return name or ", ".join(cell for cell in row.raw[:3] if cell)[:80]


def _columns(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return the columns of the file with what they were taken for."""
    return [(each["header"] or "(no name)", each["field"].replace("_", " ")) for each in batch.columns]


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@require_safe
@firm_page("intake.import")
def import_report(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show what became, or will become, of every row."""
    batch, chosen, after = _batch_or_404(import_id), request.GET.get("show", ""), _after(request)
    rows, go_on = report_rows(
        batch,
        after_line=after,
        outcome=chosen if chosen in ImportRow.Outcome.values else "",
        only_messages=chosen == WITH_MESSAGES,
        size=ROWS_SHOWN,
    )
    for row in rows:
        row.who = _who(row)  # type: ignore[attr-defined]
    query = request.GET.copy()
    query["after"] = str(go_on)
    context = {
        **_live(batch),
        "rows": rows,
        "columns": _columns(batch),
        "next_url": f"{request.path}?{query.urlencode()}" if go_on else "",
        "first_url": reverse("import_report", args=[import_id]),
        "tabs": _tabs(batch, chosen),
        "filtered": bool(chosen or after),
    }
    return render(request, "intake/import_report.html", context)


def _live(batch: ImportBatch) -> dict[str, Any]:
    counts = import_counts(batch)
    running = batch.status == ImportBatch.Status.IMPORTING
    url = reverse("import_progress", args=[batch.id]) if running else ""
    return {
        "batch": batch,
        "counts": counts,
        "finished": batch.total_rows - counts.left,
        "running": running,
        "poll_url": url,
        "import_label": f"Import {counts.left} row{'' if counts.left == 1 else 's'}",
    }


@require_safe
@firm_page("intake.import")
def import_progress(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Answer the live part of the report; the last answer stands still."""
    return render(request, "intake/_import_progress.html", _live(_batch_or_404(import_id)))


@require_POST
@firm_page("intake.import")
def import_start(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Import the checked rows; pressing twice is one import."""
    _batch_or_404(import_id)
    attempt(request, lambda: start_import(batch_id=import_id), done="")
    return redirect("import_report", import_id)


@require_safe
@firm_page("intake.import")
def import_explanations(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Send the report as CSV; a spreadsheet shows it and runs nothing."""
    batch = _batch_or_404(import_id)
    response = HttpResponse(report_csv(batch), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{batch.public_id}.csv"'
    return response

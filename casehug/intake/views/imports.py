"""Imports of existing intakes: check a file, read the report, import, download the explanations."""

import csv
import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.firms.access import firm_page
from casehug.intake.forms.imports import ImportForm
from casehug.intake.models import ImportBatch, ImportRow
from casehug.intake.text import spreadsheet_safe

ROWS_SHOWN, BATCHES_SHOWN = 50, 20


def _counts(batch: ImportBatch) -> list[dict[str, Any]]:
    """Return the number of rows per outcome, in a fixed order, without empty ones."""
    found = dict(ImportRow.objects.filter(batch=batch).values_list("outcome").annotate(rows=Count("id")))
    return [
        {"key": outcome.value, "label": outcome.label, "rows": found[outcome.value]}
        for outcome in ImportRow.Outcome
        if outcome.value in found
    ]


def _rows(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    outcome = request.GET.get("outcome", "")
    after = request.GET.get("after", "")
    rows = ImportRow.objects.filter(batch=batch).select_related("matter").order_by("line")
    if outcome in ImportRow.Outcome.values:
        rows = rows.filter(outcome=outcome)
    if after.isdecimal() and len(after) < 10:
        rows = rows.filter(line__gt=int(after))
    found = list(rows[: ROWS_SHOWN + 1])
    query = request.GET.copy()
    if len(found) > ROWS_SHOWN:
        query["after"] = str(found[ROWS_SHOWN - 1].line)
    next_url = f"{request.path}?{query.urlencode()}" if len(found) > ROWS_SHOWN else ""
    return {"rows": found[:ROWS_SHOWN], "next_url": next_url, "outcome": outcome, "later": bool(after)}


@firm_page("intake.import")
def import_list(request: HttpRequest) -> HttpResponse:
    """Take a file, and list the last imports."""
    form = ImportForm()
    batches = ImportBatch.objects.annotate(rows_held=Count("rows")).order_by("-created_at", "-id")[:BATCHES_SHOWN]
    return render(request, "intake/imports.html", {"form": form, "batches": batches})


@require_safe
@firm_page("intake.import")
def import_report(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show what became, or will become, of every row."""
    batch = get_object_or_404(ImportBatch, id=import_id)
    here = reverse("import_report", args=[import_id])
    context = {"batch": batch, "counts": _counts(batch), **_rows(request, batch), "report_url": here}
    return render(request, "intake/import_report.html", context)


@require_safe
@firm_page("intake.import")
def import_progress(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Answer the live part of the report."""
    batch = get_object_or_404(ImportBatch, id=import_id)
    status = 200 if batch.status == ImportBatch.Status.IMPORTING else 286
    return render(request, "intake/_import_progress.html", {"batch": batch, "counts": _counts(batch)}, status=status)


class _Echo:
    """A file that hands back what is written."""

    def write(self, value: str) -> str:
        return value


def _explanations(batch: ImportBatch) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["Line", "Outcome", "Reference", "Matter", "Level", "Column", "Explanation"])
    for row in ImportRow.objects.filter(batch=batch).select_related("matter").order_by("line"):
        start = [row.line, row.get_outcome_display(), row.source_reference, row.matter.public_id if row.matter else ""]
        for message in row.messages or [{}]:
            about = [message.get(name, "") for name in ("level", "column", "text")]
            yield writer.writerow([spreadsheet_safe(str(value)) for value in [*start, *about]])


@require_safe
@firm_page("intake.import")
def import_explanations(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Send the explanations of all rows as CSV; a spreadsheet shows them and runs nothing."""
    batch = get_object_or_404(ImportBatch, id=import_id)
    response = HttpResponse("".join(_explanations(batch)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{batch.public_id}.csv"'
    return response

"""The row-by-row report of an import: for pages, for programs, and as a file."""

import csv
import io
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count

from casehug.intake.errors import NotFound
from casehug.intake.models import ImportBatch, ImportRow
from casehug.intake.text import spreadsheet_safe

OUTCOMES = ImportRow.Outcome
PAGE = 100


@dataclass(frozen=True)
class ImportCounts:
    """How many rows have which end. `left` are still to be imported; `explained` carry a reason why not."""

    total: int
    left: int
    imported: int
    duplicate: int
    explained: int
    with_warnings: int


def import_batch(batch_id: uuid.UUID) -> ImportBatch:
    """Return one import. Raises NotFound."""
    batch: ImportBatch | None = ImportBatch.objects.filter(id=batch_id).first()
    if batch is None:
        raise NotFound("import")
    return batch


def recent_imports(*, limit: int = 20) -> list[ImportBatch]:
    """Return the last imports, newest first."""
    return list(ImportBatch.objects.order_by("-created_at", "-id")[:limit])


def import_counts(batch: ImportBatch) -> ImportCounts:
    """Count the rows of an import by their end."""
    rows = ImportRow.objects.filter(batch=batch)
    by_outcome = dict(rows.values_list("outcome").annotate(number=Count("id")))
    warned = rows.filter(outcome__in=(OUTCOMES.READY, OUTCOMES.IMPORTED), messages__contains=[{"level": "warning"}])
    return ImportCounts(
        total=batch.total_rows,
        left=by_outcome.get(OUTCOMES.READY, 0),
        imported=by_outcome.get(OUTCOMES.IMPORTED, 0),
        duplicate=by_outcome.get(OUTCOMES.DUPLICATE, 0),
        explained=sum(by_outcome.get(key, 0) for key in (OUTCOMES.DIFFERENT, OUTCOMES.REFUSED, OUTCOMES.FAILED)),
        with_warnings=warned.count(),
    )


def report_rows(
    batch: ImportBatch, *, after_line: int = 0, outcome: str = "", only_messages: bool = False, size: int = PAGE
) -> tuple[list[ImportRow], int]:
    """Return rows of the report after a line, and the line to go on from (0 at the end).

    `outcome` keeps one kind of end; `only_messages` the rows that have something to say.
    """
    rows = ImportRow.objects.filter(batch=batch, line__gt=after_line)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if only_messages:
        rows = rows.exclude(messages=[])
    found = list(rows.order_by("line")[: size + 1])
    return found[:size], (found[size - 1].line if len(found) > size else 0)


def sentence(row: ImportRow) -> str:
    """Return everything there is to say about a row, on one line."""
    said = [f"{each['column']}: {each['text']}" if each["column"] else each["text"] for each in row.messages]
    return " ".join(said)


def report_csv(batch: ImportBatch) -> str:
    """Return the whole report as CSV; every text is safe to open in a spreadsheet."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(["Line", "Result", "Source Ref", "Matter", "What to know"])
    for row in ImportRow.objects.filter(batch=batch).order_by("line").select_related("matter").iterator(500):
        matter = row.matter.public_id if row.matter else ""
        cells = (row.get_outcome_display(), row.source_reference, matter, sentence(row))
        writer.writerow([row.line, *(spreadsheet_safe(cell) for cell in cells)])
    return "\ufeff" + sheet.getvalue()


def report_data(batch: ImportBatch) -> dict[str, Any]:
    """Return the whole report as plain data (for JSON)."""
    rows = ImportRow.objects.filter(batch=batch).order_by("line").select_related("matter")
    return {
        "import": batch.public_id,
        "file": batch.filename,
        "encoding": batch.encoding,
        "delimiter": batch.delimiter,
        "columns": batch.columns,
        "notices": batch.notices,
        "status": batch.status,
        "counts": asdict(import_counts(batch)),
        "rows": [
            {
                "line": row.line,
                "outcome": row.outcome,
                "source_reference": row.source_reference,
                "matter": row.matter.public_id if row.matter else None,
                "messages": row.messages,
            }
            for row in rows
        ],
    }

"""The dry run: read the file, understand every row, compare with what is there, store the outcome of each."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake.imports.dates import month_comes_first
from casehug.intake.imports.people import person_key
from casehug.intake.imports.reading import Line, Table, read_table
from casehug.intake.imports.rows import Context, Understood, by_field, content_hash, understand
from casehug.intake.models import Client, ImportBatch, ImportRow, Matter
from casehug.intake.services.case_types import CaseTypeFinder, ensure_default_case_types
from casehug.intake.text import fold, single_line

_DATES = ("incident_date", "date_of_birth")
_CHUNK = 500


@dataclass
class Seen:
    """What was imported before or stands further up in the file, by reference and by content."""

    references: dict[str, tuple[str, str]]
    contents: dict[str, str]
    people: set[tuple[str, str]]


def _seen_before() -> Seen:
    imported = ImportRow.objects.filter(outcome=ImportRow.Outcome.IMPORTED)
    references = dict.fromkeys(_references(), ("", "before"))
    contents: dict[str, str] = {}
    for reference, digest in imported.values_list("source_reference", "content_hash"):
        if reference in references:
            references[reference] = (digest, "before")
        elif not reference:
            contents[digest] = "before"
    people = Client.objects.exclude(email_key="").values_list("first_name", "last_name", "email_key")
    return Seen(references, contents, {(fold(f"{first} {last}"), key) for first, last, key in people})


def _references() -> Iterable[str]:
    found: Iterable[str] = Matter.objects.exclude(source_reference="").values_list("source_reference", flat=True)
    return found


def _compare(row: Understood, digest: str, line: Line, seen: Seen) -> str:
    """Return the outcome of a sound row and remember it for those below."""
    reference = row.values.get("source_reference", "")
    known = seen.references.get(reference) if reference else None
    if known is None and not reference and digest in seen.contents:
        known = (digest, seen.contents[digest])
    if known is None:
        place = f"on line {line.number}"
        if reference:
            seen.references[reference] = (digest, place)
        else:
            seen.contents[digest] = place
        _notice_person(row, seen)
        return ImportRow.Outcome.READY
    named = f"reference “{reference}”" if reference else "same content"
    if known[0] == digest:
        row.say("note", "", "already_there", f"A row with this {named} was there {known[1]}; nothing to do.")
        return ImportRow.Outcome.DUPLICATE
    text = f"Another row or matter with this {named} was there {known[1]}, with other content. It is not overwritten."
    row.say("error", "", "reference_taken", text)
    return ImportRow.Outcome.DIFFERENT


def _notice_person(row: Understood, seen: Seen) -> None:
    person = person_key(row.values)
    if person is None:
        return
    if person in seen.people:
        text = "The firm has a client with this name and e-mail; the matter is added to that client."
        row.say("note", "", "client_known", text)
    seen.people.add(person)


def _context(table: Table) -> tuple[Context, list[str]]:
    notices: list[str] = []
    order: dict[str, bool | None] = {}
    for place, column in enumerate(table.columns):
        if column.field in _DATES:
            texts = (line.cells[place] for line in table.lines if place < len(line.cells) and not line.problem)
            order[column.field] = shown = month_comes_first(texts)
            if shown is not None:
                example = "April 6" if shown else "June 4"
                notices.append(
                    f"“{column.header}”: dates such as 04/06/25 are read as {example}, because other rows of this "
                    "column can only be read so."
                )
    today = timezone.now().date()
    return Context(table.columns, CaseTypeFinder(), order, today), notices


def _row(line: Line, context: Context, seen: Seen, batch: ImportBatch) -> ImportRow:
    if line.problem:
        row = Understood()
        row.say("error", "", "line_unreadable", line.problem)
        digest = ""
    else:
        row = understand(line.cells, context)
        digest = content_hash(by_field(line.cells, context.columns))
    outcome = ImportRow.Outcome.REFUSED if row.refused else _compare(row, digest, line, seen)
    return ImportRow(
        batch=batch,
        line=line.number,
        raw=[_storable(cell) for cell in line.cells],
        values=row.stored() if outcome == ImportRow.Outcome.READY else {},
        source_reference=row.values.get("source_reference", ""),
        content_hash=digest,
        outcome=outcome,
        messages=row.messages,
    )


def _storable(cell: str) -> str:
    """Return the cell as the database can keep it; what is no text shows as the replacement sign."""
    return cell.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


@transaction.atomic
def check_intakes(*, data: bytes, filename: str) -> ImportBatch:
    """Read and check a file without creating a matter. Returns the stored batch with one row per record.

    Raises FileProblem when the file as a whole cannot be read.
    """
    table = read_table(data)
    ensure_default_case_types()
    context, notices = _context(table)
    batch = ImportBatch.objects.create(
        filename=single_line(filename)[-255:] or "import.csv",
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=[{"header": _storable(column.header), "field": column.field} for column in table.columns],
        notices=[*table.notices, *notices],
        total_rows=len(table.lines),
        created_by_id=current_actor_id(),
    )
    seen = _seen_before()
    rows = [_row(line, context, seen, batch) for line in table.lines]
    ImportRow.objects.bulk_create(rows, batch_size=_CHUNK)
    record(action="import.checked", object_type="import", object_id=batch.id, changes={"rows": len(rows)})
    found: ImportBatch = batch
    return found

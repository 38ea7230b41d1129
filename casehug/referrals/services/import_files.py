"""From a CSV file to rows of known fields: encoding and delimiter are found out, headers are read tolerantly."""

import csv
import io
from dataclasses import dataclass

from casehug.intake.imports.columns import plain_header
from casehug.intake.imports.decoding import FileProblem, decode, is_broken

MAX_ROWS = 5_000
DELIMITERS = (",", ";", "\t", "|")
COLUMNS: dict[str, tuple[str, ...]] = {
    "matter": ("matter id", "casehug id", "source ref", "source reference", "reference", "our id"),
    "first_name": ("first", "client first name", "given name"),
    "last_name": ("last", "client last name", "surname", "family name"),
    "email": ("e mail", "client email", "email address"),
    "phone": ("phone number", "client phone", "mobile", "cell", "telephone"),
    "case_type": ("type of case", "case", "matter type", "practice area", "type"),
    "place": ("state", "incident state", "us state", "jurisdiction"),
    "incident_date": ("date of incident", "day of the incident", "date of loss", "accident date"),
    "summary": ("what happened", "description", "case summary"),
    "partner_id": ("partner firm id", "firm id", "handler id", "partnerfirmid"),
    "partner_name": ("partner firm", "partner", "handler", "handling firm", "firm"),
    "suggestions": ("draft with suggestions", "draft", "suggest"),
}
TITLES = {"matter": "Matter ID", "partner_id": "Partner Firm ID", "partner_name": "Partner Firm",
          "place": "State", "suggestions": "Draft with suggestions"}  # fmt: skip
_BY_NAME = {
    name: field
    for field, others in COLUMNS.items()
    for name in (plain_header(field.replace("_", " ")), *(plain_header(other) for other in others))
}


@dataclass(frozen=True)
class FileRow:
    """One row: its line in the file, its cells by field, and why it could not be read (empty when it could)."""

    line: int
    cells: dict[str, str]
    problem: str = ""


def title_of(field: str) -> str:
    """Return the header of a field as our template writes it."""
    return TITLES.get(field, field.replace("_", " ").capitalize())


def template_csv() -> str:
    """Return a file to fill in: the header line and two invented examples."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([title_of(field) for field in COLUMNS])
    person = ["Ada", "Quill", "ada@example.com", "(212) 555-0142"]
    case = ["Motor Vehicle Accident", "NY", "2026-01-05", "Rear-ended at a light."]
    writer.writerow(["", *person, *case, "64f0a1b2c3d4e5f60718293a", "Birch Law", "no"])
    writer.writerow(["A-1042", "", "", "", "", "Dog Bite Injuries", "", "", "", "", "", "yes"])
    return "\ufeff" + sheet.getvalue()


def _split(text: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda one: sum(plain_header(cell) in _BY_NAME for cell in first.split(one)))
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _headers(cells: list[str]) -> tuple[list[str], list[str]]:
    fields: list[str] = []
    notices = []
    for cell in cells:
        field = _BY_NAME.get(plain_header(cell), "")
        if field and field in fields:
            notices.append(f"The column “{cell.strip()}” means the same as an earlier one; it is not used.")
            field = ""
        elif not field and cell.strip():
            notices.append(f"The column “{cell.strip()[:60]}” is not known; it is not used and not sent.")
        fields.append(field)
    named = "matter" in fields or {"first_name", "last_name"} & set(fields)
    if not named or "case_type" not in fields:
        raise FileProblem("The first line needs “Case type” and either “Matter ID” or “First name” and “Last name”.")
    return fields, notices


def read_file(data: bytes) -> tuple[list[FileRow], list[str]]:
    """Read a CSV file. Returns its rows and sentences about the file. Raises FileProblem when it is no such list."""
    decoded = decode(data)
    try:
        lines = _split(decoded.text)
    except csv.Error as error:
        raise FileProblem("A quotation mark in this file is not closed, so it cannot be split into columns.") from error
    numbered = [pair for pair in enumerate(lines, start=1) if any(cell.strip() for cell in pair[1])]
    if not numbered:
        raise FileProblem("This file is empty.")
    fields, notices = _headers(numbered[0][1])
    if len(numbered) == 1:
        raise FileProblem("There is no row below the column names.")
    if len(numbered) - 1 > MAX_ROWS:
        raise FileProblem(f"This file has more than {MAX_ROWS:,} rows. Split it and import the parts.")
    return [_row(number, cells, fields) for number, cells in numbered[1:]], [*decoded.notices, *notices]


def _row(number: int, cells: list[str], fields: list[str]) -> FileRow:
    known = {field: cell.strip() for field, cell in zip(fields, cells, strict=False) if field and cell.strip()}
    if any(is_broken(cell) for cell in cells):
        known = {field: cell for field, cell in known.items() if not is_broken(cell)}
        return FileRow(number, known, "The row holds bytes that are no text.")
    if any(cell.strip() for cell in cells[len(fields) :]):
        return FileRow(number, known, "The row has more cells than columns. Does a text with a comma lack its quotes?")
    return FileRow(number, known)

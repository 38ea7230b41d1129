"""Which column is what: header names as other programs write them, and the fields they mean.

Columns such as “Description” or “Notes” are not here on purpose: the firm may have written them, so they become
internal notes and never count as what the client submitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from casehug.intake.imports.decoding import FileProblem
from casehug.intake.text import single_line

FIELDS: dict[str, tuple[str, ...]] = {
    "first_name": ("first", "given name", "forename", "client first name", "contact first name", "fname"),
    "last_name": ("last", "surname", "family name", "client last name", "contact last name", "lname"),
    "full_name": ("name", "client", "client name", "contact", "contact name"),
    "email": ("e mail", "email address", "e mail address", "client email", "primary email", "mail"),
    "phone": ("phone number", "telephone", "mobile", "cell", "cell phone", "mobile phone", "client phone", "tel"),
    "case_type": ("matter type", "type of case", "type", "case", "practice area", "service"),
    "title": ("matter", "matter title", "matter name", "case title", "case name"),
    "state": ("jurisdiction", "province", "us state"),
    "county": (),
    "incident_date": ("date of incident", "incident", "date of loss", "accident date", "event date"),
    "preferred_contact": (
        "contact preference",
        "preferred contact method",
        "contact by",
        "preferred method of contact",
    ),
    "opposing_party": ("opposing", "opponent", "other party", "adverse party", "defendant", "respondent"),
    "statement": ("what happened", "client statement", "in your own words", "message"),
    "source_reference": ("source ref", "reference", "ref", "id", "external id", "record id", "source id", "lead id"),
    "date_of_birth": ("dob", "birth date", "birthday", "birthdate"),
    "line1": ("address", "street", "street address", "address 1", "address line 1", "mailing address"),
    "line2": ("address 2", "address line 2", "apt", "suite", "unit"),
    "city": ("town",),
    "zip": ("zip code", "postal code", "postcode", "zipcode"),
}
CLIENT_COLUMNS = ("line1", "line2", "city", "zip", "date_of_birth")


def plain_header(text: str) -> str:
    """Return a header without case, punctuation and double spaces."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in single_line(text).casefold()).split())


_BY_NAME = {
    name: field
    for field, others in FIELDS.items()
    for name in (plain_header(field.replace("_", " ")), *(plain_header(other) for other in others))
}


@dataclass(frozen=True)
class Column:
    """One column: its header as written and the field it means; empty for one we do not know."""

    header: str
    field: str


def recognised(headers: Sequence[str]) -> int:
    """Return how many headers are known."""
    return sum(plain_header(header) in _BY_NAME for header in headers)


def read_columns(headers: Sequence[str]) -> tuple[list[Column], list[str]]:
    """Match headers to fields; returns the columns and notices. Raises FileProblem when a needed one is missing.

    An unknown column is kept: its text becomes an internal note of the matter, which never leaves the firm.
    """
    columns: list[Column] = []
    notices: list[str] = []
    taken: dict[str, str] = {}
    for place, raw in enumerate(headers, start=1):
        header = single_line(raw) or f"Column {place}"
        field = _BY_NAME.get(plain_header(raw), "")
        if field in taken:
            notices.append(f"The columns “{taken[field]}” and “{header}” mean the same; the second is kept as a note.")
            field = ""
        elif field:
            taken[field] = header
        else:
            notices.append(f"The column “{header}” is not known; its text is kept as an internal note.")
        columns.append(Column(header, field))
    missing = []
    if not {"full_name", "first_name", "last_name"} & set(taken):
        missing.append("a name (“First Name” and “Last Name”)")
    if "case_type" not in taken:
        missing.append("“Case Type”")
    if missing:
        found = ", ".join(f"“{column.header}”" for column in columns[:30])
        raise FileProblem(f"The first line has no column for {' and none for '.join(missing)}. It has: {found}.")
    if "source_reference" not in taken:
        notices.append("There is no column “Source Ref”; rows already imported are recognised by their whole content.")
    return columns, notices

"""Understand one row: clean values, what is kept as it was given, and a sentence for everything that is not plain."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casehug.intake.data.states import read_state
from casehug.intake.identity import NO_NUMBER, read_email, read_phone
from casehug.intake.imports.columns import Column
from casehug.intake.imports.dates import read_date
from casehug.intake.imports.decoding import is_broken
from casehug.intake.models.clients import NAME_LENGTH
from casehug.intake.services.case_types import CaseTypeFinder
from casehug.intake.services.values import LONG_TEXT
from casehug.intake.text import has_hidden_marks, looks_like_formula, several_lines, single_line

LIMITS = {"county": 120, "title": 300, "source_reference": 120, "opposing_party": 500, "preferred_contact": 60}
_LIMITS_CLIENT = {"line1": 200, "line2": 200, "city": 200, "zip": 200}
_CONTACT = {
    "phone": "phone", "call": "phone", "telephone": "phone", "mobile": "phone", "cell": "phone", "email": "email",
    "e-mail": "email", "mail": "email", "text": "text", "sms": "text", "text message": "text",
}  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What a row is read against."""

    columns: Sequence[Column]
    case_types: CaseTypeFinder
    month_first: Mapping[str, bool | None]
    today: date


@dataclass
class Understood:
    """One row as understood. `values` by field; `kept` are texts that could not be used, by field, as given;

    `notes` are the texts of unknown columns. An error in `messages` means the row is not imported.
    """

    values: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[list[str]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether the row is not imported."""
        return any(message["level"] == "error" for message in self.messages)

    def say(self, level: str, column: str, code: str, text: str) -> None:
        """Add one sentence: note (for information), warning (please check), error (not imported)."""
        self.messages.append({"level": level, "column": column, "code": code, "text": text})

    def stored(self) -> dict[str, Any]:
        """Return the form kept in `ImportRow.values`."""
        return {**self.values, "kept": self.kept, "notes": self.notes}


def content_hash(cells: Mapping[str, str]) -> str:
    """Return a fingerprint of a row's known fields, whatever the order of columns or the encoding of the file."""
    plain = {name: unicodedata.normalize("NFC", text).strip() for name, text in cells.items() if text.strip()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def by_field(cells: Sequence[str], columns: Sequence[Column]) -> dict[str, str]:
    """Return the cells of known columns by field."""
    return {column.field: cell for column, cell in zip(columns, cells, strict=False) if column.field}


def _check_shape(row: Understood, cells: Sequence[str], context: Context) -> bool:
    wanted = len(context.columns)
    if any(is_broken(cell) for cell in cells):
        row.say("error", "", "broken_text", "The row holds bytes that are no text in the file's encoding.")
    elif len(cells) < wanted:
        row.say("error", "", "too_few_cells", f"The row has {len(cells)} cells instead of {wanted}.")
    elif any(cell.strip() for cell in cells[wanted:]):
        text = f"The row has {len(cells)} cells instead of {wanted}. A comma may need quotation marks around its text."
        row.say("error", "", "too_many_cells", text)
    return not row.refused


def _take_text(row: Understood, name: str, header: str, text: str, limit: int) -> None:
    clean = several_lines(text) if name == "statement" else single_line(text)
    if len(clean) > limit:
        row.say("error", header, "too_long", f"The text has {len(clean):,} characters; at most {limit:,} fit.")
        return
    if has_hidden_marks(text):
        row.say("note", header, "marks_removed", "Invisible control or direction marks were taken out.")
    if clean and name != "phone" and looks_like_formula(clean):
        row.say(
            "warning", header, "formula_text", "The text looks like a spreadsheet formula; it is kept as plain text."
        )
    row.values[name] = clean


def _names(row: Understood, headers: Mapping[str, str]) -> None:
    full = row.values.pop("full_name", "")
    first, last = row.values.get("first_name", ""), row.values.get("last_name", "")
    if full and not first and not last:
        before, comma, after = full.partition(",")
        first, last = (after.strip(), before.strip()) if comma else (full.rpartition(" ")[0], full.rpartition(" ")[2])
        text = f"The name was split into first name “{first}” and last name “{last}”."
        row.say("note", headers.get("full_name", ""), "name_split", text)
        row.values.update(first_name=first, last_name=last)
    if not first and not last:
        row.say("error", headers.get("last_name", ""), "no_name", "There is no name.")
    elif not first or not last:
        row.say("warning", headers.get("last_name", ""), "half_name", "Only one of first and last name is given.")


def _email(row: Understood, header: str) -> None:
    text = row.values.get("email", "")
    if not text:
        return
    try:
        row.values["email"] = read_email(text).text
    except ValueError as error:
        row.values["email"] = ""
        row.kept["email"] = text
        row.say("warning", header, "email_unusable", f"{error} Imported without it; “{text}” is kept with the answers.")


def _phone(row: Understood, header: str) -> None:
    text = row.values.get("phone", "")
    if text.casefold() in NO_NUMBER:
        row.values["phone"] = ""
        row.say("note", header, "no_phone", f"“{text}” was read as no phone number.")
    elif text and len(text) > 60:
        row.values["phone"], row.kept["phone"] = "", text
        row.say(
            "warning", header, "phone_unusable", "This is too long for a phone number; it is kept with the answers."
        )
    elif text and not read_phone(text).valid:
        row.say("warning", header, "phone_unverified", f"“{text}” is not a number in use; it is kept as given.")


def _date(row: Understood, name: str, header: str, context: Context) -> None:
    text = row.values.get(name, "")
    if not text:
        return
    found = read_date(text, today=context.today, month_first=context.month_first.get(name))
    if found.value is None:
        row.values[name], row.kept[name] = "", text
        why = "can be read in two ways" if found.problem == "ambiguous" else "is not a date we can read"
        row.say("warning", header, f"date_{found.problem}", f"“{text}” {why}; it is kept as given.")
        return
    row.values[name] = found.value.isoformat()
    if found.note:
        row.say("note", header, "date_converted", found.note)
    if found.value > context.today:
        row.say("warning", header, "date_in_future", f"{found.value.isoformat()} lies in the future.")


def _state(row: Understood, header: str) -> None:
    text = row.values.get("state", "")
    code = read_state(text) if text else ""
    if code is None:
        row.kept["state"] = text
        row.say("warning", header, "state_unknown", f"“{text}” is no state or territory; it is kept with the answers.")
    row.values["state"] = code or ""


def _case_type(row: Understood, header: str, context: Context) -> None:
    text = row.values.get("case_type", "")
    found = context.case_types.find(text)
    if found is not None:
        row.values["case_type"] = found.key
        return
    similar = context.case_types.similar(text)
    hint = f" Did you mean “{'” or “'.join(similar)}”?" if similar else " Use one of the firm's case types."
    said = f"The case type “{text}” is not known." if text else "There is no case type."
    row.say("error", header, "case_type_unknown", said + hint)


def understand(cells: Sequence[str], context: Context) -> Understood:
    """Read one row. Never raises for its content: what is wrong becomes a message."""
    row = Understood()
    if not _check_shape(row, cells, context):
        return row
    headers = {column.field: column.header for column in context.columns if column.field}
    for column, cell in zip(context.columns, cells, strict=False):
        if column.field:
            limit = LIMITS.get(column.field) or _LIMITS_CLIENT.get(column.field)
            limit = limit or (LONG_TEXT if column.field in ("statement", "email", "phone", "state") else NAME_LENGTH)
            _take_text(row, column.field, column.header, cell, limit)
        elif cell.strip():
            row.notes.append([column.header, several_lines(cell)])
    if row.refused:
        return row
    _names(row, headers)
    _case_type(row, headers.get("case_type", ""), context)
    _email(row, headers.get("email", ""))
    _phone(row, headers.get("phone", ""))
    _state(row, headers.get("state", ""))
    _date(row, "incident_date", headers.get("incident_date", ""), context)
    _date(row, "date_of_birth", headers.get("date_of_birth", ""), context)
    contact = row.values.get("preferred_contact", "")
    row.values["preferred_contact"] = _CONTACT.get(contact.casefold(), contact)
    if contact and contact.casefold() not in _CONTACT:
        text = f"“{contact}” is no way of contact we know; it is kept as given."
        row.say("note", headers["preferred_contact"], "contact_unknown", text)
    return row

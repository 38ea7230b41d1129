"""Records → Lawmatics bodies and back: pure functions. Every value on its way out keeps the tag of its source."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import (
    ContactRecord,
    CustomValue,
    Leaf,
    MatterRecord,
    NoteRecord,
    SealedBody,
    Source,
    seal_body,
)

CUSTOM = "custom_field:"
MARKER_LINE = "CaseHug matter"
YES, NO = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


def contact_values(record: ContactRecord, gone: Iterable[str]) -> dict[str, Leaf]:
    """Return what a contact says, by content key: four identity fields (CH-1) and mapped fields, without blanks."""
    fields = {
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email,
        "phone": record.phone,
    }
    return _filled(fields | _custom(record.custom_fields), gone)


def matter_values(record: MatterRecord, gone: Iterable[str]) -> dict[str, Leaf]:
    """Return what a matter says, by content key (CH-2). `gone`: what the account no longer has (`stage_id:7`)."""
    fields = {
        "case_title": record.title,
        "practice_area_id": _numbered(record.practice_area_id),
        "stage_id": _numbered(record.stage_id),
    }
    return _filled(fields | _custom(record.custom_fields), gone)


def contact_body(values: Mapping[str, Leaf], note: NoteRecord | None = None) -> SealedBody:
    """Body of POST or PUT /contacts. `note` rides along in a create only: each call with notes adds one."""
    return seal_body(_tree(values) | _notes(note))


def matter_body(
    values: Mapping[str, Leaf], *, contact_id: str = "", marker: str = "", note: NoteRecord | None = None
) -> SealedBody:
    """Body of POST or PUT /prospects. A create always names its contact and never carries contact fields along:

    without the id Lawmatics picks a contact by itself, with fields it overwrites that contact.
    """
    tree = _tree(values) | _notes(note)
    if contact_id:
        tree["contact_id"] = _numbered(Leaf(contact_id, Source.SYSTEM))
    if marker:
        tree["case_blurb"] = Leaf(f"{MARKER_LINE} {marker}", Source.SYSTEM)
    return seal_body(tree)


def note_body(note: NoteRecord, *, notable_type: str, notable_id: str) -> SealedBody:
    """Body of POST /notes. The marker is already the last line of the note's text."""
    kind, owner = Leaf(notable_type, Source.SYSTEM), _numbered(Leaf(notable_id, Source.SYSTEM))
    return seal_body({"name": note.name, "body": note.body, "notable_type": kind, "notable_id": owner})


def custom_value(entry: CatalogueEntry, value: Any) -> str | int | bool:
    """Return an answer in the form a custom field takes. Raises `ValueError` with a plain reason when it does not fit.

    Forms: boolean true/false; list the option's name; date MM/DD/YYYY; datetime ISO 8601; currency in cents.
    """
    kind = str(entry.extra.get("field_type", "string"))
    words = ", ".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value).strip()
    try:
        if kind == "boolean":
            return _boolean(words)
        if kind == "integer":
            return int(words.replace(",", ""))
        if kind == "currency":
            return int((Decimal(re.sub(r"[$,\s]", "", words)) * 100).to_integral_value())
        if kind == "date":
            return f"{_day(words):%m/%d/%Y}"
        if kind == "datetime":
            return datetime.fromisoformat(words).isoformat()
    except (ValueError, InvalidOperation, OverflowError):
        raise ValueError(f"“{entry.name}” takes a {kind}.") from None
    if kind in ("list", "multi_picklist"):
        return _option(entry, words)
    if kind == "lookup":
        raise ValueError(f"“{entry.name}” is a lookup and cannot be filled from an answer.")
    return words


def same_value(sent: Any, shown: Mapping[str, Any]) -> bool:
    """Tell whether a custom field shows what was sent; it never reads back the way it was written."""
    there = {str(shown.get(key)).strip().casefold() for key in ("value", "formatted_value")}
    ours = str(sent).strip()
    if ours.casefold() in there:
        return True
    try:
        return _day(ours).isoformat() in there
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(ours).timestamp() == datetime.fromisoformat(str(shown.get("value"))).timestamp()
    except (ValueError, OverflowError):
        return False


def _filled(fields: Mapping[str, Leaf], gone: Iterable[str]) -> dict[str, Leaf]:
    """Leave out blanks (null would clear a value there) and what the account no longer has."""
    lost = set(gone)
    return {key: leaf for key, leaf in fields.items() if leaf and key not in lost and f"{key}:{leaf.value}" not in lost}


def _custom(fields: Iterable[CustomValue]) -> dict[str, Leaf]:
    return {f"{CUSTOM}{item.field_id.value}": item.value for item in fields if item.field_id}


def _tree(values: Mapping[str, Leaf]) -> dict[str, Any]:
    tree: dict[str, Any] = {key: leaf for key, leaf in values.items() if not key.startswith(CUSTOM)}
    custom = [
        {"id": Leaf(key.removeprefix(CUSTOM), Source.SYSTEM), "value": leaf}
        for key, leaf in values.items()
        if key.startswith(CUSTOM)
    ]
    return tree | ({"custom_fields": custom} if custom else {})


def _notes(note: NoteRecord | None) -> dict[str, Any]:
    return {"notes": [{"name": note.name, "body": note.body}]} if note else {}


def _numbered(leaf: Leaf) -> Leaf:
    """Ids are strings in answers and numbers in bodies (examples of the API documentation)."""
    number = str(leaf.value or "")
    return Leaf(int(number), leaf.source, leaf.reference) if number.isascii() and number.isdigit() else leaf


def _boolean(words: str) -> bool:
    if words.casefold() in YES + NO:
        return words.casefold() in YES
    raise ValueError(words)


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return datetime.strptime(words, "%m/%d/%Y").date()


def _option(entry: CatalogueEntry, words: str) -> str:
    options = [str(option) for option in entry.extra.get("options", ())]
    for option in options:
        if " ".join(option.casefold().split()) == " ".join(words.casefold().split()):
            return option
    raise ValueError(f"“{entry.name}” has no such option.")  # the answer itself stays out of logs

"""Records → Lawmatics bodies and back: pure functions. Every value on its way out keeps the tag of its source."""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.contract.records import (
    CUSTOM_FIELD,
    ContactRecord,
    CustomValue,
    Leaf,
    MatterRecord,
    NoteRecord,
    SealedBody,
    Source,
    seal_body,
)
from integrations.providers.lawmatics.fields import custom_value as custom_value
from integrations.providers.lawmatics.fields import is_standard

CUSTOM = CUSTOM_FIELD
MARKER_LINE = "CaseHug matter"


def contact_values(record: ContactRecord, gone: Iterable[str]) -> dict[str, Leaf]:
    """Return what a contact says, by content key: identity (CH-1) and mapped fields (CH-37), without blanks."""
    fields = {
        "first_name": record.first_name,
        "last_name": record.last_name,
        "email": record.email,
        "phone": record.phone,
    }
    return _filled(fields | _custom(record.custom_fields), gone)


def matter_values(record: MatterRecord, gone: Iterable[str], sub_status: Leaf | None = None) -> dict[str, Leaf]:
    """Return what a matter says, by content key (CH-2). `gone`: what the account no longer has (`stage_id:7`).

    Without a mapped sub-status there is no such key: writing one moves the main status there.
    """
    fields = {
        "case_title": record.title,
        "practice_area_id": _numbered(record.practice_area_id),
        "stage_id": _numbered(record.stage_id),
    } | ({"sub_status_id": _numbered(sub_status)} if sub_status else {})
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


def _filled(fields: Mapping[str, Leaf], gone: Iterable[str]) -> dict[str, Leaf]:
    """Leave out blanks (null would clear a value there) and what the account no longer has."""
    lost = set(gone)
    return {key: leaf for key, leaf in fields.items() if leaf and key not in lost and f"{key}:{leaf.value}" not in lost}


def _custom(fields: Iterable[CustomValue]) -> dict[str, Leaf]:
    return {item.key: item.value for item in fields if item.field_id}


def _tree(values: Mapping[str, Leaf]) -> dict[str, Any]:
    """Return the values under their names; those of custom fields in the list that names them by number."""
    named = {key.removeprefix(CUSTOM): leaf for key, leaf in values.items() if key.startswith(CUSTOM)}
    tree: dict[str, Any] = {key: leaf for key, leaf in values.items() if not key.startswith(CUSTOM)}
    tree |= {key: leaf for key, leaf in named.items() if is_standard(key)}
    custom = [
        {"id": Leaf(key, Source.SYSTEM), "value": leaf} for key, leaf in named.items() if not is_standard(key)
    ]
    return tree | ({"custom_fields": custom} if custom else {})


def _notes(note: NoteRecord | None) -> dict[str, Any]:
    return {"notes": [{"name": note.name, "body": note.body}]} if note else {}


def _numbered(leaf: Leaf) -> Leaf:
    """Ids are strings in answers and numbers in bodies (examples of the API documentation)."""
    number = str(leaf.value or "")
    return Leaf(int(number), leaf.source, leaf.reference) if number.isascii() and number.isdigit() else leaf

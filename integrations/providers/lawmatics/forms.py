"""Forms of the account: their fields, what keeps one from being submitted, and an answer in the form a field takes.

Docs: Forms (`/v1/forms`, `/v1/forms/:uuid`), kinds of components as seen in published clients (README, Forms).
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.contract.errors import NetworkTrouble, NotFound
from integrations.contract.forms import FormField, RemoteForm, RemoteForms
from integrations.contract.http import Api
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import FieldValue
from integrations.providers.lawmatics.fields import custom_value
from integrations.providers.lawmatics.reading import Resource, attribute, listed, one, text

KIND = "custom_form"
FILLED = ("field", "general_field")
MAKES = {"Prospect": "matter", "Matter": "matter", "Contact": "contact"}
ASKED = "name,type,rows"
# Component or field types that contain one of these words (C-11). A signature or a file cannot be sent either, which
# matters only where it is required.
EXCLUDED = {
    "payment": "It has a payment block. Lawmatics takes no submissions by API for such forms.",
    "relationship": "It has a relationship block. Lawmatics takes no submissions by API for such forms.",
}
UNFILLED = {"signature": "a signature", "file": "an uploaded file", "upload": "an uploaded file"}
NEVER = ("social_security", "driver_license")
NEVER_WORDS = "CaseHug never sends social security or driver's license numbers through forms."
INLINE, TAG = re.compile(r"</?(?:a|b|em|font|i|small|span|strong|u)\b[^>]*>", re.IGNORECASE), re.compile(r"<[^>]*>")
FORM_ID = re.compile(r"[A-Za-z0-9-]{1,80}")


def read_forms(api: Api) -> Sequence[RemoteForm]:
    """Return every form of the account, by name (one call per 25). A list without `rows` leaves them unread."""
    rows = list(listed(api, "/v1/forms", {"fields": ASKED}))
    return sorted((_form(row) for row in rows), key=lambda form: (form.name.casefold(), form.id))


def read_form(api: Api, form_id: str) -> RemoteForm:
    """Return one form with its fields. Raises `NotFound` when it is gone."""
    if not FORM_ID.fullmatch(form_id):  # it becomes a part of the path
        raise NotFound("This form does not exist.")
    row = one(api.read(f"/v1/forms/{form_id}", {"fields": "all"}), KIND)
    if row is None:
        raise NotFound("This form does not exist.")
    form = _form(row)
    if not form.read:
        raise NetworkTrouble("The answer could not be read.", code="unreadable")
    return form


def form_value(field: FormField, answer: Any) -> FieldValue:
    """Return an answer in the form a field takes: an option's value, else as a custom field of that type."""
    words = " ".join(str(answer).split())
    for label, value in field.options:
        if words.casefold() in (" ".join(label.casefold().split()), value.casefold()):
            return value
    if field.options:
        raise ValueError(f"“{field.label}” has no such option.")
    kind = "string" if field.kind in ("list", "multi_picklist", "lookup") else field.kind
    return custom_value(CatalogueEntry("form_field", field.id, field.label, "", {"field_type": kind}), answer)


def _form(row: Resource) -> RemoteForm:
    rows = attribute(row, "rows")
    parts = list(_components(rows)) if isinstance(rows, list) else []
    fields = _fields(parts)
    return RemoteForm(
        id=str(row["id"]),
        name=_plain(text(row, "name")) or str(row["id"]),
        makes=MAKES.get(text(row, "type"), ""),
        fields=fields,
        blocked=_blocked(parts, fields),
        read=isinstance(rows, list),
    )


def _components(rows: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for line in rows:
        parts = line.get("components") if isinstance(line, Mapping) else None
        yield from (part for part in parts or () if isinstance(part, Mapping))


def _types(part: Mapping[str, Any]) -> str:
    return f"{part.get('component_type')} {part.get('field_type')}".casefold()


def _fields(parts: Sequence[Mapping[str, Any]]) -> list[FormField]:
    """Return each field once: components repeat across conditional rows. Required in one place counts everywhere."""
    found: dict[str, FormField] = {}
    for part in parts:
        known = part.get("component_type") in FILLED and part.get("id")
        if not known or any(word in _types(part) for word in (*EXCLUDED, *UNFILLED)):
            continue
        name = str(part["id"])
        earlier = found.get(name)
        found[name] = FormField(
            id=name,
            label=_plain(str(part.get("label") or "")) or name,
            kind=str(part.get("field_type") or "string"),
            required=bool(part.get("required")) or bool(earlier and earlier.required),
            hidden=_is_hidden(part) and (earlier is None or earlier.hidden),
            options=_options(part),
            refused=NEVER_WORDS if name in NEVER else "",
        )
    return list(found.values())


def _is_hidden(part: Mapping[str, Any]) -> bool:
    return bool(part.get("hidden")) or part.get("visibility") == "hidden"


def _options(part: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    entries = part.get("list_options")
    pairs = [item for item in entries if isinstance(item, Mapping)] if isinstance(entries, list) else []
    found = [(item.get("label", item.get("name")), item.get("value")) for item in pairs]
    return tuple((str(label), str(label if value in (None, "") else value)) for label, value in found if label)


def _blocked(parts: Sequence[Mapping[str, Any]], fields: Sequence[FormField]) -> tuple[str, ...]:
    reasons = [words for word, words in EXCLUDED.items() if any(word in _types(part) for part in parts)]
    needed = [part for part in parts if part.get("required")]
    for word, thing in UNFILLED.items():
        if any(word in _types(part) for part in needed):
            reasons.append(f"It requires {thing}, which cannot be sent by API.")
    reasons += [f"It requires “{one.label}”. {one.refused}" for one in fields if one.required and one.refused]
    return tuple(dict.fromkeys(reasons))


def _plain(words: str) -> str:
    """Return a label without markup: labels may be HTML."""
    return " ".join(html.unescape(TAG.sub(" ", INLINE.sub("", words))).split())


FORMS = RemoteForms(listed=read_forms, one=read_form, value=form_value)

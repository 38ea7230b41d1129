"""Custom field values: what is written, what is kept, and how it reads back (never quite the same)."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

from sandbox.lawmatics.records.store import Doc, Record


class BadValue(ValueError):
    """The value does not fit the type of the field."""


def keep(field: Record, value: Any) -> Any:
    """The form in which a written value is kept; raises BadValue when it does not fit."""
    kind, name = field.doc["field_type"], field.doc["name"]
    try:
        if kind == "boolean":
            return _boolean(value)
        if kind in ("integer", "currency", "lookup"):
            return int(str(value).strip())
        if kind == "date":
            return _date(str(value))
        if kind == "datetime":
            return datetime.fromisoformat(str(value).replace("Z", "+00:00")).isoformat()
        if kind == "list":
            return _option(field, value)
        if kind == "multi_picklist":
            return [_option(field, item) for item in (value if isinstance(value, list) else [value])]
    except (ValueError, TypeError):
        raise BadValue(f"{name} is not a valid {kind}") from None
    if isinstance(value, dict | list):
        raise BadValue(f"{name} is not a valid {kind}")
    return str(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "yes", "1"):
        return True
    if text in ("false", "no", "0"):
        return False
    raise ValueError


def _date(text: str) -> str:
    if "/" in text:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date().isoformat()
    return date.fromisoformat(text.strip()[:10]).isoformat()


def _option(field: Record, value: Any) -> str:
    text = str(value).strip()
    for option in field.doc["list_options"]:
        if text == option["name"]:
            return str(option["id"])
    for option in field.doc["list_options"]:
        if text == str(option["id"]):
            return str(option["id"])
    raise ValueError


def read(field: Record, kept: Any, tz: tzinfo) -> tuple[Any, str | None]:
    """`value` and `formatted_value` of a kept value."""
    kind = field.doc["field_type"]
    if kept is None:
        return None, None
    if kind == "boolean":
        return kept, "Yes" if kept else "No"
    if kind == "currency":
        return kept, f"${kept / 100:,.2f}"
    if kind == "date":
        day = date.fromisoformat(kept)
        return kept, f"{day:%B} {day.day}, {day.year}"
    if kind == "datetime":
        moment = datetime.fromisoformat(kept)
        moment = moment.astimezone(tz) if moment.tzinfo else moment.replace(tzinfo=tz)
        hour = f"{moment.hour % 12 or 12}:{moment:%M}{'pm' if moment.hour >= 12 else 'am'}"
        shown = f"{moment:%B} {moment.day}, {moment.year} at {hour} {moment:%Z}"
        return moment.isoformat(timespec="milliseconds"), shown
    if kind in ("list", "multi_picklist"):
        names = {str(option["id"]): option["name"] for option in field.doc["list_options"]}
        chosen = kept if isinstance(kept, list) else [kept]
        return kept, ", ".join(str(names.get(item, item)) for item in chosen)
    return kept, str(kept)


def listing(fields: dict[int, Record], custom: Doc, tz: tzinfo, *, as_int: bool) -> list[Doc]:
    """The `custom_fields` array of a record: each field with a value, by number."""
    shown = []
    for key in sorted(custom, key=int):
        field = fields.get(int(key))
        if field is not None:
            value, formatted = read(field, custom[key], tz)
            number: int | str = field.id if as_int else str(field.id)
            shown.append(
                {"id": number, "name": field.doc["name"], "field_type": field.doc["field_type"], "value": value,
                 "formatted_value": formatted}
            )  # fmt: skip
    return shown

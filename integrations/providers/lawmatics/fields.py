"""Answers → values of Lawmatics custom fields and back: which kinds fit, the form each type takes, how it reads back.

A list takes the name of its option, several options a list of names (the form is not documented for `multi_picklist`;
the single form is, so each entry follows it), dates MM/DD/YYYY, money whole cents.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import FieldValue

YES, NO = ("true", "yes", "1", "on"), ("false", "no", "0", "off")
LISTS = ("list", "multi_picklist")
LARGEST = 2**63 - 1

# Which kinds of questions can fill a type of field. Types that take any text are not listed.
KINDS: Mapping[str, tuple[str, ...]] = {
    "boolean": ("yesno",),
    "integer": ("number",),
    "currency": ("number",),
    "date": ("date",),
    "datetime": ("datetime", "date"),
    "time": ("time",),
    "list": ("choice", "yesno", "text"),
    "multi_picklist": ("choice", "yesno", "text", "longtext"),
    "lookup": (),
}
# Fields every account has, by owner: key in a body, name there, type. What identifies a person officially (social
# security, driver's licence) is never offered.
STANDARD: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "contact": (
        ("middle_name", "Middle name", "string"), ("name_prefix", "Prefix of the name", "string"),
        ("name_suffix", "Suffix of the name", "string"), ("informal_name", "Informal name", "string"),
        ("birthdate", "Birthdate", "date"), ("gender", "Gender", "string"),
        ("marital_status", "Marital status", "string"), ("citizenship", "Citizenship", "string"),
        ("employer", "Employer", "string"), ("occupation", "Occupation", "string"),
    ),
    "matter": (
        ("estimated_value_cents", "Estimated value", "currency"), ("actual_value_cents", "Actual value", "currency"),
    ),
}  # fmt: skip
STANDARD_KEYS = {owner: tuple(key for key, _, _ in rows) for owner, rows in STANDARD.items()}
WORDS = {
    "boolean": "a yes or no", "integer": "a whole number", "currency": "an amount of money", "date": "a date",
    "datetime": "a date with a time of day", "time": "a time of day", "list": "one of its options",
    "multi_picklist": "some of its options",
}  # fmt: skip


def standard_entries() -> list[CatalogueEntry]:
    """Return the standard fields as entries of the account's catalogue; their id is their key in a body."""
    return [
        CatalogueEntry("custom_field", key, name, "", {"owner": owner, "field_type": kind, "standard": True})
        for owner, rows in STANDARD.items()
        for key, name, kind in rows
    ]


def is_standard(field_id: str) -> bool:
    """Tell a standard field from a custom one: those of the account have numbers."""
    return any(field_id in keys for keys in STANDARD_KEYS.values())


def custom_fits(entry: CatalogueEntry, kind: str) -> str:
    """Return why answers of this kind of question can never fill the field, "" when they may."""
    field_type = _type(entry)
    if field_type == "lookup":
        return f"“{entry.name}” points at another record in Lawmatics and cannot be filled from an answer."
    if field_type in KINDS and kind not in KINDS[field_type]:
        return f"“{entry.name}” takes {WORDS[field_type]}; this question does not ask for that."
    return ""


def custom_value(entry: CatalogueEntry, value: Any) -> FieldValue:
    """Return an answer in the form a custom field takes. Raises `ValueError` with a plain reason when it does not fit.

    Forms: boolean true/false; list the option's name; date MM/DD/YYYY; datetime ISO 8601, a day alone at noon UTC;
    currency in cents.
    """
    kind = _type(entry)
    words = ", ".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value).strip()
    if kind == "list":
        return _option(entry, words)
    if kind == "multi_picklist":
        return _options(entry, [str(one) for one in value] if isinstance(value, (list, tuple)) else words)
    if kind == "lookup":
        raise ValueError(custom_fits(entry, ""))
    try:
        return _plain(kind, words)
    except (ValueError, ArithmeticError):
        raise ValueError(f"“{entry.name}” takes {WORDS.get(kind, 'text')}.") from None


def same_value(sent: Any, shown: Mapping[str, Any]) -> bool:
    """Tell whether a custom field shows what was sent; it never reads back the way it was written."""
    there = {str(shown.get(key)).strip().casefold() for key in ("value", "formatted_value")}
    if isinstance(sent, (list, tuple)):
        names = {part.strip().casefold() for part in str(shown.get("formatted_value") or "").split(", ")}
        wanted = ", ".join(str(one) for one in sent).strip().casefold()
        return wanted in there or {str(one).strip().casefold() for one in sent} == names
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


def _type(entry: CatalogueEntry) -> str:
    return str(entry.extra.get("field_type") or "string")


def _plain(kind: str, words: str) -> FieldValue:
    if kind == "boolean":
        return _boolean(words)
    if kind == "integer":
        return _whole(Decimal(words.replace(",", "")))
    if kind == "currency":
        return _whole((Decimal(re.sub(r"[$,\s]", "", words)) * 100).to_integral_value())
    if kind == "date":
        day = _day(words)
        return f"{day:%m/%d}/{day.year:04}"
    if kind == "datetime":
        return _moment(words)
    return words


def _whole(number: Decimal) -> int:
    """A number of the portal may read “2.0”; “2.5” is not a whole one, and nothing is rounded in silence."""
    if not number.is_finite() or number != number.to_integral_value() or abs(number) > LARGEST:
        raise ValueError(str(number))
    return int(number)


def _boolean(words: str) -> bool:
    if words.casefold() in YES + NO:
        return words.casefold() in YES
    raise ValueError(words)


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return datetime.strptime(words, "%m/%d/%Y").date()


def _moment(words: str) -> str:
    """A day without a time becomes noon UTC: midnight would read as the day before in every American zone."""
    try:
        day = _day(words)
    except ValueError:
        return datetime.fromisoformat(words).isoformat()
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())


def _option(entry: CatalogueEntry, words: str) -> str:
    for option in entry.extra.get("options", ()):
        if _folded(str(option)) == _folded(words):
            return str(option)
    raise ValueError(f"“{entry.name}” has no such option.")  # the answer itself stays out of logs


def _options(entry: CatalogueEntry, given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the options an answer names, each once: the whole text, its lines, or its parts between ; or commas."""
    if not isinstance(given, str):
        return tuple(dict.fromkeys(_option(entry, one) for one in given if one.strip()))
    for divider in (r"\Z", r"[;\n]", r"[;,\n]"):
        parts = [part for part in re.split(divider, given) if part.strip()]
        try:
            return tuple(dict.fromkeys(_option(entry, part) for part in parts))
        except ValueError:
            continue
    raise ValueError(f"“{entry.name}” has no such option.")

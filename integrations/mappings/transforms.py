"""Transforms of an answer on its way to a field: pure functions over text. Empty stays empty, nothing is guessed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from casehug.intake.identity import read_phone

TEXTS = ("text", "longtext", "choice", "yesno", "email")
_WORD = re.compile(r"[^\s\-–—/]+")


@dataclass(frozen=True)
class Transform:
    """One transform: its name in rows and files, words for people, the kinds of questions it is for, what it gives."""

    key: str
    label: str
    change: Callable[[str], str]
    kinds: tuple[str, ...]
    gives: str = ""
    """Kind of the result when it differs from the question's: a formatted date is text."""


def _trim(text: str) -> str:
    """Return lines without spaces at their ends and without double spaces; empty lines at both ends go."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines()).strip()


def _capital(word: str) -> str:
    """Return a word with a capital first letter, also after a short prefix and apostrophe (O'Neil, D'Arcy)."""
    head, mark, tail = word.lower().partition("’" if "’" in word else "'")
    tail = tail[:1].title() + tail[1:] if len(head) == 1 and len(tail) > 1 else tail
    return head[:1].title() + head[1:] + mark + tail


def _title(text: str) -> str:
    return _WORD.sub(lambda found: _capital(found[0]), text)


def _e164(text: str) -> str:
    found = read_phone(text)
    if not found.valid:
        raise ValueError("This is not a phone number that can be verified.")
    return found.number


def _dated(pattern: Callable[[date], str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        try:
            return pattern(date.fromisoformat(text.strip()))
        except ValueError:
            raise ValueError("This is not a full date.") from None

    return change


def _long(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


DATES = ("date",)
ALL = (
    Transform("trim", "Without extra spaces", _trim, (*TEXTS, "number", "phone")),
    Transform("upper", "UPPER CASE", str.upper, TEXTS),
    Transform("lower", "lower case", str.lower, TEXTS),
    Transform("title", "Title Case", _title, TEXTS),
    Transform("e164", "Phone as +14155550142", _e164, ("phone", "text"), "text"),
    Transform("date_us", "Date as 06/28/2025", _dated(lambda day: f"{day:%m/%d}/{day.year:04}"), DATES, "text"),
    Transform("date_iso", "Date as 2025-06-28", _dated(date.isoformat), DATES, "text"),
    Transform("date_long", "Date as June 28, 2025", _dated(_long), DATES, "text"),
)
BY_KEY: Mapping[str, Transform] = {one.key: one for one in ALL}


def transform(key: str, text: str) -> str:
    """Return the text as the named transform leaves it ("" = as given). Raises `ValueError` with a plain reason

    that holds nothing of the text, and for a transform that does not exist.
    """
    if not key or not text:
        return text
    if key not in BY_KEY:
        raise ValueError("This transform does not exist.")
    return BY_KEY[key].change(text)


def kind_after(key: str, kind: str) -> str:
    """Return the kind of answer that a transform leaves."""
    found = BY_KEY.get(key)
    return (found.gives or kind) if found else kind


def why_not(key: str, kind: str) -> str:
    """Return why a transform is not for this kind of question, "" when it is."""
    if not key:
        return ""
    if key not in BY_KEY:
        return "This transform does not exist."
    return "" if kind in BY_KEY[key].kinds else f"“{BY_KEY[key].label}” is not for this kind of question."

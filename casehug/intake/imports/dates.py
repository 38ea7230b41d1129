"""Dates as people write them. A date that can be read in two ways is said to be so, never guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ]\d{2}:\d{2}.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ \-.]*([a-z]{3,9})\.?[ \-,]*(\d{4}|\d{2})")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?[ \-]*(\d{1,2})(?:st|nd|rd|th)?[ ,\-]+(\d{4}|\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.0+)?")
_SERIAL_ZERO = date(1899, 12, 30)


@dataclass(frozen=True)
class ReadDate:
    """A date, or why there is none: `ambiguous` or `unreadable`. `note` says how it was read when that matters."""

    value: date | None
    problem: str = ""
    note: str = ""


def _year(text: str, today: date) -> int:
    if len(text) == 4:
        return int(text)
    year = 2000 + int(text)
    return year if year <= today.year + 1 else year - 100


def _make(year: int, month: int, day: int) -> ReadDate:
    try:
        found = date(year, month, day)
    except ValueError:
        return ReadDate(None, "unreadable")
    return ReadDate(found) if 1880 <= year <= 2100 else ReadDate(None, "unreadable")


def _month(name: str) -> int:
    return next((n for n, full in enumerate(_MONTHS, start=1) if len(name) > 2 and full.startswith(name)), 0)


def month_comes_first(texts: Iterable[str]) -> bool | None:
    """Tell from a whole column whether 04/06/25 is April 6 (True) or June 4 (False); None when it does not show."""
    month_first = day_first = False
    for text in texts:
        found = _PARTS.fullmatch(text.strip())
        if found:
            first, second = int(found[1]), int(found[2])
            month_first |= first <= 12 < second <= 31
            day_first |= second <= 12 < first <= 31
    return None if month_first == day_first else month_first


def _from_numbers(first: int, second: int, year: int, month_first: bool | None) -> ReadDate:
    if first > 12 or second > 12 or first == second:
        return _make(year, second, first) if first > 12 else _make(year, first, second)
    if month_first is None:
        return ReadDate(None, "ambiguous")
    return _make(year, first, second) if month_first else _make(year, second, first)


def read_date(text: str, *, today: date, month_first: bool | None) -> ReadDate:
    """Read one date: ISO, numbers with / . -, day or month by name, or a spreadsheet's day number.

    `month_first` is what the column shows (`month_comes_first`).
    """
    plain = " ".join(text.strip().lower().split())
    if found := _ISO.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return _make(int(found[1]), int(found[2]), int(found[3]))
    if found := _PARTS.fullmatch(plain):
        return _from_numbers(int(found[1]), int(found[2]), _year(found[3], today), month_first)
    if (found := _DAY_FIRST.fullmatch(plain)) and _month(found[2]):
        return _make(_year(found[3], today), _month(found[2]), int(found[1]))
    if (found := _MONTH_FIRST.fullmatch(plain)) and _month(found[1]):
        return _make(_year(found[3], today), _month(found[1]), int(found[2]))
    if _SERIAL.fullmatch(plain) and 10_000 <= int(float(plain)) <= 70_000:
        day = _SERIAL_ZERO + timedelta(days=int(float(plain)))
        return ReadDate(day, "", f"The spreadsheet number {plain} was read as {day.isoformat()}.")
    return ReadDate(None, "unreadable")

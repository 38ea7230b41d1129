"""Read one answer of the portal according to its question."""

import re
from datetime import date
from typing import Any

from casehug.intake.identity import read_email, read_phone
from casehug.intake.models.clients import NAME_LENGTH
from casehug.intake.services.values import LONG_TEXT
from casehug.intake.text import several_lines, single_line

LINE = 500
_YES_NO = {"yes": "yes", "y": "yes", "true": "yes", "on": "yes", "no": "no", "n": "no", "false": "no"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise ValueError(f"This is longer than {limit:,} characters. Please shorten it.")
    return text


def _read_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("Please give a full date.") from error


def _read_number(text: str) -> str:
    plain = text.replace(",", "").replace("$", "").replace(" ", "")
    if not _NUMBER.fullmatch(plain) or len(plain) > 20:
        raise ValueError("Please give a number.")
    return plain


def read_answer(question: dict[str, Any], given: str) -> str:
    """Return the answer in its stored form (dates ISO, phones E.164 when valid); empty stays empty.

    Takes a question of `CaseType.questions` and the text as sent. Raises ValueError with a sentence for the client.
    """
    kind = question["kind"]
    if kind == "longtext":
        return _limited(several_lines(given), LONG_TEXT)
    text = single_line(given)
    if not text:
        return ""
    if kind == "date":
        return _read_date(text)
    if kind == "number":
        return _read_number(text)
    if kind == "yesno":
        if text.lower() not in _YES_NO:
            raise ValueError("Please choose yes or no.")
        return _YES_NO[text.lower()]
    if kind == "choice":
        if text not in question["options"]:
            raise ValueError("Please choose one of the answers.")
        return text
    if kind == "email":
        return read_email(text).text
    if kind == "phone":
        return _limited(read_phone(text).display, 60)
    return _limited(text, NAME_LENGTH if question["key"] in ("first_name", "last_name") else LINE)

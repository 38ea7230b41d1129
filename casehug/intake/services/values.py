"""Checks of single values that several services share. Each returns the clean value or notes one sentence."""

from datetime import date
from typing import Any

from django.utils import timezone

from casehug.intake.data.states import read_state
from casehug.intake.identity import Email, Phone, read_email, read_phone
from casehug.intake.text import several_lines, single_line

LONG_TEXT = 20_000
ADDRESS_KEYS = ("line1", "line2", "city", "state", "zip")


class Checker:
    """Collects one sentence per field; `errors` is what `Invalid` carries."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def line(self, field: str, text: str, *, limit: int, required: bool = False) -> str:
        """Clean a text of one line. Too long is an error: nothing is cut off."""
        clean = single_line(text)
        if required and not clean:
            self.errors[field] = "Please fill this in."
        elif len(clean) > limit:
            self.errors[field] = f"This is longer than {limit} characters. Please shorten it."
        return clean

    def lines(self, field: str, text: str, *, required: bool = False) -> str:
        """Clean a text of several lines."""
        clean = several_lines(text)
        if required and not clean:
            self.errors[field] = "Please fill this in."
        elif len(clean) > LONG_TEXT:
            self.errors[field] = f"This is longer than {LONG_TEXT:,} characters. Please shorten it."
        return clean

    def email(self, field: str, text: str) -> Email:
        """Clean an e-mail address; empty is allowed."""
        if not text.strip():
            return Email("", "")
        try:
            return read_email(text)
        except ValueError as error:
            self.errors[field] = str(error)
            return Email("", "")

    def phone(self, field: str, text: str) -> Phone:
        """Clean a phone number. One that cannot be verified is kept as it was given."""
        clean = self.line(field, text, limit=60)
        found = read_phone(clean) if clean else Phone("", "", True)
        if len(found.extension) > 20:
            self.errors[field] = "The extension is too long."
        return found

    def state(self, field: str, text: str) -> str:
        """Return the postal code of a state; empty is allowed."""
        if not text.strip():
            return ""
        code = read_state(text)
        if code is None:
            self.errors[field] = "This is not a state or territory of the United States."
        return code or ""

    def birth_date(self, field: str, value: date | None) -> date | None:
        """Check a birth date."""
        if value is not None and not date(1880, 1, 1) <= value <= timezone.now().date():
            self.errors[field] = "This cannot be a birth date."
        return value

    def address(self, field: str, value: dict[str, Any] | None) -> dict[str, str]:
        """Keep the known parts of an address."""
        given = dict(value or {})
        if "suite" in given:  # firms write `suite`, clients `line2`
            given.setdefault("line2", given["suite"])
        parts = {key: self.line(f"{field}.{key}", str(given.get(key) or ""), limit=200) for key in ADDRESS_KEYS}
        return {key: part for key, part in parts.items() if part}

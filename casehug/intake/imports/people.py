"""Which rows are about the same person."""

from collections.abc import Mapping
from typing import Any

from casehug.intake.identity import email_key
from casehug.intake.text import fold


def person_key(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what makes two rows the same client: same name and same mailbox. None without an e-mail.

    A shared address alone proves nothing: families use one mailbox.
    """
    if not values.get("email"):
        return None
    name = f"{values.get('first_name', '')} {values.get('last_name', '')}"
    return fold(name), email_key(values["email"])

"""What is missing for a complete contact (CH-28): a hint before a sync, never a block. More data rates better there."""

from casehug.intake.models import Matter

HINT = (
    "The more {name} knows about a new contact, the better it can rate it. Still missing: {parts}."
    " You can sync without."
)


def missing_parts(matter: Matter, *, practice_area_id: str) -> list[str]:
    """Return what a new contact would lack: name, e-mail, phone, practice area. A matter without client lacks more."""
    client = matter.client
    if client is None:
        return []
    return [
        words
        for words, there in (
            ("the full name", bool(client.first_name.strip() and client.last_name.strip())),
            ("an e-mail address", bool(client.email.strip())),
            ("a phone number", bool(client.phone.strip())),
            ("a practice area", bool(practice_area_id)),
        )
        if not there
    ]


def hint(matter: Matter, *, name: str, practice_area_id: str) -> str:
    """Return the hint in one sentence, "" when nothing is missing."""
    parts = missing_parts(matter, practice_area_id=practice_area_id)
    if not parts:
        return ""
    words = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return HINT.format(name=name, parts=words)

"""What is missing for a complete contact (CH-28): a hint before a sync, never a block. More data rates better there."""

from casehug.intake.models import Client, Matter
from integrations.models import Connection, ExternalLink
from integrations.selectors.connections import connection_pairs

HINT = (
    "The more {name} knows about a new contact, the better it can rate it. Still missing: {parts}."
    " You can sync without."
)
NEW = (
    "{name} can rate a new contact by its name, e-mail, phone and practice area. What is missing is said before a sync"
    " and stops nothing."
)


def missing_parts(matter: Matter, *, practice_area_id: str) -> list[str]:
    """Return what a new contact would lack: name, e-mail, phone, practice area. A matter without client lacks more."""
    client = matter.client
    if client is None:
        return []
    return _missing_of(client) + ([] if practice_area_id else ["a practice area"])


def _missing_of(client: Client) -> list[str]:
    return [
        words
        for words, there in (
            ("the full name", bool(client.first_name.strip() and client.last_name.strip())),
            ("an e-mail address", bool(client.email.strip())),
            ("a phone number", bool(client.phone.strip())),
        )
        if not there
    ]


def hint(matter: Matter, *, name: str, practice_area_id: str) -> str:
    """Return the hint in one sentence, "" when nothing is missing."""
    return _sentence(name, missing_parts(matter, practice_area_id=practice_area_id))


def client_hint(*, client: Client | None) -> str:
    """Fill the slot of the same name: what a client lacks for a new contact there, None for one not entered yet.

    "" while nothing is connected, when nothing is missing, and for a client who is there already.
    """
    for declared, row in connection_pairs():
        if row is None or row.state != Connection.State.CONNECTED or "sync_matter" not in declared.operations:
            continue
        if client is None:
            return NEW.format(name=declared.name)
        known = ExternalLink.objects.filter(
            connection=row, remote_firm=row.remote_firm, local_type="contact", local_id=client.id, broken_at=None
        )
        return "" if known.exists() else _sentence(declared.name, _missing_of(client))
    return ""


def _sentence(name: str, parts: list[str]) -> str:
    if not parts:
        return ""
    words = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return HINT.format(name=name, parts=words)

"""When two people are the same: e-mail and name in the form in which they are compared. Nothing here is ever sent."""

import unicodedata


def normalise_email(text: str) -> str:
    """Return the comparable form of an address, empty for none: trimmed, NFKC, lower case, domain in ASCII.

    `+tag` and dots stay: they may be different mailboxes. A domain that has no ASCII form is kept as written.
    """
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = folded.rpartition("@")
    if not at:
        return folded
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        pass
    return f"{local}@{domain}"


def normalise_name(first_name: str, last_name: str) -> str:
    """Return the comparable form of a name: NFKC, case-folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", f"{first_name} {last_name}").casefold().split())

"""E-mail addresses and phone numbers as people write them, and the forms in which they are kept and compared."""

import re
import unicodedata
from dataclasses import dataclass

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email

NO_NUMBER = frozenset({"n/a", "na", "n.a.", "none", "no", "nil", "-", "--", "unknown", "no phone", "?"})


@dataclass(frozen=True)
class Email:
    """`text` as it is shown and sent; `key` is equal for every way to write the same mailbox."""

    text: str
    key: str


@dataclass(frozen=True)
class Phone:
    """`number` is E.164 when `valid`, otherwise the text as it was given."""

    number: str
    extension: str
    valid: bool

    @property
    def display(self) -> str:
        """The number with its extension."""
        return f"{self.number} x{self.extension}" if self.extension else self.number


def email_key(text: str) -> str:
    """Return the comparison form: trimmed, NFKC, lower case, domain in ASCII. No folding of `+tag` or dots:

    they may be different mailboxes.
    """
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).lower().rpartition("@")
    if not at:
        return domain
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        pass  # not a name that exists; compared as it was written
    return f"{local}@{domain}"


def read_email(text: str) -> Email:
    """Read one address without asking any name server. Raises ValueError with a sentence for people."""
    trimmed = text.strip()
    if re.search(r"[;,]\s*\S+@", trimmed):
        raise ValueError("There is more than one address. Please give one.")
    try:
        found = validate_email(trimmed, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError("This is not a complete e-mail address.") from error
    return Email(found.normalized, email_key(found.normalized))


def read_phone(text: str, *, region: str = "US") -> Phone:
    """Read a number as written in `region`; 00 and + start an international one. Never loses what it cannot read."""
    trimmed = " ".join(text.split())
    dialled = re.sub(r"^00(?=[1-9])", "+", trimmed)
    try:
        number = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException:
        return Phone(trimmed, "", False)
    if not phonenumbers.is_valid_number(number):
        return Phone(trimmed, "", False)
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(formatted, number.extension or "", True)

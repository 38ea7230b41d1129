"""Webhook signatures: HMAC-SHA256 over raw bytes. Anything malformed is "invalid", never an exception."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

HEX = frozenset("0123456789abcdef")
MOST_TIMESTAMP_DIGITS = 12


class Outcome(StrEnum):
    """What a check found. `stale` is authentic, but signed too long ago (or too far ahead)."""

    VALID = "valid"
    MISSING = "missing"
    INVALID = "invalid"
    STALE = "stale"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check, the reason in plain words, and the sender's id of the event ("" when it names none)."""

    outcome: Outcome
    reason: str
    event_id: str = ""

    @property
    def valid(self) -> bool:
        """Whether the event may be processed."""
        return self.outcome is Outcome.VALID


def parse_timestamp(text: str) -> int | None:
    """Return Unix seconds written in plain ASCII digits, None for anything else (signs, spaces, other scripts)."""
    plain = text.isascii() and text.isdigit() and len(text) <= MOST_TIMESTAMP_DIGITS
    return int(text) if plain else None


def parse_hex_digest(text: str) -> bytes | None:
    """Return the 32 bytes behind 64 lower-case hex digits, None for anything else."""
    return bytes.fromhex(text) if len(text) == 64 and HEX.issuperset(text) else None


def digest(secret: str, signed: bytes) -> bytes:
    """Return HMAC-SHA256 of the signed bytes, keyed with the whole secret string."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def matches(secrets: Sequence[str], signed: bytes, given: bytes) -> bool:
    """Tell whether any live secret made this digest. All are tried, each in constant time; an empty one never fits."""
    fits = False
    for secret in secrets:
        fits |= bool(secret) and hmac.compare_digest(digest(secret, signed), given)
    return fits

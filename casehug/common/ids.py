"""Identifiers: time-ordered UUIDs made by the application, and the prefixed form people and the API see (`mat_…`)."""

import base64
import os
import threading
import time
import uuid

PREFIX_LENGTH_LIMIT = 8


_lock = threading.Lock()
_latest = 0
"""Milliseconds and counter of the newest id of this process, as one number."""


def uuid7() -> uuid.UUID:
    """Return a new UUID version 7 (RFC 9562 §5.7): ordered by time, so keyset pages and indexes stay local.

    Ids of one process never go back, within a millisecond either: the 12 bits behind the time count (§6.2, method 1).
    Python gains `uuid.uuid7` in 3.14 and PostgreSQL in 18 only; the row must know its id before INSERT.
    """
    global _latest
    with _lock:
        clock = time.time_ns() // 1_000_000 << 12
        # A clock set back by more than ten seconds is believed again; by less, the count goes on.
        _latest = now = _latest + 1 if clock <= _latest < clock + (10_000 << 12) else clock
    rest = int.from_bytes(os.urandom(8), "big") & ~(0x3 << 62)
    return uuid.UUID(int=(now >> 12) << 80 | 0x7 << 76 | (now & 0xFFF) << 64 | 0x2 << 62 | rest)


def public_id(prefix: str, value: uuid.UUID) -> str:
    """Return the public form of an id: `public_id("mat", u)` → `mat_` + 26 lower-case base32 characters."""
    return f"{prefix}_{base64.b32encode(value.bytes).decode().rstrip('=').lower()}"


def parse_public_id(prefix: str, text: str) -> uuid.UUID | None:
    """Return the UUID behind a public id, or None when the prefix or the form is wrong."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != 26:
        return None
    try:
        return uuid.UUID(bytes=base64.b32decode(tail.upper() + "=" * 6))
    except ValueError:
        return None


class PublicIdConverter:
    """Base of the URL converters `<mat:matter_id>` …: the path shows the public id, the view gets the UUID."""

    prefix = ""
    regex = "[a-z]{2,8}_[a-z2-7]{26}"

    def to_python(self, value: str) -> uuid.UUID:
        parsed = parse_public_id(self.prefix, value)
        if parsed is None:
            raise ValueError(value)
        return parsed

    def to_url(self, value: uuid.UUID) -> str:
        return public_id(self.prefix, value)


def converter_for(prefix: str) -> type[PublicIdConverter]:
    """Return a URL converter class for one prefix."""
    return type(f"{prefix.title()}Converter", (PublicIdConverter,), {"prefix": prefix})

"""Identifiers: time-ordered UUIDs made by the application, and the prefixed form people and the API see (`mat_…`)."""

import base64
import os
import time
import uuid

PREFIX_LENGTH_LIMIT = 8


def uuid7() -> uuid.UUID:
    """Return a new UUID version 7 (RFC 9562 §5.7): ordered by time, so keyset pages and indexes stay local.

    Python gains `uuid.uuid7` in 3.14 and PostgreSQL in 18 only; the row must know its id before INSERT.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = int.from_bytes(milliseconds.to_bytes(6, "big") + os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


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

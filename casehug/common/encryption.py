"""Encryption at rest: AES-256-GCM with per-firm data keys wrapped by a key-encryption key from the environment.

A ciphertext is bound to table, column, row, firm and data key (associated data), so a copy elsewhere does not open.
Any failure raises `DecryptionError`; nothing else ever comes back.
"""

import base64
import hashlib
import hmac
import os
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache, partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from casehug.common.models import DataKey
from casehug.common.scope import current_firm_id
from casehug.common.secret import Secret

VERSION = b"\x01"
NONCE_BYTES = 12
FIRM = "firm"
REMEMBERED_SECONDS, MOST_REMEMBERED = 60.0, 4096
_remembered: dict[uuid.UUID, tuple[float, DataKey]] = {}


class DecryptionError(RuntimeError):
    """A stored secret could not be opened: wrong key, wrong row, or altered bytes."""


def _key_bytes(text: str, name: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32:
        raise ImproperlyConfigured(f"{name} must hold 32 bytes in base64url")
    return raw


@lru_cache(maxsize=8)
def _parse_ring(text: str) -> dict[str, bytes]:
    ring: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        kid, _, encoded = part.partition(":")
        ring[kid] = _key_bytes(encoded, "CASEHUG_KEK")
    if not ring:
        raise ImproperlyConfigured("CASEHUG_KEK is empty")
    return ring


def key_ring() -> dict[str, bytes]:
    """Return the key-encryption keys by id; the first one is active."""
    return _parse_ring(settings.CASEHUG_KEK)


def active_kek_id() -> str:
    """Return the id of the key that wraps new data keys."""
    return next(iter(key_ring()))


@dataclass(frozen=True)
class KnownKey:
    """A data key's row, read together with something else."""

    id: uuid.UUID
    firm_id: uuid.UUID
    purpose: str
    kek_id: str
    wrapped: bytes


def _wrap_aad(key: DataKey | KnownKey) -> bytes:
    return f"casehug|v1|datakey|{key.id}|{key.firm_id}|{key.purpose}".encode()


def _wrap(key: DataKey, raw: bytes, kek_id: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key_ring()[kek_id]).encrypt(nonce, raw, _wrap_aad(key))


def _unwrap(key: DataKey | KnownKey) -> bytes:
    kek = key_ring().get(key.kek_id)
    if kek is None:
        raise DecryptionError(f"key-encryption key {key.kek_id} is not available")
    blob = bytes(key.wrapped)
    try:
        return AESGCM(kek).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _wrap_aad(key))
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("data key does not open") from error


def data_key(purpose: str = FIRM) -> DataKey:
    """Return the firm's data key for a purpose (`firm`, `connection:<id>`), making it at first use.

    The firm's own key, wrapped as it is stored, is remembered for a minute; it is never destroyed. The key of a
    connection is read each time, so that nothing is sealed with it after a disconnect.
    """
    known = _remembered.get(current_firm_id()) if purpose == FIRM else None
    if known and known[1].kek_id in key_ring() and time.monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    key = _stored_key(purpose)
    if purpose == FIRM:
        # After the commit: a key that was made in a transaction that is rolled back must not be used again.
        transaction.on_commit(partial(_remember, key), robust=True)
    return key


def _remember(key: DataKey) -> None:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key.firm_id] = (time.monotonic(), key)


def _stored_key(purpose: str) -> DataKey:
    found = DataKey.objects.filter(purpose=purpose).first()
    if found is None:
        fresh = DataKey(purpose=purpose, kek_id=active_kek_id())
        fresh.wrapped = _wrap(fresh, os.urandom(32), fresh.kek_id)
        DataKey.objects.bulk_create([fresh], ignore_conflicts=True)
        found = DataKey.objects.get(purpose=purpose)
    key: DataKey = found
    return key


def destroy_data_key(purpose: str) -> None:
    """Delete a data key: everything sealed with it is gone for good (disconnect)."""
    DataKey.objects.filter(purpose=purpose).delete()


def rewrap_all() -> int:
    """Rewrap this firm's data keys with the active key-encryption key; returns how many changed. Resumable."""
    changed = 0
    for key in DataKey.objects.exclude(kek_id=active_kek_id()):
        raw, old = _unwrap(key), key.kek_id
        wrapped = _wrap(key, raw, active_kek_id())
        changed += DataKey.objects.filter(id=key.id, kek_id=old).update(wrapped=wrapped, kek_id=active_kek_id())
    return changed


def _aad(table: str, column: str, row_id: uuid.UUID, firm_id: uuid.UUID, dek_id: uuid.UUID) -> bytes:
    return f"casehug|v1|{table}|{column}|{row_id}|{firm_id}|{dek_id}".encode()


def seal(secret: Secret, *, table: str, column: str, row_id: uuid.UUID, purpose: str = FIRM) -> bytes:
    """Encrypt a secret for exactly one column of one row of the current firm. Returns the stored blob."""
    return seal_with(data_key(purpose), secret, table=table, column=column, row_id=row_id)


def seal_with(key: DataKey | KnownKey, secret: Secret, *, table: str, column: str, row_id: uuid.UUID) -> bytes:
    """Encrypt as `seal` does, for the firm of a data key that was read before. Needs no scope."""
    nonce = os.urandom(NONCE_BYTES)
    aad = _aad(table, column, row_id, key.firm_id, key.id)
    return VERSION + key.id.bytes + nonce + AESGCM(_unwrap(key)).encrypt(nonce, secret.reveal().encode(), aad)


def unseal(blob: bytes | memoryview, *, table: str, column: str, row_id: uuid.UUID) -> Secret:
    """Open a blob made by `seal` for the same place; raise `DecryptionError` on anything else."""
    key = DataKey.objects.filter(id=_key_id(bytes(blob))).first()
    if key is None:
        raise DecryptionError("the data key of this value is gone")
    return unseal_with(key, blob, table=table, column=column, row_id=row_id)


def unseal_with(
    key: DataKey | KnownKey, blob: bytes | memoryview, *, table: str, column: str, row_id: uuid.UUID
) -> Secret:
    """Open as `unseal` does, with the data key that was read before. Needs no scope."""
    data = bytes(blob)
    if _key_id(data) != key.id:
        raise DecryptionError("this value was sealed with another data key")
    nonce, body = data[17:29], data[29:]
    try:
        clear = AESGCM(_unwrap(key)).decrypt(nonce, body, _aad(table, column, row_id, key.firm_id, key.id))
        return Secret(clear.decode())
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("sealed value does not open here") from error


def _key_id(data: bytes) -> uuid.UUID:
    if len(data) < 1 + 16 + NONCE_BYTES + 16 or data[:1] != VERSION:
        raise DecryptionError("not a sealed value")
    return uuid.UUID(bytes=data[1:17])


@lru_cache(maxsize=4096)
def _index_key(firm_id: uuid.UUID, master: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"casehug|index|" + firm_id.bytes)
    return derive.derive(_key_bytes(master, "CASEHUG_INDEX_KEY"))


def blind_index(text: str) -> bytes:
    """Return HMAC-SHA256 of a normalised value under this firm's index key: equality without clear text."""
    return hmac.new(_index_key(current_firm_id(), settings.CASEHUG_INDEX_KEY), text.encode(), hashlib.sha256).digest()

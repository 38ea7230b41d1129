"""Secrets of a person (second factor), who belongs to no firm: sealed with a key derived from the key-encryption key.

Form: `p1.<kek id>.<base64url of nonce and ciphertext>`. Any failure raises `DecryptionError`.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casehug.common.encryption import NONCE_BYTES, DecryptionError, active_kek_id, key_ring

_FORM = "p1"


def _cipher(kek_id: str) -> AESGCM:
    kek = key_ring().get(kek_id)
    if kek is None:
        raise DecryptionError(f"key-encryption key {kek_id} is not available")
    # Its own key, so that no ciphertext of one use ever opens in the other.
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"casehug|person").derive(kek))


def kek_id_of(sealed: str) -> str:
    """Return the id of the key-encryption key a sealed text needs."""
    return sealed.split(".", 2)[1] if sealed.startswith(f"{_FORM}.") and sealed.count(".") >= 2 else ""


def seal_for_person(text: str) -> str:
    """Encrypt one short text; returns its stored form."""
    kek_id, nonce = active_kek_id(), os.urandom(NONCE_BYTES)
    body = nonce + _cipher(kek_id).encrypt(nonce, text.encode(), f"{_FORM}|{kek_id}".encode())
    return f"{_FORM}.{kek_id}.{base64.urlsafe_b64encode(body).decode()}"


def open_for_person(sealed: str) -> str:
    """Return the text; raise `DecryptionError` for anything that was not sealed here."""
    kek_id = kek_id_of(sealed)
    if not kek_id:
        raise DecryptionError("not a sealed value")
    try:
        body = base64.b64decode(sealed.split(".", 2)[2], altchars=b"-_", validate=True)
        clear = _cipher(kek_id).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], f"{_FORM}|{kek_id}".encode())
        return clear.decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise DecryptionError("sealed value does not open") from error

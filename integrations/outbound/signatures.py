"""Signatures of what we send: Standard Webhooks, and on wish the older header beside it."""

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence

from casehug.common.ids import public_id
from casehug.common.secret import Secret

PREFIX = "whsec_"


def new_secret() -> Secret:
    """Return a new signing secret: `whsec_` and 32 random bytes in base64."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


def message_id(event_id: uuid.UUID) -> str:
    """Return what a receiver recognises a repeat by: the same on every attempt and every resend of one event."""
    return public_id("evt", event_id)


def headers(
    *, event_id: uuid.UUID, timestamp: int, body: bytes, signing: Sequence[Secret], older: bool, replay: int = 0
) -> dict[str, str]:
    """Return the headers of one request, signed with every live secret, newest first (a rotation overlaps).

    `webhook-signature`: `v1,<base64>` over `id.timestamp.body`, keyed with the bytes behind the secret. `older` adds
    `X-CaseHug-Signature: t=…,v1=<hex>` over `timestamp.body`, keyed with the secret as it is written.
    """
    message = message_id(event_id)
    found = {"webhook-id": message, "webhook-timestamp": str(timestamp)}
    if replay:
        found["X-CaseHug-Replay"] = str(replay)
    if signing:
        signed = f"{message}.{timestamp}.".encode() + body
        found["webhook-signature"] = " ".join(f"v1,{_standard(secret, signed)}" for secret in signing)
    if older and signing:
        plain = f"{timestamp}.".encode() + body
        parts = [hmac.new(one.reveal().encode(), plain, hashlib.sha256).hexdigest() for one in signing]
        found["X-CaseHug-Signature"] = ",".join([f"t={timestamp}", *(f"v1={part}" for part in parts)])
    return found


def _standard(secret: Secret, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.reveal().removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = secret.reveal().encode()
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

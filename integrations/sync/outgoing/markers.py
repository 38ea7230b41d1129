"""Markers: how we recognise our own record at a provider. Same after a restore, not personal, not guessable."""

import base64
import uuid

from casehug.common.encryption import blind_index

LENGTH = 20


def marker_for(kind: str, local_id: uuid.UUID) -> str:
    """Return the marker of a local record inside the firm scope: 20 base32 characters of a keyed hash."""
    return base64.b32encode(blind_index(f"marker:{kind}:{local_id}")).decode()[:LENGTH]

"""API keys: create, rotate with overlap, revoke. A key is readable only in what `create_key`, `rotate_key` return."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.secret import Secret
from casehug.firms.api_scopes import SCOPES
from casehug.firms.models import ApiKey, Membership

OVERLAPS = {0: "At once", 24: "After 24 hours", 168: "After 7 days"}
MOST_LIVE_KEYS = 50


class KeyRefused(Exception):
    """A key cannot be made or rotated; the text is for people."""


@dataclass(frozen=True)
class NewKey:
    """A key with its clear text, which is never readable again."""

    row: ApiKey
    clear: Secret


def state_of(key: ApiKey) -> str:
    """Return valid, expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= timezone.now() else "valid"


def _maker(membership_id: uuid.UUID | None) -> Membership | None:
    found: Membership | None = Membership.objects.filter(id=membership_id).first()
    return found


@transaction.atomic
def create_key(
    *, name: str, scopes: Iterable[str], expires_at: datetime | None = None, membership_id: uuid.UUID | None = None
) -> NewKey:
    """Make a key of the open firm. Raises KeyRefused (no name, no known scope, too many keys)."""
    wanted, clean = set(scopes), " ".join(name.split())
    if not clean or len(clean) > 100:
        raise KeyRefused("Give the key a name of up to 100 characters.")
    if not wanted or wanted - set(SCOPES):
        raise KeyRefused("Choose at least one thing the key may do.")
    if expires_at is not None and expires_at <= timezone.now():
        raise KeyRefused("The end lies in the past.")
    if ApiKey.objects.filter(revoked_at=None).count() >= MOST_LIVE_KEYS:
        raise KeyRefused(f"There are {MOST_LIVE_KEYS} keys already. Revoke those that nobody uses.")
    ordered = [scope for scope in SCOPES if scope in wanted]
    row, clear = ApiKey.issue(name=clean, scopes=ordered, created_by=_maker(membership_id), expires_at=expires_at)
    changes = {"scopes": ordered, "expires_at": expires_at.isoformat() if expires_at else None}
    record(action="api_key.created", object_type="api_key", object_id=row.id, changes=changes)
    return NewKey(row, Secret(clear))


@transaction.atomic
def rotate_key(*, key_id: uuid.UUID, overlap_hours: int, membership_id: uuid.UUID | None = None) -> NewKey:
    """Make a key with the same name, scopes and end; the old one works on for the overlap (0 = not at all).

    Raises ApiKey.DoesNotExist; KeyRefused when the old one no longer works or was rotated before.
    """
    old: ApiKey = ApiKey.objects.select_for_update().get(id=key_id)
    if state_of(old) != "valid":
        raise KeyRefused("This key no longer works. Create a new one.")
    if overlap_hours not in OVERLAPS:
        raise KeyRefused("Choose when the old key ends.")
    if ApiKey.objects.filter(replaces_id=old.id).exists():
        raise KeyRefused("This key was rotated already; the newer one takes its place.")
    row, clear = ApiKey.issue(
        name=old.name, scopes=old.scopes, created_by=_maker(membership_id), expires_at=old.expires_at,
        replaces_id=old.id,
    )  # fmt: skip
    end = timezone.now() + timedelta(hours=overlap_hours)
    if overlap_hours == 0:
        old.revoked_at = end
    elif old.expires_at is None or end < old.expires_at:
        old.expires_at = end
    old.save(update_fields=["expires_at", "revoked_at", "updated_at"])
    changes = {"replaces": str(old.id), "overlap_hours": overlap_hours}
    record(action="api_key.rotated", object_type="api_key", object_id=row.id, changes=changes)
    return NewKey(row, Secret(clear))


@transaction.atomic
def revoke_key(*, key_id: uuid.UUID) -> bool:
    """End a key at once; returns False when it was revoked before. Raises ApiKey.DoesNotExist."""
    row: ApiKey = ApiKey.objects.select_for_update().get(id=key_id)
    if row.revoked_at is not None:
        return False
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at", "updated_at"])
    record(action="api_key.revoked", object_type="api_key", object_id=row.id)
    return True

"""Which account of a value counts: the one of the higher rank, then the newest, whatever the order they come in."""

import hashlib
from datetime import UTC, datetime

from django.utils import timezone

from casehug.referrals.models import Referral


def newer(referral: Referral, name: str, value: object, *, at: datetime | None, rank: int = 0) -> bool:
    """Note an account of a value and tell whether it replaces what is held; the caller saves the referral.

    Two accounts of the same moment are put in one fixed order by their content, so that every order ends the same.
    Without `at` it counts as told now.
    """
    moment = (at or timezone.now()).astimezone(UTC).isoformat(timespec="microseconds")
    mark = [rank, moment, hashlib.sha256(str(value).encode()).hexdigest()[:16]]
    known = referral.told.get(name)
    if known is not None and known >= mark:
        return False
    referral.told[name] = mark
    return True


def told_at(referral: Referral, name: str) -> datetime | None:
    """Return when the account that counts was given, None when there is none."""
    known = referral.told.get(name)
    return datetime.fromisoformat(known[1]) if known else None


def count_once(referral: Referral, name: str, key: str) -> int:
    """Add a key (unless it is empty) to a set kept with the case; returns its size. The caller saves the referral."""
    referral.told[name] = sorted({*referral.told.get(name, ()), key} - {""})
    return len(referral.told[name])

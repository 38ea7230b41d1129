"""The matter of a case we referred out follows what the exchange tells: stage, result, settlement.

The status depends on all mapped news together, never on the order in which they come: of each source the account of
the highest rank, then the newest, counts (`services/told.py`), and the sources stand in one order of precedence.
News that mean “leave” or nothing here take no part.
"""

import uuid
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.utils import timezone

from casehug.audit.services import record
from casehug.intake.models import StatusChange
from casehug.intake.services.locking import lock_matter
from casehug.intake.services.matters import change_status
from casehug.referrals.models import Referral
from casehug.referrals.services.told import newer
from casehug.referrals.statuses import LEAVE, RESULT, STAGE, UNMAPPED, key_of, meaning

KEPT = "status"  # key in Referral.told
LOST = ("no_partner", "all_declined", "cancelled")
OPEN_ORDER = ("settled", "lost", "stage", "accepted")
"""Which source decides. Once a firm accepted, what went wrong before comes last."""
ACCEPTED_ORDER = ("settled", "stage", "accepted", "lost")
SET, LATER, ARCHIVED, SAME = "set", "later", "archived", "same"
MOST_KEPT = 20


def follow_stage(referral: Referral, word: str, *, at: datetime, origin: str) -> None:
    """Follow the word for where the case stands. The caller holds the referral; so in the others."""
    _follow(referral, "stage", key_of(STAGE, word), at=at, origin=origin)


def follow_result(referral: Referral, state: str, *, at: datetime, origin: str) -> None:
    """Follow what became of the offer; a state that is none of the results is left out."""
    if state in LOST:
        _follow(referral, "lost", key_of(RESULT, state), at=at, origin=origin, rank=LOST.index(state))
    elif state == Referral.State.ACCEPTED:
        _follow(referral, "accepted", key_of(RESULT, state), at=at, origin=origin)


def follow_settlement(referral: Referral, *, at: datetime | None, origin: str) -> None:
    """Follow a settlement that is completed."""
    _follow(referral, "settled", key_of(RESULT, "settled"), at=at or timezone.now(), origin=origin)


def followed(referral: Referral) -> list[dict[str, Any]]:
    """Return what was done about the status of the matter, oldest first: `at`, `line`, `word`, `to`, `result`."""
    return list(referral.told.get(KEPT, {}).get("log", ()))


def _follow(referral: Referral, source: str, key: str, *, at: datetime, origin: str, rank: int = 0) -> None:
    if referral.direction != Referral.Direction.OUT:
        return
    before, to = deepcopy(referral.told), meaning(key)
    kept = referral.told.setdefault(KEPT, {"by": {}, "done": None, "log": []})
    if to not in (UNMAPPED, LEAVE) and newer(referral, f"{KEPT}:{source}", key, at=at, rank=rank):
        kept["by"][source] = {"line": key, "to": to, "at": at.isoformat()}
    order = ACCEPTED_ORDER if referral.state == Referral.State.ACCEPTED else OPEN_ORDER
    found = next((kept["by"][one] for one in order if one in kept["by"]), None)
    matter_id = referral.matter_id
    news = found is not None and [found["line"], found["to"]] != kept["done"]
    if found is not None and news and matter_id is not None and _is_the_last(referral):
        result = _apply(referral, matter_id, found, origin)
        kept["done"] = [found["line"], found["to"]]
        entry = {**found, "at": timezone.now().isoformat(), "result": result}
        kept["log"] = [*kept["log"], entry][-MOST_KEPT:]
    if referral.told != before:
        referral.save(update_fields=["told", "updated_at"])


def _is_the_last(referral: Referral) -> bool:
    """Tell whether the matter follows this case: it was not offered anew since."""
    later = Referral.objects.filter(matter_id=referral.matter_id, direction=Referral.Direction.OUT)
    return not later.filter(created_at__gt=referral.created_at).exists()


def _apply(referral: Referral, matter_id: uuid.UUID, found: dict[str, str], origin: str) -> str:
    """Set the status of the matter, unless it is archived or was set here after the news."""
    matter = lock_matter(matter_id, even_archived=True)
    source = referral.provider or "referral"
    changed = StatusChange.objects.filter(matter=matter).exclude(from_status="").exists()  # being made is no change
    set_at, news_at = matter.status_set_at, datetime.fromisoformat(found["at"])
    later = matter.status_set_by != source and set_at is not None and set_at > news_at
    if matter.is_archived:
        result = ARCHIVED
    elif matter.status == found["to"]:
        return SAME
    elif changed and later:
        result = LATER
    else:
        change_status(matter_id=matter.id, to=found["to"], source=source, origin=origin)
        result = SET
    record(action="referral.status_followed", object_type="referral", object_id=referral.id,
           changes={"status": found["to"], "line": found["line"], "result": result})  # fmt: skip
    return result

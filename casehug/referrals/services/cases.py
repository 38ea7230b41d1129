"""Take in what an exchange tells about a case: the case itself, its stage, its money."""

import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.intake.data.states import read_state
from casehug.intake.text import several_lines, single_line
from casehug.referrals import events
from casehug.referrals.facts import CaseFacts, SettlementFacts
from casehug.referrals.models import Referral, Settlement
from casehug.referrals.services.following import follow_settlement, follow_stage
from casehug.referrals.services.locking import lock_referral, partner_of
from casehug.referrals.services.told import newer

UPDATE_EVERY = timedelta(days=90)
SETTLEMENT_STEPS = ("started", "disputed", "completed")
_LINES = {"first_name": 255, "last_name": 255, "email": 254, "phone": 60, "case_type": 200, "partner_name": 200}


def _clean(facts: CaseFacts) -> dict[str, object]:
    """Return the told values by field of the referral; what was not told is missing."""
    told: dict[str, object] = {}
    for name, limit in _LINES.items():
        told[name] = single_line(getattr(facts, name))[:limit]
    told["summary"] = several_lines(facts.summary)
    told["incident_date"] = facts.incident_date
    told["place"] = read_state(facts.place) or ""
    return {name: value for name, value in told.items() if value}


def _take(referral: Referral, facts: CaseFacts) -> list[str]:
    """Write each value that is newer than the held one, or fills a gap; return the names of the changed fields."""
    changed = []
    values = _clean(facts)
    partner = partner_of(facts.partner_remote_id, facts.partner_name)
    if partner is not None:
        values["partner"] = partner
    for name, value in values.items():
        key = facts.partner_remote_id if name == "partner" else value
        if newer(referral, name, key, at=facts.at) and getattr(referral, name) != value:
            setattr(referral, name, value)
            changed.append(name)
    if facts.at is not None and (referral.told_at is None or facts.at > referral.told_at):
        referral.told_at = facts.at
    return changed


@transaction.atomic
def receive_case(
    *, facts: CaseFacts, referral_id: uuid.UUID | None = None, provider: str = "", origin: str = ""
) -> Referral:
    """Take in one account of a case; without `referral_id` it is a new one that another firm referred to us.

    An older account only fills gaps. Publishes `referral.received` for a new one. Returns the row. Raises NotFound.
    """
    if referral_id is None:
        referral = Referral(direction=Referral.Direction.IN, state=Referral.State.INVITED, provider=provider)
        _take(referral, facts)
        referral.save(force_insert=True)
        events.about_case("received", referral, origin=origin)
        record(action="referral.received", object_type="referral", object_id=referral.id)
    else:
        referral = lock_referral(referral_id)
        if changed := _take(referral, facts):
            record(action="referral.updated", object_type="referral", object_id=referral.id,
                   changes={"fields": changed})  # fmt: skip
        referral.save()
    if facts.stage:
        receive_stage(referral_id=referral.id, stage=facts.stage, at=facts.at, origin=origin)
        referral.refresh_from_db()
    return referral


@transaction.atomic
def receive_stage(*, referral_id: uuid.UUID, stage: str, at: datetime | None = None, origin: str = "") -> bool:
    """Note their word for where the case stands; an older one than we have changes nothing.

    Returns whether it changed; publishes `referral.state_changed`. Raises NotFound.
    """
    referral, moment = lock_referral(referral_id), at or timezone.now()
    word = single_line(stage)[:120]
    if word:
        follow_stage(referral, word, at=moment, origin=origin)
    if not word or not newer(referral, "stage", word, at=moment):
        return False
    same = referral.stage == word
    referral.stage, referral.stage_at = word, moment
    referral.save(update_fields=["stage", "stage_at", "told", "updated_at"])
    if same:
        return False
    events.about_case("state_changed", referral, origin=origin, what="stage")
    record(action="referral.stage_changed", object_type="referral", object_id=referral.id)
    return True


@transaction.atomic
def receive_settlement(*, referral_id: uuid.UUID, facts: SettlementFacts, origin: str = "") -> Settlement:
    """Note what was told about the money of a case; a newer account of the same key renews the row.

    Returns the row; publishes `referral.settlement_received` when something is new. Raises NotFound.
    """
    referral = lock_referral(referral_id)
    key = facts.key[:120]
    values = {name: value for name, value in asdict(facts).items() if name not in ("key", "at")}
    values = {name: value for name, value in values.items() if value not in ("", None)}
    values = {name: single_line(value)[:40] if name == "status" else value for name, value in values.items()}
    found = Settlement.objects.filter(referral=referral, own_key=key).first()
    row = found or Settlement(referral=referral, own_key=key)
    changed = False
    for name, value in values.items():
        # It has begun, may be disputed, and ends: an earlier step never replaces a later one.
        rank = SETTLEMENT_STEPS.index(value) if name == "status" and value in SETTLEMENT_STEPS else 0
        if newer(referral, f"settlement:{key}:{name}", value, at=facts.at, rank=rank) and getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    referral.save(update_fields=["told", "updated_at"])
    if values.get("status") == SETTLEMENT_STEPS[-1]:
        follow_settlement(referral, at=facts.at, origin=origin)
    if found is not None and not changed:
        return row
    row.save()
    events.settlement_received(row, origin=origin)
    record(action="referral.settlement_received", object_type="referral", object_id=referral.id)
    return row


def update_came_or_went(referral: Referral, at: datetime) -> None:
    """Move the 90-day duty of a case on: both firms count from the last word exchanged."""
    if referral.last_update_at is None or at > referral.last_update_at:
        referral.last_update_at = at
        due_from(referral, at)
        referral.save(update_fields=["last_update_at", "update_due_at", "updated_at"])


def due_from(referral: Referral, moment: datetime) -> None:
    """Let the 90-day duty count from a moment, unless it counts from a later one already. The caller saves."""
    due = moment + UPDATE_EVERY
    referral.update_due_at = max(due, referral.update_due_at or due)

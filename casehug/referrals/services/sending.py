"""Refer a matter out: checked first, sent once, followed until a firm has it."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake.models import Matter
from casehug.intake.services.locking import lock_matter
from casehug.intake.services.values import Checker
from casehug.referrals import events
from casehug.referrals.choices import choices
from casehug.referrals.errors import Invalid, NotFound
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.facts import RelayFacts
from casehug.referrals.models import PartnerFirm, Referral
from casehug.referrals.services.cases import UPDATE_EVERY, due_from
from casehug.referrals.services.following import follow_result
from casehug.referrals.services.locking import lock_referral, partner_of
from casehug.referrals.services.lost import say_lost
from casehug.referrals.services.told import count_once, newer

State = Referral.State
NOT_AT_WORK = (State.FAILED, State.NO_PARTNER, State.ALL_DECLINED, State.CANCELLED)
# Whatever the order in which news arrive, the highest rank wins.
RANKS = ("draft", "queued", "failed", "unknown", "matching", "invited", "following", "no_partner", "all_declined",
         "cancelled", "accepted")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What is told about a case: the firm reads it again before it goes."""

    case_type: str
    summary: str
    place: str
    incident_date: date | None
    consent: bool


def missing(matter: Matter, offer: Offer) -> dict[str, str]:
    """Return what a good referral still lacks, one sentence per field; empty when it can go."""
    found: dict[str, str] = {}
    client = matter.client
    if client is None:
        return {"client": "The matter has no client yet."}
    if not client.first_name or not client.last_name:
        found["client"] = "The other firm needs the client's first and last name."
    if not client.phone:
        found["client"] = "The other firm needs a phone number of the client."
    known = choices().vocabulary
    if not known:
        found["case_type"] = "The exchange's list of case types is empty. A firm admin enters it in the settings."
    elif offer.case_type not in known:
        found["case_type"] = "Choose a case type from the list: any other word would never be referred."
    if not offer.place:
        found["place"] = "In which state did it happen? It decides which firms may take the case."
    if offer.incident_date is None:
        found["incident_date"] = "When did it happen? Limitation periods count from this day."
    elif offer.incident_date > timezone.now().date():
        found["incident_date"] = "This day has not come yet."
    if not offer.summary.strip():
        found["summary"] = "Say in some sentences what happened: who, what, where, why."
    if not offer.consent:
        found["consent"] = "Record that the client has agreed to the referral."
    return found


@transaction.atomic
def refer_out(*, matter_id: uuid.UUID, offer: Offer, partner_id: uuid.UUID | None = None) -> Referral:
    """Queue a matter to be offered to other firms; while one referral of it is at work, that one is returned.

    One that failed is tried again. Publishes `referral.send_requested`. Raises NotFound, Invalid (fields of
    `missing`), Refused (`no_exchange`, archived).
    """
    tried = Referral.objects.filter(matter_id=matter_id, direction="out", state=State.FAILED, sent_at=None)
    failed = tried.select_for_update().first()  # before the matter, as news about a case does
    matter = lock_matter(matter_id)
    exchange = require_exchange()
    at_work = Referral.objects.filter(matter=matter, direction="out").exclude(state__in=NOT_AT_WORK).first()
    if at_work is not None:
        return at_work  # type: ignore[no-any-return]
    check = Checker()
    summary = check.lines("summary", offer.summary)
    if errors := {**check.errors, **missing(matter, offer)}:
        raise Invalid(errors)
    referral = failed or Referral(direction=Referral.Direction.OUT, matter=matter, created_by_id=current_actor_id())
    _take_client(referral, matter)
    referral.case_type, referral.summary, referral.place = offer.case_type, summary, offer.place
    referral.incident_date, referral.provider = offer.incident_date, exchange.key
    referral.partner = PartnerFirm.objects.filter(id=partner_id).first() if partner_id else None
    now = timezone.now()
    referral.consent_at, referral.consent_by_id = now, current_actor_id()
    _queue(referral, now)
    events.about_case("send_requested", referral)
    record(action="referral.send_requested", object_type="referral", object_id=referral.id)
    return referral


def _take_client(referral: Referral, matter: Matter) -> None:
    client = matter.client
    if client is not None:
        referral.first_name, referral.last_name = client.first_name, client.last_name
        referral.email, referral.phone = client.email, client.phone_display[:60]


def _queue(referral: Referral, now: datetime) -> None:
    referral.state, referral.requested_at, referral.trouble = State.QUEUED, now, ""
    referral.save()


@transaction.atomic
def import_case(*, matter_id: uuid.UUID, case_type: str, partner_id: uuid.UUID | None, suggestions: bool) -> Referral:
    """Queue a case that another firm handles already, to follow it; nobody is invited.

    Without a partner firm it is sent as a draft, and only on the explicit wish `suggestions`. While one referral of
    the matter is at work, that one is returned. Publishes `referral.import_requested`. Raises NotFound,
    Invalid (`partner`, `case_type`, `client`), Refused (`no_exchange`).
    """
    matter, exchange = lock_matter(matter_id), require_exchange()
    at_work = Referral.objects.filter(matter=matter, direction="out").exclude(state__in=NOT_AT_WORK).first()
    if at_work is not None:
        return at_work  # type: ignore[no-any-return]
    partner = PartnerFirm.objects.filter(id=partner_id).exclude(remote_id="").first() if partner_id else None
    errors = {}
    if partner is None and not suggestions:
        errors["partner"] = "Choose a firm with a partner firm ID, or ask for a draft with suggestions."
    if matter.client is None:
        errors["client"] = "The matter has no client yet."
    if case_type not in choices().vocabulary:
        errors["case_type"] = "Choose a case type from the list: any other word would land as “Other”."
    if errors:
        raise Invalid(errors)
    referral = Referral(
        direction=Referral.Direction.OUT, matter=matter, is_import=True, suggestions=partner is None, partner=partner,
        partner_name=partner.name if partner else "", case_type=case_type, place=matter.state, provider=exchange.key,
        created_by_id=current_actor_id(),
    )  # fmt: skip
    _take_client(referral, matter)
    _queue(referral, timezone.now())
    events.about_case("import_requested", referral)
    record(action="referral.import_requested", object_type="referral", object_id=referral.id)
    return referral


def _move(referral: Referral, state: str, origin: str) -> bool:
    """Set a state unless one of a higher rank is known; announces it. Returns whether it moved."""
    back_to_work = referral.state == State.FAILED and state in (State.MATCHING, State.FOLLOWING)
    if RANKS.index(state) <= RANKS.index(referral.state) and not back_to_work:
        return False
    referral.state = state
    events.about_case("state_changed", referral, origin=origin)
    record(action="referral.state_changed", object_type="referral", object_id=referral.id, changes={"state": state})
    return True


def _lock_out(referral_id: uuid.UUID) -> Referral:
    referral = lock_referral(referral_id)
    if referral.direction != Referral.Direction.OUT:
        raise NotFound("referral")
    return referral


@transaction.atomic
def mark_sent(*, referral_id: uuid.UUID, at: datetime | None = None, origin: str = "") -> Referral:
    """The exchange has the case: it is matched, followed (imported with a partner) or a draft there.

    News that overtook this call stay. Publishes `referral.sent` once. Returns the row. Raises NotFound.
    """
    referral = _lock_out(referral_id)
    if referral.sent_at is None:
        referral.sent_at, referral.trouble = at or timezone.now(), ""
        state = State.FOLLOWING if referral.is_import else State.MATCHING
        if referral.suggestions and referral.state in (State.QUEUED, State.UNKNOWN, State.FAILED):
            referral.state = State.DRAFT
        elif not referral.suggestions:
            _move(referral, state, origin)
        if state == State.FOLLOWING and not referral.suggestions:
            referral.update_due_at = referral.sent_at + UPDATE_EVERY
        referral.save()
        events.about_case("sent", referral, origin=origin)
        record(action="referral.sent", object_type="referral", object_id=referral.id)
    return referral


@transaction.atomic
def mark_failed(*, referral_id: uuid.UUID, trouble: str) -> Referral:
    """It was certainly not sent; `trouble` says why, in words. One that was sent stays sent. Raises NotFound."""
    referral = _lock_out(referral_id)
    if referral.sent_at is None and referral.state in (State.QUEUED, State.UNKNOWN):
        referral.state, referral.trouble = State.FAILED, trouble[:300]
        referral.save()
        events.about_case("state_changed", referral)
        record(action="referral.failed", object_type="referral", object_id=referral.id, outcome="failed")
    return referral


@transaction.atomic
def mark_unknown(*, referral_id: uuid.UUID) -> Referral:
    """It is not known whether the case arrived: it is never sent again by itself. Raises NotFound."""
    referral = _lock_out(referral_id)
    if referral.state == State.QUEUED:
        referral.state = State.UNKNOWN
        referral.save(update_fields=["state", "updated_at"])
        record(action="referral.unknown", object_type="referral", object_id=referral.id, outcome="unknown")
    return referral


@transaction.atomic
def apply_relay(*, referral_id: uuid.UUID, facts: RelayFacts, origin: str = "") -> Referral:
    """Apply what became of a case we referred out, in whatever order news come.

    Publishes `referral.state_changed` when the state moved; people are told when no firm was found. Returns the row.
    Raises NotFound; ValueError for a state that is no news of this kind.
    """
    referral, moment = _lock_out(referral_id), facts.at or timezone.now()
    if facts.state not in RANKS[RANKS.index(State.MATCHING) :]:
        raise ValueError(facts.state)
    referral.looks = max(referral.looks, facts.look, count_once(referral, "looks", facts.invitation))
    if referral.sent_at is None:
        referral.sent_at = moment  # news about it prove that it arrived
    moved = _move(referral, facts.state, origin)
    firm, rank = facts.partner_remote_id or facts.partner_name, RANKS.index(facts.state)
    if firm and newer(referral, "asked", firm, at=moment, rank=rank):
        referral.partner = partner_of(facts.partner_remote_id, facts.partner_name) or referral.partner
        referral.partner_name = facts.partner_name[:200] or referral.partner_name
    if facts.reason and newer(referral, "reason", facts.reason, at=moment):
        referral.trouble = facts.reason[:300]
    if moved and facts.state == State.ACCEPTED:
        due_from(referral, moment)
    referral.save()
    follow_result(referral, facts.state, at=moment, origin=origin)
    if moved and facts.state in (State.NO_PARTNER, State.ALL_DECLINED):
        say_lost(referral)
    return referral

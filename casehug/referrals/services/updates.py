"""Updates: what the two firms write each other about a case, with one draft and a duty every 90 days."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake.services.values import Checker
from casehug.intake.text import several_lines, single_line
from casehug.referrals import events
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.facts import UpdateFacts
from casehug.referrals.models import CaseUpdate, Referral
from casehug.referrals.services.cases import receive_stage, update_came_or_went
from casehug.referrals.services.locking import lock_referral

State = CaseUpdate.State
WRITABLE = (Referral.State.ACCEPTED, Referral.State.FOLLOWING)


def _values(title: str, content: str, stage: str) -> dict[str, str]:
    check = Checker()
    values = {
        "title": check.line("title", title, limit=255),
        "content": check.lines("content", content, required=True),
        "stage": check.line("stage", stage, limit=120),
    }
    if len(values["content"]) > 10_000:
        check.errors["content"] = "This is longer than 10,000 characters. Please shorten it."
    if check.errors:
        raise Invalid(check.errors)
    return values


def _writable(referral_id: uuid.UUID) -> Referral:
    referral = lock_referral(referral_id)
    if referral.state not in WRITABLE:
        raise Refused("case_not_shared", "There is no other firm on this case yet, so there is nobody to write to.")
    return referral


@transaction.atomic
def draft_update(*, referral_id: uuid.UUID, content: str, title: str = "", stage: str = "") -> CaseUpdate:
    """Keep the one draft of a case. Returns the row. Raises NotFound, Invalid, Refused (nobody to write to)."""
    referral, values = _writable(referral_id), _values(title, content, stage)
    row = CaseUpdate.objects.filter(referral=referral, state=State.DRAFT).first()
    row = row or CaseUpdate(referral=referral, direction=Referral.Direction.OUT, state=State.DRAFT)
    for name, value in values.items():
        setattr(row, name, value)
    row.author_id, row.happened_at = current_actor_id(), timezone.now()
    row.save()
    record(action="referral.update_drafted", object_type="case_update", object_id=row.id)
    return row


@transaction.atomic
def post_update(
    *, referral_id: uuid.UUID, content: str, title: str = "", stage: str = "", happened_at: datetime | None = None
) -> CaseUpdate:
    """Queue an update in the acting person's name; the draft of the case becomes it.

    Publishes `referral.update_requested`. Returns the row. Raises NotFound, Invalid (`title`, `content`, `stage`),
    Refused (`no_exchange`, nobody to write to).
    """
    referral, values = _writable(referral_id), _values(title, content, stage)
    require_exchange()
    row = CaseUpdate.objects.filter(referral=referral, state=State.DRAFT).first()
    row = row or CaseUpdate(referral=referral, direction=Referral.Direction.OUT)
    for name, value in values.items():
        setattr(row, name, value)
    row.state, row.author_id = State.QUEUED, current_actor_id()
    row.happened_at = happened_at or timezone.now()
    row.save()
    events.about_update("update_requested", row)
    record(action="referral.update_posted", object_type="case_update", object_id=row.id)
    return row


def drafted_words(referral: Referral) -> tuple[str, str]:
    """Return title and text of an update drafted from what is known: the person reads it before it goes."""
    stage = referral.stage or (referral.matter.get_status_display() if referral.matter else "")
    where = f"The case stands at “{stage}”." if stage else "The case is being worked on."
    since = referral.last_update_at
    day = timezone.localtime(since).strftime("%B %-d, %Y") if since else ""
    return "Status update", f"{where} There has been no other change since {day or 'the case was accepted'}."


@transaction.atomic
def update_sent(*, update_id: uuid.UUID, key: str = "", at: datetime | None = None) -> CaseUpdate:
    """The exchange has an update of ours; `key` is its id there. The 90-day duty starts anew. Raises NotFound."""
    row = _lock(update_id)
    if row.state != State.SENT:
        row.state, row.refusal = State.SENT, ""
        row.own_key = row.own_key or key[:120]
        row.save()
        update_came_or_went(row.referral, at or timezone.now())
        record(action="referral.update_sent", object_type="case_update", object_id=row.id)
    return row


@transaction.atomic
def update_refused(*, update_id: uuid.UUID, refusal: str) -> CaseUpdate:
    """The exchange has not taken an update; `refusal` says why, in words. Raises NotFound."""
    row = _lock(update_id)
    if row.state in (State.QUEUED, State.UNKNOWN):
        row.state, row.refusal = State.REFUSED, refusal[:300]
        row.save()
        record(action="referral.update_refused", object_type="case_update", object_id=row.id, outcome="refused")
    return row


@transaction.atomic
def update_unknown(*, update_id: uuid.UUID) -> CaseUpdate:
    """It is not known whether an update arrived; it is not sent again by itself. Raises NotFound."""
    row = _lock(update_id)
    if row.state == State.QUEUED:
        row.state = State.UNKNOWN
        row.save(update_fields=["state", "updated_at"])
    return row


def _lock(update_id: uuid.UUID) -> CaseUpdate:
    found = CaseUpdate.objects.filter(id=update_id).values_list("referral_id", flat=True).first()
    if found is None:
        raise NotFound("update")
    referral = lock_referral(found)
    row: CaseUpdate = CaseUpdate.objects.select_for_update().get(id=update_id)
    row.referral = referral
    return row


@transaction.atomic
def receive_update(*, referral_id: uuid.UUID, facts: UpdateFacts, origin: str = "") -> CaseUpdate:
    """Take in one message of the other firm; the same key again is the same row.

    What we wrote comes back as well (`ours`): it confirms our own row and makes no second one.
    Publishes `referral.update_received`. Returns the row. Raises NotFound.
    """
    referral = lock_referral(referral_id)
    known = CaseUpdate.objects.filter(referral=referral, own_key=facts.key[:120]).first() if facts.key else None
    if known is not None:
        return known  # type: ignore[no-any-return]
    content, moment = several_lines(facts.content), facts.happened_at or timezone.now()
    if facts.ours:
        mine = CaseUpdate.objects.filter(referral=referral, direction="out", content=content, own_key="")
        if (own := mine.exclude(state=State.DRAFT).order_by("created_at").first()) is not None:
            CaseUpdate.objects.filter(id=own.id).update(own_key=facts.key[:120])
            return update_sent(update_id=own.id, at=moment)
    row: CaseUpdate = CaseUpdate.objects.create(
        referral=referral, direction=Referral.Direction.OUT if facts.ours else Referral.Direction.IN,
        state=State.SENT if facts.ours else State.RECEIVED, title=single_line(facts.title)[:255], content=content,
        stage=single_line(facts.stage)[:120], happened_at=moment, author_name=single_line(facts.author_name)[:200],
        own_key=facts.key[:120],
    )  # fmt: skip
    update_came_or_went(referral, moment)
    if facts.stage:
        receive_stage(referral_id=referral.id, stage=facts.stage, at=facts.at or moment, origin=origin)
    events.about_update("update_received", row, origin=origin)
    record(action="referral.update_received", object_type="case_update", object_id=row.id)
    return row

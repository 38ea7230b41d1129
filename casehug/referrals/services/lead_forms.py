"""The public lead form: its settings, what people send by it, and sending such a case on, once."""

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from casehug.audit.services import record
from casehug.common import throttle
from casehug.common.actor import current_actor_id
from casehug.firms.notices import clear_notice, raise_notice
from casehug.intake.services.values import Checker
from casehug.referrals import events
from casehug.referrals.choices import choices
from casehug.referrals.errors import NO_EXCHANGE, Invalid, Refused
from casehug.referrals.exchanges import connected_exchange, require_exchange
from casehug.referrals.models import LeadForm, Referral
from casehug.referrals.notices import LEAD
from casehug.referrals.services.locking import lock_referral

State = Referral.State
CONSENT = (
    "I agree that this firm passes what I write here on to another law firm that may take my case. "
    "Sending this form does not make anybody my attorney."
)
SAME_WITHIN = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Lead:
    """What a person wrote into the form."""

    first_name: str
    last_name: str
    email: str
    phone: str
    case_type: str
    place: str
    incident_date: date | None
    summary: str
    consent: bool


def firm_of(slug: str) -> uuid.UUID | None:
    """Return the firm with this address, asked before any scope is open; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT resolve_firm_slug(%s)", [slug])
        (found,) = cursor.fetchone()
    return uuid.UUID(str(found)) if found else None


def lead_form() -> LeadForm:
    """Return the firm's form; until it was saved, a new one that is off."""
    found: LeadForm | None = LeadForm.objects.first()
    return found or LeadForm(slug="your-case", title="Tell us about your case", consent_text=CONSENT)


def open_lead_form(slug: str) -> LeadForm | None:
    """Return the form people see under this address; None when it is off or has nothing to offer."""
    found: LeadForm | None = LeadForm.objects.filter(enabled=True, slug=slug).first()
    return found if found is not None and offered(found) else None


def offered(form: LeadForm) -> list[str]:
    """Return the case types people can choose: those that the exchange still knows, word for word."""
    known = choices().vocabulary
    return [word for word in form.case_types if word in known]


@transaction.atomic
def save_lead_form(
    *, enabled: bool, slug: str, title: str, intro: str, consent_text: str, case_types: list[str]
) -> LeadForm:
    """Store the form. Returns the row. Raises Invalid (`slug`, `title`, `consent_text`, `case_types`)."""
    row, check = LeadForm.objects.select_for_update().first() or LeadForm(), Checker()
    row.enabled, row.slug = enabled, slug.strip().lower()
    row.title = check.line("title", title, limit=120, required=True)
    row.intro = check.lines("intro", intro)
    row.consent_text = check.lines("consent_text", consent_text, required=True)
    row.case_types = [word for word in choices().vocabulary if word in case_types]
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.slug) or len(row.slug) > 60:
        check.errors["slug"] = "Use up to 60 small letters, digits and single hyphens."
    if enabled and not row.case_types:
        check.errors["case_types"] = "Choose at least one case type, or switch the form off."
    if check.errors:
        raise Invalid(check.errors)
    row.save()
    record(action="lead_form.saved", object_type="lead_form", object_id=row.id, changes={"enabled": enabled})
    return row


@transaction.atomic
def take_lead(*, form: LeadForm, lead: Lead) -> Referral | None:
    """Take in what a person sent and request sending it. The same answers again within a day are one case: None.

    Without a connected exchange the case is kept, not sent, and says so. People of the firm are told. Publishes
    `referral.send_requested`. Raises Invalid (fields of `Lead`).
    """
    values = _checked(form, lead)
    told = json.dumps(values, default=str, sort_keys=True)
    same = hashlib.sha256(f"{form.id}|{told}".encode()).hexdigest()
    if throttle.hit(name="lead-same", key=same, limit=1, window_seconds=SAME_WITHIN):
        return None
    now, exchange = timezone.now(), connected_exchange()
    referral: Referral = Referral.objects.create(
        direction=Referral.Direction.OUT, lead_form=True, consent_at=now,
        state=State.QUEUED if exchange else State.FAILED, requested_at=now if exchange else None,
        provider=exchange.key if exchange else "", trouble="" if exchange else NO_EXCHANGE, **values,
    )  # fmt: skip
    changes = {"consent": form.consent_text[:500]}
    record(action="lead.received", object_type="referral", object_id=referral.id, changes=changes)
    raise_notice(
        kind=LEAD, subject_id=referral.id, title="A person offered a case by your lead form",
        url=reverse("referral", args=[referral.id]),
        text="It goes to the referral exchange by itself." if exchange else "It waits: no exchange is connected.",
    )  # fmt: skip
    if exchange:
        events.about_case("send_requested", referral)
    return referral


def _checked(form: LeadForm, lead: Lead) -> dict[str, object]:
    check = Checker()
    values: dict[str, object] = {
        "first_name": check.line("first_name", lead.first_name, limit=255, required=True),
        "last_name": check.line("last_name", lead.last_name, limit=255, required=True),
        "email": check.email("email", lead.email).text,
        "phone": check.line("phone", lead.phone, limit=60, required=True),
        "place": check.state("place", lead.place),
        "summary": check.lines("summary", lead.summary, required=True),
        "case_type": lead.case_type, "incident_date": lead.incident_date,
    }  # fmt: skip
    if values["phone"] and not check.phone("phone", lead.phone).valid:
        check.errors["phone"] = "This does not look like a phone number in use. Please check it."
    if lead.case_type not in offered(form):
        check.errors["case_type"] = "Please choose."
    if not lead.place:
        check.errors["place"] = "Please choose the state where it happened."
    if lead.incident_date is None:
        check.errors["incident_date"] = "Please say on which day it happened."
    elif lead.incident_date > timezone.localdate():
        check.errors["incident_date"] = "This day has not come yet."
    if not lead.consent:
        check.errors["consent"] = "We can only pass your case on if you agree."
    if check.errors:
        raise Invalid(check.errors)
    return values


@transaction.atomic
def send_lead(*, referral_id: uuid.UUID) -> Referral:
    """Send a case of the lead form that was certainly not sent. One under way or sent stays as it is.

    Publishes `referral.send_requested`. Returns the row. Raises NotFound, Refused (`no_exchange`, no such case).
    """
    referral = lock_referral(referral_id)
    if not referral.lead_form:
        raise Refused("not_a_lead", "This case did not come by the lead form. Send it from its matter.")
    if referral.state != State.FAILED or referral.sent_at is not None:
        return referral
    referral.provider, referral.state, referral.trouble = require_exchange().key, State.QUEUED, ""
    referral.requested_at, referral.created_by_id = timezone.now(), current_actor_id()
    referral.save()
    events.about_case("send_requested", referral)
    record(action="referral.send_requested", object_type="referral", object_id=referral.id)
    clear_notice(kind=LEAD, subject_id=referral.id)
    return referral


@transaction.atomic
def lead_seen(*, referral_id: uuid.UUID) -> None:
    """A person has looked at a case of the lead form: the notice goes. Raises NotFound."""
    clear_notice(kind=LEAD, subject_id=lock_referral(referral_id).id)

"""The public lead form: off by default, honest to people, silent to machines, one case per answers."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Notice
from casehug.outbox.models import OutboxEvent
from casehug.referrals.choices import save_choices
from casehug.referrals.models import Referral
from casehug.referrals.services.lead_forms import CONSENT
from casehug.referrals.views import leads
from tests.casehug.referrals.conftest import SETTINGS, WORD
from tests.conftest import Person

LEAD = {
    "first_name": "Ada", "last_name": "Quill", "phone": "(212) 555-0142", "email": "ada@example.com",
    "case_type": WORD, "place": "NY", "incident_date": "2026-01-05", "summary": "Rear-ended.", "consent": "on",
}  # fmt: skip
FORM = {"enabled": "on", "slug": "your-case", "title": "Your case", "consent_text": CONSENT, "case_types": [WORD]}


@pytest.fixture
def address(admin: Person, firm: Firm) -> str:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
    assert admin.browser.post(reverse("settings_lead_form"), FORM).status_code == 302
    return reverse("lead_form", args=[firm.slug, "your-case"])


def requested(firm: Firm) -> int:
    with firm_scope(firm.id):
        return OutboxEvent.objects.filter(type="referral.send_requested").count()


def test_off_and_unknown_look_the_same(admin: Person, staff: Person, firm: Firm, address: str) -> None:
    assert Browser().get(address).status_code == 200
    admin.browser.post(reverse("settings_lead_form"), {**FORM, "enabled": ""})
    answers = [Browser().get(one) for one in (address, reverse("lead_form", args=["no-firm", "your-case"]),
                                              reverse("lead_form", args=[firm.slug, "other"]))]  # fmt: skip
    assert {one.status_code for one in answers} == {404} and firm.name.encode() not in answers[0].content
    assert Browser().post(address, LEAD).status_code == 404
    assert staff.browser.post(reverse("settings_lead_form"), FORM).status_code == 403
    assert "Only a firm admin" in staff.browser.get(reverse("settings_lead_form")).content.decode()
    wrong = admin.browser.post(reverse("settings_lead_form"), {**FORM, "slug": "Über uns", "case_types": []})
    assert wrong.status_code == 422 and b"Choose at least one case type" in wrong.content


def test_answers_become_one_case_that_is_sent(connected: None, address: str, firm: Firm, staff: Person) -> None:
    for _ in range(2):
        assert Browser().post(address, LEAD).headers["Location"].endswith("/thanks/")
    assert requested(firm) == 1
    with firm_scope(firm.id):
        row = Referral.objects.get()
    assert (row.direction, row.state, row.lead_form, row.place) == ("out", "queued", True, "NY")
    assert row.consent_at is not None and row.consent_by_id is None and row.summary == "Rear-ended."
    page = staff.browser.get(reverse("referral", args=[row.id])).content.decode()
    assert "Offered by your lead form" in page and "the person" in page
    assert "looks for a law firm" in Browser().get(f"{address}thanks/").content.decode()
    with firm_scope(firm.id):
        assert Notice.objects.filter(kind="referral.lead", cleared_at=None).count() == 1
    staff.browser.post(reverse("lead_send", args=[row.id]), {"act": "seen"})
    with firm_scope(firm.id):
        assert not Notice.objects.filter(kind="referral.lead", cleared_at=None).exists()


def test_what_is_missing_is_said_at_its_field(address: str, firm: Firm) -> None:
    page = Browser().post(address, {**LEAD, "consent": "", "phone": "12", "incident_date": "2999-01-01"})
    assert page.status_code == 422
    page = Browser().post(address, {**LEAD, "phone": "12", "incident_date": "2999-01-01"})
    assert b"has not come yet" in page.content and b"phone number in use" in page.content
    assert Browser().post(address, {**LEAD, "case_type": "Dog Bite Injuries"}).status_code == 422
    with firm_scope(firm.id):
        assert not Referral.objects.exists()


def test_machines_get_thanks_and_too_many_get_a_pause(
    connected: None, address: str, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Browser().post(address, {**LEAD, "website": "x"}).status_code == 302
    monkeypatch.setattr(leads, "TRIES", 1)
    assert [Browser().post(address, LEAD).status_code for _ in range(2)] == [302, 429]
    assert requested(firm) == 1


def test_without_an_exchange_it_waits_for_a_person(
    address: str, firm: Firm, staff: Person, settings: object, request: pytest.FixtureRequest
) -> None:
    Browser().post(address, LEAD)
    with firm_scope(firm.id):
        row = Referral.objects.get()
    assert row.state == "failed" and requested(firm) == 0
    where = reverse("lead_send", args=[row.id])
    staff.browser.post(where)
    assert requested(firm) == 0
    request.getfixturevalue("connected")
    for _ in range(2):
        staff.browser.post(where)
    assert requested(firm) == 1

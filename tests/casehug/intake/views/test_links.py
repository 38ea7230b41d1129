"""The intake link: shown once, mailed, marked as sent, ended."""

import re
from collections.abc import Callable

from django.core import mail
from django.test import Client as Browser
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.intake.models import IntakeLink
from tests.casehug.intake.views.conftest import Desk
from tests.conftest import Person, make_person


def links(desk: Desk) -> list[IntakeLink]:
    """Return the links of the firm, oldest first."""
    with firm_scope(desk.firm.id):
        return list(IntakeLink.objects.order_by("created_at"))


def test_link_is_shown_once_and_opens_the_portal(desk: Desk, staff: Person, key: str) -> None:
    matter = desk.matter(desk.client())
    made = staff.browser.post(reverse("link_create", args=[matter.id]), {"idempotency_key": key})
    found = re.search(r"/portal/([A-Za-z0-9_-]{43})/", made.content.decode())
    assert made.status_code == 200 and found and made["Cache-Control"] == "no-store"
    assert Browser().get(reverse("portal_welcome", args=[found[1]])).status_code == 200
    again = staff.browser.post(reverse("link_create", args=[matter.id]), {"idempotency_key": key})
    assert again["Location"] == reverse("matter", args=[matter.id]) and len(links(desk)) == 1
    page = staff.browser.get(reverse("matter", args=[matter.id])).content.decode()
    assert found[1] not in page and "Not marked as sent" in page


def test_copied_link_is_marked_as_sent(desk: Desk, staff: Person) -> None:
    matter = desk.matter(desk.client())
    assert staff.browser.post(reverse("link_mark_sent", args=[matter.id])).status_code == 404
    desk.token(matter)
    staff.browser.post(reverse("link_mark_sent", args=[matter.id]))
    assert links(desk)[0].sent_way == "copied"
    assert "as a copied link" in staff.browser.get(reverse("matter", args=[matter.id])).content.decode()


def test_ending_asks_first_and_ends_at_once(desk: Desk, staff: Person) -> None:
    matter = desk.matter(desk.client())
    token = desk.token(matter)
    asked = staff.browser.get(reverse("link_revoke", args=[matter.id])).content.decode()
    assert "can no longer open the portal" in asked and links(desk)[0].state == "valid"
    staff.browser.post(reverse("link_revoke", args=[matter.id]))
    assert links(desk)[0].state == "revoked"
    assert Browser().get(reverse("portal_welcome", args=[token])).status_code == 404


def test_link_is_mailed_outside_any_transaction(committed_firm: Firm, key: str) -> None:
    desk, staff = Desk(committed_firm), make_person(committed_firm, Role.STAFF)
    matter = desk.matter(desk.client())
    for _ in range(2):
        staff.browser.post(reverse("link_send", args=[matter.id]), {"idempotency_key": key})
    assert len(mail.outbox) == 1 and mail.outbox[0].to == ["ada.quill@example.com"]
    token = re.search(r"/portal/([^/]+)/", mail.outbox[0].body)
    assert token and Browser().get(reverse("portal_welcome", args=[token[1]])).status_code == 200
    assert links(desk)[0].sent_way == "email"


def test_mailing_without_an_address_says_so(committed_firm: Firm) -> None:
    desk, staff = Desk(committed_firm), make_person(committed_firm, Role.STAFF)
    answer = staff.browser.post(reverse("link_send", args=[desk.matter().id]), follow=True)
    assert "has no e-mail address" in answer.content.decode() and mail.outbox == []


def test_a_form_works_once_even_when_pressed_twice_at_once(
    committed_firm: Firm, key: str, at_once: Callable[..., list[int]]
) -> None:
    desk, staff = Desk(committed_firm), make_person(committed_firm, Role.STAFF)
    matter = desk.matter(desk.client())

    def press() -> int:
        browser = Browser()
        browser.force_login(staff.user)
        return browser.post(reverse("link_create", args=[matter.id]), {"idempotency_key": key}).status_code

    assert sorted(at_once(press, press)) == [200, 302]
    assert len(links(desk)) == 1

"""Pages of outgoing webhooks: empty states, roles with reasons, the secret once, failures, resends, removal."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from integrations.models import WebhookEndpoint
from integrations.outbound import services
from tests.conftest import Person
from tests.integrations.outbound.conftest import Post, listener, outside, post
from tests.integrations.outbound.listener import Listener, status

__all__ = ["listener", "outside", "post"]
PAGE = "/settings/outgoing-webhooks/"


def fields(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "description": "Billing", "events": ["matter.created"], "content": "ids", **more}


def text_of(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def first_endpoint(post: Post) -> WebhookEndpoint:
    with firm_scope(post.firm.id):
        found: WebhookEndpoint = WebhookEndpoint.objects.get()
        return found


def test_add_send_fail_resend_rotate_remove(post: Post, admin: Person, listener: Listener) -> None:
    browser = admin.browser
    assert "No receivers yet" in text_of(browser, PAGE) and "Add a receiver" in text_of(browser, PAGE)
    answer = browser.post(f"{PAGE}new/", fields(listener.url("/secret-path"), idempotency_key="k1"))
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())
    assert answer.status_code == 200 and secret and "no-store" in answer.headers["Cache-Control"]
    again = browser.post(f"{PAGE}new/", fields(listener.url("/secret-path"), idempotency_key="k1"))
    assert again.status_code == 302  # a double click adds one receiver
    made = first_endpoint(post)
    page = f"{PAGE}{_public(made)}/"
    assert secret[0] not in text_of(browser, page) and secret[0][-4:] in text_of(browser, page)
    listener.answers = [status(500, body=b"database is full")]
    sent = browser.post(f"{page}test/", {"idempotency_key": "k2"})
    assert sent.status_code == 302
    post.run()
    shown = text_of(browser, sent.headers["Location"])
    assert "database is full" in shown and "answer 500" in shown and "next try" in shown
    assert "It is waiting to be sent already." in shown
    assert "Nothing gets through at the moment" in text_of(browser, page) and "Failing" in text_of(browser, PAGE)
    with firm_scope(post.firm.id):
        from integrations.models import WebhookDelivery

        WebhookDelivery.objects.update(status="gave_up")
    listener.answers = [status(200)]
    browser.post(f"{page}resend/", {"since": "2020-01-01T00:00"})
    post.pass_time(400)
    post.run()
    assert "100 % of 1" in text_of(browser, PAGE)
    assert "State is Delivered" in text_of(browser, f"{page}?status=delivered")
    assert "Clear filter" in text_of(browser, f"{page}?status=off")
    rotated = browser.post(f"{page}secret/", {"idempotency_key": "k3"}).content.decode()
    assert "signs along for 24 hours" in rotated and secret[0] not in rotated
    assert "End the old ones now" in text_of(browser, page)
    assert browser.post(f"{page}secret/end-old/").status_code == 302
    assert "End the old ones now" not in text_of(browser, page)
    assert browser.post(f"{page}switch/", {"on": "0"}).status_code == 422  # a reason is needed
    browser.post(f"{page}switch/", {"on": "0", "reason": "Moving to another system"})
    assert "Moving to another system" in text_of(browser, PAGE)
    assert "Switch the receiver on first." in text_of(browser, page)
    browser.post(f"{page}switch/", {"on": "1"})
    assert first_endpoint(post).active
    assert "Remove this receiver?" in text_of(browser, f"{page}remove/")
    browser.post(f"{page}remove/")
    assert "No receivers yet" in text_of(browser, PAGE) and browser.get(page).status_code == 404
    with firm_scope(post.firm.id):
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions >= {"webhook.subscribed", "webhook.tested", "webhook.resent", "webhook.secret_rotated",
                       "webhook.switched_off", "webhook.switched_on", "webhook.unsubscribed"}  # fmt: skip


def _public(made: WebhookEndpoint) -> str:
    from casehug.common.ids import public_id

    return public_id("wh", made.id)


@pytest.mark.parametrize(("wrong", "words"), [
    ({"url": "https://127.0.0.1/"}, "private or reserved network"),
    ({"url": "http://hooks.example.com/"}, "must start with https://"),
    ({"content": "full"}, "Confirm first that an agreement"),
    ({"events": []}, "This field is required"),
])  # fmt: skip
def test_wrong_values_are_said_at_the_field(
    post: Post, admin: Person, listener: Listener, wrong: dict[str, Any], words: str
) -> None:
    answer = admin.browser.post(f"{PAGE}new/", fields(listener.url()) | wrong)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_change_keeps_what_is_waiting_as_it_was(post: Post, admin: Person, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    change = fields(listener.url(), content="full", agreement_confirmed="on")
    assert admin.browser.post(f"{PAGE}{_public(made)}/change/", change).status_code == 302
    post.run()
    assert b"Quill" not in listener.got[0].body
    post.matter()
    post.run()
    assert b"Quill" in listener.got[1].body


def test_roles(post: Post, auditor: Person, staff: Person, stranger: Person, listener: Listener) -> None:
    made = post.receiver(listener.url("/capability"), kind="zapier", events=("matter.created",))
    post.matter()
    page = f"{PAGE}{_public(made)}/"
    shown = text_of(auditor.browser, page)
    assert "Only a firm admin may do this." in shown and "/capability" not in shown and "Zapier" in shown
    row = post.deliveries()[0]
    from casehug.common.ids import public_id

    one = f"{page}deliveries/{public_id('whd', row.id)}/"
    assert "Nothing was sent yet." in text_of(auditor.browser, one)
    for path in ("", "change/", "remove/", "secret/", "switch/", "test/", "resend/"):
        for person, code in ((staff, 403), (stranger, 404)):
            answer = person.browser.post(page + path) if path else person.browser.get(page)
            assert answer.status_code == code, (path, person.role)
        if path:
            assert auditor.browser.post(page + path).status_code == 403
    assert stranger.browser.get(one).status_code == 404 and stranger.browser.post(f"{one}resend/").status_code == 404


@pytest.mark.parametrize(("act", "does"), [("switch/", "switch_on"), ("secret/", "rotate"), ("remove/", "remove")])
def test_a_receiver_that_somebody_removes_meanwhile_is_not_there(
    post: Post, admin: Person, listener: Listener, monkeypatch: pytest.MonkeyPatch, act: str, does: str
) -> None:
    admin.browser.post(f"{PAGE}new/", fields(listener.url("/x"), idempotency_key="k1"))
    made, real = first_endpoint(post), getattr(services, does)

    def late(*, endpoint_id: uuid.UUID) -> Any:
        WebhookEndpoint.objects.update(deleted_at=timezone.now(), active=False)  # between the page's look and the act
        return real(endpoint_id=endpoint_id)

    monkeypatch.setattr(services, does, late)
    assert admin.browser.post(f"{PAGE}{_public(made)}/{act}", {"on": "1", "idempotency_key": "k2"}).status_code == 404

"""Events: webhooks with signature, ladder and dials; stored events with pages and dates."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from tests.plugin.exchange import Exchange
from tests.sandbox.conftest import until
from tests.sandbox.lexamica.office import Office
from tests.sandbox.test_webhooks import Listener

SECRET = "only-for-tests-01"  # noqa: S105 it signs nothing but these tests' deliveries


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.server.shutdown()
    one.server.server_close()


def mac(body: bytes) -> hmac.HMAC:
    return hmac.new(SECRET.encode(), body, hashlib.sha256)


def test_enveloped_and_signed(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    made = sender.send()
    headers, body = until(lambda: listener.got)[0]
    event = json.loads(body)
    assert headers["X-Lexamica-Signature"] == mac(body).hexdigest()
    assert headers["X-Lexamica-Event"] == event["event"] == "Case Created"
    assert headers["X-Lexamica-Delivery"] == event["eventId"] and headers["Content-Type"] == "application/json"
    assert headers["X-Lexamica-Timestamp"] == event["timestamp"] and event["organizationId"] == sender.id
    assert event["data"] == made
    until(lambda: exchange.control("GET", "deliveries")["deliveries"][0]["state"] == "delivered")


def test_bare_and_other_signatures(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    exchange.switch(envelope="bare", signature="base64")
    made = sender.send()
    headers, body = until(lambda: listener.got)[0]
    assert json.loads(body) == made
    assert headers["X-Lexamica-Signature"] == base64.b64encode(mac(body).digest()).decode()
    exchange.switch(signature="sha256=hex")
    sender.send()
    headers, body = until(lambda: listener.got[1:])[0]
    assert headers["X-Lexamica-Signature"] == f"sha256={mac(body).hexdigest()}"


def test_one_subscription_hears_one_event_type(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Relay Rejected", "Case", listener.url, SECRET)
    sender.send()
    exchange.advance(3)
    until(lambda: listener.got)
    assert [headers["X-Lexamica-Event"] for headers, _ in listener.got] == ["Case Relay Rejected"]


def test_the_ladder_repeats_the_same_event_and_ends(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    listener.statuses = [500, 302, 404, 429, 503, 500, 200]
    exchange.switch(speed=100_000)
    sender.send()
    until(lambda: len(listener.got) == 6)
    until(lambda: exchange.control("GET", "deliveries")["deliveries"][0]["state"] == "failed")
    assert len({(headers["X-Lexamica-Delivery"], body) for headers, body in listener.got}) == 1
    outcomes = [row["outcome"] for row in exchange.control("GET", "deliveries")["deliveries"][0]["attempts"]]
    assert outcomes == ["500", "302", "404", "429", "503", "500"]


def test_the_first_pause_is_ten_seconds_and_410_stops(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    listener.statuses = [500, 410]
    sender.send()
    until(lambda: exchange.control("GET", "deliveries")["deliveries"][0]["attempts"])
    exchange.advance(9)
    assert len(listener.got) == 1
    exchange.advance(1.1)
    until(lambda: exchange.control("GET", "deliveries")["deliveries"][0]["state"] == "failed")
    assert len(listener.got) == 2


def test_dials_drop_double_and_forge(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    sender.keep("Case Created", "Case")
    exchange.switch(webhook_drop=1)
    sender.send()
    exchange.switch(webhook_drop=0, webhook_duplicate=1)
    sender.send()
    until(lambda: len(listener.got) == 2)
    assert listener.got[0][1] == listener.got[1][1]
    exchange.switch(webhook_duplicate=0, webhook_wrong_signature=1)
    sender.send()
    headers, body = until(lambda: listener.got[2:])[0]
    assert headers["X-Lexamica-Signature"] != mac(body).hexdigest()
    states = [row["state"] for row in exchange.control("GET", "deliveries")["deliveries"]]
    assert states.count("dropped") == 1 and sender.stored()["total"] == 3  # polling still has all


def test_a_subscription_is_switched_off_after_failures(exchange: Exchange, sender: Office, listener: Listener) -> None:
    hook = sender.hook("Case Created", "Case", listener.url, SECRET)
    exchange.switch(webhook_disable_after=2)
    listener.statuses = [410, 410]
    for _ in range(2):
        sender.send()
    where = f"webhook-subscriptions/{hook['_id']}"
    until(lambda: sender.call("GET", where, key="private").json()["active"] is False)


def test_stored_events_by_page_event_subscription_and_date(exchange: Exchange, sender: Office) -> None:
    one, two = sender.keep("Case Created", "Case"), sender.keep("Case Relay Rejected", "Case")
    made = [sender.send()["case_id"] for _ in range(3)]
    exchange.advance(3)
    whole = sender.stored()
    assert (whole["page"], whole["limit"], whole["total"]) == (1, 50, 6)
    rows = whole["data"]
    assert [row["data"]["case_id"] for row in rows[:3]] == made and len({row["_id"] for row in rows}) == 6
    assert [row["createdAt"] for row in rows] == sorted({row["createdAt"] for row in rows})
    paged = [row for page in (1, 2, 3) for row in sender.stored(limit=2, page=page)["data"]]
    assert paged == rows and sender.stored(limit=2, page=4)["data"] == []
    assert sender.stored(event="Case Created")["total"] == sender.stored(subscriptionId=one)["total"] == 3
    assert {row["subscription"] for row in sender.stored(subscriptionId=two)["data"]} == {two}
    third = rows[2]["createdAt"]
    assert sender.stored(startDate=third)["data"] == rows[2:]  # inclusive
    assert sender.stored(endDate=third)["data"] == rows[:2]  # exclusive
    assert sender.stored()["data"] == rows  # reading deletes nothing


@pytest.mark.parametrize(
    "query", [{"limit": 201}, {"limit": 0}, {"page": 0}, {"page": "x"}, {"startDate": "yesterday"}, {"endDate": "1"}]
)
def test_stored_event_queries_that_make_no_sense(sender: Office, query: dict[str, object]) -> None:
    assert sender.call("GET", "stored-events", key="private", params=query).status_code == 400


def test_nothing_is_stored_before_and_mapped_as_it_was_then(exchange: Exchange, sender: Office) -> None:
    sender.send()
    sender.keep("Case Created", "Case")
    assert sender.stored()["total"] == 0
    sender.send()
    body = {"name": "less", "model": "Case", "fields": [{"source": "only", "target": "_id"}]}
    sender.call("PUT", f"mappings/{sender.mapping('Case')}", key="private", json=body)
    assert sender.stored()["data"][0]["data"]["first"] == "Ida"


def test_an_event_by_hand_and_forged(exchange: Exchange, sender: Office, listener: Listener) -> None:
    sender.hook("Case Created", "Case", listener.url, SECRET)
    exchange.control("POST", "events/fire", organization=sender.number, event="Case Exploded", data={"x": 1}, copies=2)
    until(lambda: len(listener.got) == 2)
    assert json.loads(listener.got[0][1])["event"] == "Case Exploded"
    exchange.control("POST", "events/fire", organization=sender.number, event="Case Created", forged=True)
    headers, body = until(lambda: listener.got[2:])[0]
    assert headers["X-Lexamica-Signature"] != mac(body).hexdigest()

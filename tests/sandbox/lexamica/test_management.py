"""Keys, mappings and subscriptions: who may call what, and the rules of each call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.exchange import Exchange
from tests.sandbox.lexamica.office import PERSON, Office


def code(answer: Any) -> tuple[int, str]:
    """Status and error code of an answer; the envelope is complete."""
    body = answer.json()
    assert body["statusCode"] == answer.status_code and body["message"] and body["requestId"]
    return answer.status_code, body["error"]


def test_each_key_does_its_own(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    path, url = "inbound-webhooks/case/{Case}/send", f"{exchange.url}/organization/{sender.id}"
    assert code(sender.call("GET", "mappings")) == (403, "wrong_key")
    assert sender.call("POST", path, key="private", json=PERSON).status_code == 201
    assert code(exchange.http.get(f"{url}/mappings")) == (401, "missing_key")
    for value in ("Key nonsense", "Bearer x", sender.facts["private_key"]):
        answer = exchange.http.get(f"{url}/mappings", headers={"Authorization": value})
        assert code(answer) == (401, "unknown_key")
    foreign = {"Authorization": f"Key {firms[0].facts['private_key']}"}
    assert code(exchange.http.get(f"{url}/mappings", headers=foreign)) == (403, "foreign_organization")
    nobody = exchange.http.get(f"{exchange.url}/organization/{'0' * 24}/mappings", headers=foreign)
    assert code(nobody) == (404, "organization_not_found")
    assert code(sender.call("GET", "nothing", key="private"))[1] == "route_not_found"


def test_the_public_key_may_stand_in_the_address_but_is_counted(exchange: Exchange, sender: Office) -> None:
    where = f"{exchange.url}/organization/{sender.id}/inbound-webhooks/case/{sender.mapping('Case')}/send"
    for name in ("key", "apiKey", "publicKey"):
        answer = exchange.http.post(where, params={name: sender.facts["public_key"]}, json=PERSON)
        assert answer.status_code == 201
    private = exchange.http.post(where, params={"key": sender.facts["private_key"]}, json=PERSON)
    assert private.status_code == 401
    assert exchange.control("GET", "ledger")["keys_in_urls"] == 4
    shown = [row["query"] for row in exchange.control("GET", "requests")["requests"]]
    assert not any("standin-" in query for query in shown)


def test_rotated_keys_stop_at_once(exchange: Exchange, sender: Office) -> None:
    exchange.control("POST", f"organizations/{sender.id}", rotate_keys=True)
    assert code(sender.call("GET", "mappings", key="private")) == (401, "unknown_key")


def test_mapping_create_list_get_replace_delete(sender: Office) -> None:
    body = {"name": "Ours", "model": "Case", "fields": [{"source": "id", "target": "_id"}]}
    made = sender.call("POST", "mappings", key="private", json=body)
    assert made.status_code == 201 and made.json()["organization"] == sender.id
    one = made.json()["_id"]
    assert len(one) == 24 and made.json()["createdAt"].endswith("Z")
    assert [row["_id"] for row in sender.call("GET", "mappings", key="private").json()["data"]] == [one]
    changed = sender.call("PUT", f"mappings/{one}", key="private", json=body | {"name": "New"})
    assert changed.status_code == 200 and changed.json()["name"] == "New"
    other = sender.call("PUT", f"mappings/{one}", key="private", json=body | {"model": "CaseUpdate"})
    assert code(other) == (400, "mapping_model_mismatch")
    kept = sender.keep("Case Created", "Case")
    used = sender.mapping("Case")
    assert code(sender.call("DELETE", f"mappings/{used}", key="private")) == (409, "mapping_in_use")
    assert sender.call("DELETE", f"stored-event-subscriptions/{kept}", key="private").status_code == 204
    assert sender.call("DELETE", f"mappings/{used}", key="private").status_code == 204
    assert code(sender.call("GET", f"mappings/{used}", key="private")) == (404, "mapping_not_found")


def test_mappings_are_private_to_their_firm(sender: Office, firms: list[Office]) -> None:
    foreign = firms[0].mapping("Case")
    assert code(sender.call("GET", f"mappings/{foreign}", key="private")) == (404, "mapping_not_found")
    assert code(sender.inbound(f"case/{foreign}/send", PERSON)) == (404, "mapping_not_found")
    assert code(sender.inbound("case/{CaseUpdate}/send", PERSON)) == (400, "mapping_model_mismatch")


def test_webhook_subscriptions(sender: Office) -> None:
    made = sender.hook("Case Created", "Case", "https://hooks.firm.example/x")
    assert "secret" not in made and made["active"] is True and made["event"] == "Case Created"
    where, body = f"webhook-subscriptions/{made['_id']}", {k: made[k] for k in ("event", "url", "mapping")}
    off = sender.call("PUT", where, key="private", json=body | {"active": False})
    assert off.status_code == 200 and off.json()["active"] is False
    assert len(sender.call("GET", "webhook-subscriptions", key="private").json()["data"]) == 1
    assert sender.call("DELETE", where, key="private").status_code == 204
    assert code(sender.call("GET", where, key="private")) == (404, "subscription_not_found")


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"event": "Case Exploded"}, (400, "validation_failed")),
        ({"url": "http://hooks.firm.example"}, (400, "validation_failed")),
        ({"secret": "short"}, (400, "validation_failed")),
        ({"mapping": None}, (400, "validation_failed")),
        ({"mapping": "0" * 24}, (404, "mapping_not_found")),
        ({"event": "Case Update Made"}, (400, "mapping_model_mismatch")),
    ],
)
def test_subscriptions_that_make_no_sense(sender: Office, change: dict[str, Any], wanted: tuple[int, str]) -> None:
    body = {"event": "Case Created", "url": "https://hooks.firm.example", "secret": "only-for-tests-01",
            "mapping": sender.mapping("Case")}  # fmt: skip
    assert code(sender.call("POST", "webhook-subscriptions", key="private", json=body | change)) == wanted


def test_bodies_that_are_not_json(sender: Office) -> None:
    json = {"Content-Type": "application/json"}
    assert code(sender.inbound("case/{Case}/send", data="{", headers=json)) == (400, "invalid_json")
    assert code(sender.inbound("case/{Case}/send", data="[]", headers=json)) == (400, "invalid_json")
    assert code(sender.inbound("case/{Case}/send", data="a=b"))[0] == 415

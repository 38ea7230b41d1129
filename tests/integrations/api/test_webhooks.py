"""Outgoing webhooks and REST hooks over the API: scopes, the secret once, strangers, Zapier's contract."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import ApiKey
from integrations.outbound import egress
from tests.conftest import Person
from tests.integrations.outbound.conftest import Post, listener, outside, post
from tests.integrations.outbound.listener import Listener

__all__ = ["listener", "outside", "post"]
API = "/api/v1/"


def call(browser: Browser, method: str, route: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    answer = browser.generic(
        method.upper(), API + route, json.dumps(body) if body is not None else "", content_type="application/json",
        headers={"X-Api-Key": key} if key else {},
    )  # fmt: skip
    return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def key(post: Post) -> str:
    with firm_scope(post.firm.id):
        return ApiKey.issue(name="Zapier", scopes=["webhooks:read", "webhooks:write"])[1]


def test_the_life_of_a_webhook(post: Post, key: str, stranger: Person, listener: Listener) -> None:
    nobody = Browser()
    code, made = call(nobody, "post", "webhooks", {"url": listener.url(), "events": ["*"]}, key)
    assert code == 201
    secret, hook = made["data"].pop("signing_secret"), made["data"]
    assert secret.startswith("whsec_") and hook["id"].startswith("wh_") and hook["active"] is True
    one = f"webhooks/{hook['id']}"
    code, read = call(nobody, "get", one, key=key)
    assert code == 200 and read["data"] == hook and secret not in json.dumps(read)
    assert call(nobody, "get", "webhooks", key=key)[1]["pagination"]["total"] == 1
    code, changed = call(nobody, "patch", one, {"events": ["matter.created"], "active": False}, key)
    assert code == 200 and (changed["data"]["events"], changed["data"]["active"]) == (["matter.created"], False)
    assert call(nobody, "post", f"{one}/test", key=key)[1]["error"]["code"] == "webhook_off"
    call(nobody, "patch", one, {"active": True}, key)
    code, test = call(nobody, "post", f"{one}/test", key=key)
    assert code == 201 and test["data"]["type"] == "webhook.test"
    post.run()
    assert json.loads(listener.got[0].body)["type"] == "webhook.test"
    assert call(nobody, "get", f"{one}/deliveries", key=key)[1]["data"][0]["status"] == "delivered"
    code, rotated = call(nobody, "post", f"{one}/rotate", key=key)
    assert code == 201 and rotated["data"]["signing_secret"] != secret
    for method, route in (("get", one), ("patch", one), ("delete", one), ("post", f"{one}/rotate"),
                          ("post", f"{one}/test"), ("get", f"{one}/deliveries")):  # fmt: skip
        assert call(stranger.browser, method, route, {} if method != "get" else None)[0] == 404
    assert call(nobody, "delete", one, key=key) == (204, None)
    assert call(nobody, "get", one, key=key)[0] == 404


def test_wrong_values_scopes_and_roles(post: Post, key: str, admin: Person, auditor: Person, staff: Person) -> None:
    for body, field in (
        ({"url": "http://hooks.example.com/", "events": ["*"]}, "url"),
        ({"url": "https://127.0.0.1/", "events": ["*"]}, "url"),
        ({"url": "https://10.0.0.1/x", "events": ["webhook.test"]}, "events"),
        ({"events": ["*"]}, "url"),
        ({"url": "https://hooks.example.com/", "events": ["*"], "include_client_data": True}, "include_client_data"),
    ):
        code, answer = call(Browser(), "post", "webhooks", body, key)
        assert code == 400 and answer["error"]["details"]["fields"][0]["field"].startswith(field), answer
    with firm_scope(post.firm.id):
        reader = ApiKey.issue(name="Reader", scopes=["webhooks:read"])[1]
        other = ApiKey.issue(name="Other", scopes=["matters:read"])[1]
    assert call(Browser(), "post", "webhooks", {}, reader)[0] == 403
    assert call(Browser(), "get", "webhooks", key=other)[0] == 403
    assert call(Browser(), "get", "webhooks")[0] in (401, 403)
    assert call(auditor.browser, "get", "webhooks")[0] == 200
    assert call(auditor.browser, "post", "webhooks", {})[0] == 403
    assert call(staff.browser, "get", "webhooks")[0] == 403
    missing = call(admin.browser, "delete", f"webhooks/{public_id('wh', uuid.uuid4())}")
    assert missing[0] == 404 and missing[1]["error"]["code"] == "webhook_not_found"


def test_client_data_needs_the_agreement(post: Post, admin: Person, listener: Listener) -> None:
    body = {"url": listener.url(), "events": ["*"], "include_client_data": True}
    code, answer = call(admin.browser, "post", "webhooks", body)
    assert code == 400 and answer["error"]["details"]["fields"][0]["field"] == "agreement_confirmed"
    code, answer = call(admin.browser, "post", "webhooks", body | {"agreement_confirmed": True})
    assert code == 201 and answer["data"]["include_client_data"] is True


def test_zapier_subscribes_samples_and_unsubscribes(
    post: Post, key: str, listener: Listener, stranger: Person
) -> None:
    nobody = Browser()
    code, me = call(nobody, "get", "me", key=key)
    assert code == 200 and me["data"]["firm_name"] == post.firm.name and me["data"]["kind"] == "api_key"
    assert call(nobody, "get", "me")[0] in (401, 403)
    invented = call(nobody, "get", "hooks/samples?event=matter.created", key=key)[1]["data"]
    assert len(invented) == 1
    code, hook = call(nobody, "post", "hooks", {"targetUrl": listener.url(), "event": "matter.created"}, key)
    assert code == 201 and hook["data"]["id"].startswith("wh_")
    for title in ("First", "Second"):
        post.matter(title)
    post.run()
    live = json.loads(listener.got[-1].body)
    found = call(nobody, "get", "hooks/samples?event=matter.created", key=key)[1]["data"]
    assert [one["created_at"] for one in found] == sorted((one["created_at"] for one in found), reverse=True)
    assert len(found) == 2 and live in found  # the very same flat body
    assert all(set(one) == set(live) for one in (*found, *invented)) and "title" not in live
    assert "webhook-signature" in listener.got[0].headers
    one = f"hooks/{hook['data']['id']}"
    assert call(stranger.browser, "delete", one)[0] == 404
    assert call(nobody, "delete", one, key=key)[0] == 204 and call(nobody, "delete", one, key=key)[0] == 404
    post.matter("Third")
    post.run()
    assert len(listener.got) == 2
    refused = call(nobody, "post", "hooks", {"targetUrl": "https://[::1]/", "event": "matter.created"}, key)
    assert refused[0] == 400 and refused[1]["error"]["details"]["fields"][0]["field"] == "targetUrl"
    assert call(nobody, "get", "hooks/samples?event=matter.created&include_client_data=true", key=key)[0] == 400


def test_samples_of_every_event_have_the_keys_of_the_live_ones(post: Post, admin: Person) -> None:
    from integrations.outbound.catalogue import EVENTS

    for one in EVENTS:
        for more in ("", "&include_client_data=true"):
            (sample,) = call(admin.browser, "get", f"hooks/samples?event={one.name}{more}")[1]["data"]
            assert {"id", "type", "created_at", "firm_id", "version"} < set(sample)


def test_a_name_that_is_not_found_is_said_at_the_field(post: Post, key: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(egress.check_url, "__defaults__", (lambda host: [],))
    body = {"url": "https://nowhere.example/", "events": ["*"]}
    code, answer = call(Browser(), "post", "webhooks", body, key)
    assert code == 400 and "not found" in answer["error"]["details"]["fields"][0]["message"]


def test_a_change_that_comes_too_late_is_refused(post: Post, key: str, listener: Listener) -> None:
    nobody = Browser()
    made = call(nobody, "post", "webhooks", {"url": listener.url(), "events": ["*"]}, key)[1]["data"]
    one = f"{API}webhooks/{made['id']}"
    tag = nobody.get(one, headers={"X-Api-Key": key})["ETag"]

    def change(text: str) -> Any:
        headers = {"X-Api-Key": key, "If-Match": tag}
        return nobody.patch(one, {"description": text}, content_type="application/json", headers=headers)

    assert change("first").status_code == 200
    late = change("second")
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed_meanwhile")
    assert call(nobody, "get", f"webhooks/{made['id']}", key=key)[1]["data"]["description"] == "first"


def test_lists_are_filtered_and_sorted(post: Post, key: str, listener: Listener) -> None:
    nobody = Browser()
    wanted = [{"url": listener.url(), "events": ["*"], "active": on} for on in (True, False)]
    ids = [call(nobody, "post", "webhooks", body, key)[1]["data"]["id"] for body in wanted]

    def listed(query: str) -> list[str]:
        return [row["id"] for row in call(nobody, "get", f"webhooks?{query}", key=key)[1]["data"]]

    assert listed("sort=created_at") == ids and listed("") == ids[::-1]
    assert listed("active=true") == ids[:1] and listed("active=false") == ids[1:] and listed("kind=zapier") == []
    call(nobody, "post", f"webhooks/{ids[0]}/test", {}, key)
    sent = f"webhooks/{ids[0]}/deliveries"
    assert call(nobody, "get", f"{sent}?type=webhook.test", key=key)[1]["pagination"]["total"] == 1
    assert call(nobody, "get", f"{sent}?type=sync.failed", key=key)[1]["pagination"]["total"] == 0
    assert call(nobody, "get", "webhooks?sort=url", key=key)[0] == 400

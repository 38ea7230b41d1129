"""The REST routes of a connection: bodies, envelopes, keys with scopes, roles, strangers, and no token anywhere."""

import json
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.api_scopes import SCOPES
from casehug.firms.models import ApiKey
from integrations.models import Connection, ExternalLink, InboundEndpoint, InboundEvent, SyncLog
from tests.integrations.desk import Desk, make_desk

API = "/api/v1/integrations/lawmatics/"


def call(browser: Browser, method: str, route: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    answer = browser.generic(
        method.upper(), API + route, json.dumps(body) if body is not None else "", content_type="application/json",
        headers=headers,
    )  # fmt: skip
    return answer.status_code, answer.json() if answer.content else None


def key(desk: Desk, *scopes: str) -> str:
    with firm_scope(desk.firm_id):
        return ApiKey.issue(name="Test", scopes=list(scopes))[1]


def test_status_before_and_after_connecting(desk: Desk) -> None:
    code, body = call(desk.admin, "get", "status")
    assert code == 200 and body["data"]["connected"] is False and body["data"]["account"] is None
    assert body["data"]["settings"]["auto_sync_on_approval"] is True
    assert body["data"]["settings"]["auto_sync_on_matter_created"] is False
    desk.connect()
    code, body = call(desk.admin, "get", "status")
    data = body["data"]
    assert data["connected"] is True and data["account"]["user_email"] == "robin.sample@example.com"
    with firm_scope(desk.firm_id):
        token = desk.must().open_token("access_token")
    assert token is not None and token.reveal() not in json.dumps(body)
    assert data["last_sync"] is None


@pytest.mark.parametrize("method", ["patch", "put"])
def test_status_changes_switches_and_pause(connected: Desk, method: str) -> None:
    wanted = {"settings": {"auto_sync_on_matter_created": True, "calls_per_minute": 30}, "paused": True}
    code, body = call(connected.admin, method, "status", wanted)
    assert code == 200 and body["data"]["paused"] is True
    assert body["data"]["settings"]["auto_sync_on_matter_created"] is True
    row = connected.must()
    assert (row.calls_per_minute, row.paused) == (30, True)
    for wrong in ({"settings": {"calls_per_minute": 0}}, {"settings": {"note_target": "moon"}}, {"paused": "maybe"}):
        code, body = call(connected.admin, method, "status", wrong)
        assert code == 400 and body["error"]["code"] == "validation_error"
        assert body["error"]["details"]["fields"][0]["field"]
    assert connected.must().calls_per_minute == 30


def test_sync_is_started_once_and_listed(connected: Desk, settle: Any) -> None:
    matter_id = connected.matter()
    body = {"matter_id": public_id("mat", matter_id)}
    code, first = call(connected.people["staff"].browser, "post", "sync", body)
    assert code == 202 and first["data"]["status"] == "ready" and first["data"]["matter_id"] == body["matter_id"]
    _, second = call(connected.people["staff"].browser, "post", "sync", body)
    assert second["data"]["id"] == first["data"]["id"]
    with firm_scope(connected.firm_id):
        item = WorkItem.objects.get(kind="sync_matter")
        WorkItem.objects.filter(id=item.id).update(next_attempt_at=item.created_at.replace(year=2020))
    settle(connected.firm_id)
    code, log = call(connected.admin, "get", "sync?per_page=2")
    assert code == 200 and log["pagination"]["per_page"] == 2 and log["pagination"]["total"] >= 4
    assert log["pagination"]["has_more"] is True and len(log["data"]) == 2
    row = log["data"][0]
    assert row["run_id"] == first["data"]["id"] and row["status"] == "success" and row["remote_id"]
    _, rest = call(connected.admin, "get", "sync?per_page=2&page=2")
    assert not {one["id"] for one in rest["data"]} & {one["id"] for one in log["data"]}
    _, none = call(connected.admin, "get", "sync?status=failed")
    assert none["data"] == [] and none["pagination"]["total"] == 0
    _, status = call(connected.admin, "get", "status")
    assert status["data"]["last_sync"]["status"] == "success"
    assert status["data"]["last_sync"]["matter_id"] == body["matter_id"]


def test_sync_refusals(connected: Desk) -> None:
    staff = connected.people["staff"].browser
    code, body = call(staff, "post", "sync", {"matter_id": public_id("mat", uuid.uuid4())})
    assert code == 404 and body["error"]["code"] == "matter_not_found"
    for wrong in ({}, {"matter_id": "cli_abc"}, {"matter_id": 7}, []):
        code, body = call(staff, "post", "sync", wrong)
        assert code == 400 and body["error"]["code"] == "validation_error"
    connected.change(state=Connection.State.NOT_CONNECTED)
    code, body = call(staff, "post", "sync", {"matter_id": public_id("mat", connected.matter())})
    assert code == 409 and body["error"]["code"] == "not_connected"
    assert call(connected.admin, "get", "sync?page=0")[0] == 400


def test_mappings_are_read_and_changed_as_a_whole(connected: Desk) -> None:
    code, body = call(connected.admin, "get", "mappings/case-types")
    rows = {row["key"]: row for row in body["data"]}
    assert code == 200 and rows["area:family_law"]["state"] == "default"
    other = rows["area:business"]["stage_id"]
    change = [{"key": "area:family_law", "stage_id": other}, {"key": "area:other", "stage_id": "999999"}]
    code, body = call(connected.admin, "put", "mappings/case-types", {"mappings": change})
    assert code == 400 and "area:other" in body["error"]["details"]["fields"][0]["field"]
    _, body = call(connected.admin, "get", "mappings/case-types")
    assert {row["key"]: row for row in body["data"]} == rows  # all or none
    code, body = call(connected.admin, "put", "mappings/case-types", {"mappings": change[:1]})
    assert code == 200
    changed = {row["key"]: row for row in body["data"]}["area:family_law"]
    assert (changed["stage_id"], changed["state"]) == (other, "chosen")


def test_disconnect(connected: Desk) -> None:
    code, body = call(connected.admin, "post", "disconnect")
    assert (code, body) == (200, {"data": {"success": True}})
    row = connected.must()
    assert row.state == Connection.State.NOT_CONNECTED and row.access_token is None
    assert call(connected.admin, "post", "disconnect")[0] == 200


ROUTES = [
    ("get", "status", {"admin", "auditor"}, "integrations:read"),
    ("patch", "status", {"admin"}, "integrations:write"),
    ("put", "status", {"admin"}, "integrations:write"),
    ("get", "sync", {"admin", "auditor"}, "integrations:read"),
    ("post", "sync", {"admin", "attorney", "staff"}, "integrations:write"),
    ("get", "mappings/case-types", {"admin", "auditor"}, "integrations:read"),
    ("put", "mappings/case-types", {"admin"}, "integrations:write"),
    ("get", "mappings/stages", {"admin", "auditor"}, "integrations:read"),
    ("put", "mappings/stages", {"admin"}, "integrations:write"),
    ("get", "mappings/fields", {"admin", "auditor"}, "integrations:read"),
    ("put", "mappings/fields", {"admin"}, "integrations:write"),
    ("get", "events", {"admin", "auditor"}, "integrations:read"),
    ("post", "authorize-url", {"admin"}, ""),
    ("post", "disconnect", {"admin"}, "integrations:write"),
]
EMPTY: dict[str, Any] = {"mappings": []}
BODIES: dict[str, Any] = {f"mappings/{kind}": EMPTY for kind in ("case-types", "stages", "fields")} | {"status": {}}


@pytest.mark.parametrize(("method", "route", "roles", "scope"), ROUTES, ids=[f"{m} {r}" for m, r, *_ in ROUTES])
def test_roles_keys_and_strangers(connected: Desk, method: str, route: str, roles: set[str], scope: str) -> None:
    matter = {"matter_id": public_id("mat", connected.matter())}
    body = None if method == "get" else BODIES.get(route, matter)
    assert call(Browser(), method, route, body)[0] == 401
    assert call(Browser(), method, route, body, **{"X-Api-Key": "ch_live_sk_wrong"})[0] == 401
    for role in ("attorney", "staff", "auditor"):
        code, answer = call(connected.people[role].browser, method, route, body)
        assert (code == 403) == (role not in roles), (role, code, answer)
    others = [one for one in SCOPES if one != scope]
    assert call(Browser(), method, route, body, **{"X-Api-Key": key(connected, *others)})[0] == 403
    if scope:
        code, _ = call(Browser(), method, route, body, **{"X-Api-Key": key(connected, scope)})
        assert code in (200, 202)
    before = connected.must()
    stranger = make_desk(connected.twin, "Northgate")
    code, answer = call(stranger.admin, method, route, body)
    assert "robin.sample" not in json.dumps(answer)
    if route == "sync" and method == "post":
        assert code in (404, 409)
    if method == "get" and route == "sync":
        assert answer["data"] == []
    after = connected.must()
    assert (after.state, after.token_version) == (before.state, before.token_version)
    assert call(connected.admin, method, route, body)[0] in (200, 201, 202)


def test_stages_and_fields_are_mapped_as_a_whole(connected: Desk) -> None:
    _, body = call(connected.admin, "get", "mappings/stages")
    line = next(one for one in body["data"] if one["kind"] == "stage")
    wanted = {"mappings": [{"key": line["key"], "value": "closed"}]}
    code, body = call(connected.admin, "put", "mappings/stages", wanted)
    assert code == 200
    assert next(one for one in body["data"] if one["key"] == line["key"])["value"] == "closed"
    wrong = {"mappings": [*wanted["mappings"], {"key": "stage:none", "value": "active"}]}
    assert call(connected.admin, "put", "mappings/stages", wrong)[0] == 400
    row = {"key": "contact:none", "owner": "contact", "field": "none", "question": "first_name"}
    code, body = call(connected.admin, "put", "mappings/fields", {"mappings": [row]})
    assert code == 400 and body["error"]["details"]["fields"][0]["field"] == "mappings.0"
    assert call(connected.admin, "get", "mappings/fields")[1] == {"data": []}
    code, _ = call(connected.admin, "put", "mappings/fields", EMPTY, **{"If-Match": '"old"'})
    assert code == 412


def test_received_events_are_listed_opened_and_processed_again(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        endpoint = InboundEndpoint(connection=connected.must(), token_hash=b"x" * 32)
        endpoint.seal_token("t" * 22)
        endpoint.save(force_insert=True)
        event = InboundEvent.objects.create(
            endpoint=endpoint, connection=connected.must(), source="webhook", verification="verified", event_id="evt_1",
            event_type="form.submitted", kind="form_submitted", subject=endpoint.id, received_at=timezone.now(),
        )  # fmt: skip
    code, body = call(connected.admin, "get", "events?result=waiting&type=form.submitted")
    assert code == 200 and body["pagination"]["total"] == 1 and "payload" not in body["data"][0]
    one = f"events/{public_id('ine', event.id)}"
    code, body = call(connected.admin, "get", one)
    assert code == 200 and body["data"]["payload"] is None
    assert call(connected.people["auditor"].browser, "get", one)[0] == 403
    code, body = call(connected.admin, "post", f"{one}/replay")
    assert code == 409 and body["error"]["code"] == "cannot_replay"


def test_connecting_starts_with_an_address_for_the_browser(connected: Desk) -> None:
    code, body = call(connected.admin, "post", "authorize-url")
    assert code == 201 and body["data"]["authorize_url"].startswith(connected.twin.url)
    code, body = call(Browser(), "post", "authorize-url", **{"X-Api-Key": key(connected, *SCOPES)})
    assert code == 403 and "signed-in" in body["error"]["message"]


def test_a_matter_shows_its_remote_id_and_sync(connected: Desk) -> None:
    matter_id = connected.matter()
    address = f"/api/v1/matters/{public_id('mat', matter_id)}"
    before = connected.admin.get(address).json()["data"]
    assert before["lawmatics_matter_id"] is None and before["lawmatics_sync"] is None
    with firm_scope(connected.firm_id):
        ExternalLink.objects.create(connection=connected.must(), remote_firm=connected.must().remote_firm,
                                    local_type="matter", local_id=matter_id, external_id="7701")  # fmt: skip
    after = connected.admin.get(address).json()["data"]
    assert after["lawmatics_matter_id"] == "7701" and after["lawmatics_sync"]["state"]
    listed = connected.admin.get("/api/v1/matters").json()["data"]
    assert [one["lawmatics_matter_id"] for one in listed if one["id"] == after["id"]] == ["7701"]


def test_unknown_provider(connected: Desk) -> None:
    for _, route, *_ in ROUTES:
        assert connected.admin.get(f"/api/v1/integrations/nobody/{route}").status_code in (404, 405)


def test_lines_without_matter_or_run(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        SyncLog.objects.create(
            connection=connected.must(), action="contact.find", status="failed", error_class="network", error_text="No."
        )
    _, body = call(connected.admin, "get", "sync")
    assert body["data"][0]["matter_id"] is None and body["data"][0]["error"] == "No."
    _, body = call(connected.admin, "get", "status")
    assert body["data"]["last_sync"] == {**body["data"]["last_sync"], "status": "failed", "error": "No."}


def test_the_description_has_no_warnings(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--fail-on-warn", "--validate")
    text = capsys.readouterr().out
    for route in ("status", "sync", "disconnect", "mappings/case-types"):
        assert f"/api/v1/integrations/{{provider}}/{route}" in text


@pytest.mark.parametrize(
    ("route", "change"),
    [
        ("status", {"settings": {"auto_sync_on_matter_created": True}}),
        ("mappings/case-types", {"mappings": [{"key": "custody_only", "stage_id": ""}]}),
        ("mappings/stages", {"mappings": [{"key": "stage:101", "value": "active"}]}),
    ],
)
def test_a_change_that_comes_too_late_is_refused(connected: Desk, route: str, change: dict[str, Any]) -> None:
    tag = connected.admin.get(API + route)["ETag"]
    assert call(connected.admin, "put", route, change, **{"If-Match": tag})[0] == 200
    code, body = call(connected.admin, "put", route, change, **{"If-Match": tag})
    assert (code, body["error"]["code"]) == (412, "changed_meanwhile")
    assert connected.admin.get(API + route)["ETag"] == body["error"]["details"]["etag"]


def test_what_is_missing_is_named(desk: Desk) -> None:
    answer = desk.admin.get("/api/v1/integrations/elsewhere/status")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "integration_not_found")
    assert answer.json()["error"]["details"] == {"resource": "integration", "id": "elsewhere"}

"""Connecting over the real consent screen: the good way, and every bad callback changes nothing."""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser

from casehug.common.models import DataKey, WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Membership, Role
from casehug.firms.services import add_member
from integrations.models import CaseTypeMapping, CatalogueItem, Connection, OAuthState
from tests.integrations.desk import CALLBACK, CONNECT, Desk, make_desk
from tests.integrations.sync.office import Twin


def test_the_whole_way(desk: Desk) -> None:
    with firm_scope(desk.firm_id):
        Connection.objects.all().delete()  # a firm that never connected
    address = desk.start()
    assert "response_type=code" in address and "scope" not in address
    answer = desk.back(desk.consent(address))
    assert answer.status_code == 302 and answer.headers["Location"] == "/"
    row = desk.must()
    assert row.state == Connection.State.CONNECTED
    assert (row.remote_firm, row.links_account) == ("8101", "8101")
    assert row.remote_email == "robin.sample@example.com"
    assert row.connected_by_id == desk.people["admin"].user.id
    with firm_scope(desk.firm_id):
        token = row.open_token("access_token")
        assert token is not None and len(token.reveal()) > 20
        assert token.reveal().encode() not in bytes(row.access_token)
        assert row.open_token("refresh_token") is None and row.token_expires_at is None
        assert CatalogueItem.objects.filter(connection=row, kind="stage").count() > 20
        divorce = CaseTypeMapping.objects.get(connection=row, case_type="area:family_law")
        stage = CatalogueItem.objects.get(connection=row, kind="stage", external_id=divorce.stage_id)
        assert stage.name == "Family Law Intake" and divorce.practice_area_id
        # The callback read the catalogue itself, so nothing of it is left to a worker.
        assert not WorkItem.objects.filter(kind="refresh_catalogue", status__in=WorkItem.LIVE).exists()
    page = desk.admin.get("/settings/integrations/lawmatics/")
    assert b"robin.sample@example.com" in page.content and token.reveal().encode() not in page.content


def test_state_is_kept_as_a_hash(desk: Desk) -> None:
    query = desk.consent(desk.start())
    with firm_scope(desk.firm_id):
        row = OAuthState.objects.get()
        assert query["state"].encode() not in bytes(row.state_hash) and len(query["state"]) >= 43
        assert row.used_at is None


@pytest.mark.parametrize("role", ["attorney", "staff", "auditor"])
def test_only_admins_start(desk: Desk, role: str) -> None:
    assert desk.people[role].browser.get(CONNECT).status_code == 403
    with firm_scope(desk.firm_id):
        assert not OAuthState.objects.exists()


def _nothing(desk: Desk) -> None:
    row = desk.connection()
    assert row is None or (row.state == Connection.State.NOT_CONNECTED and row.access_token is None)


def test_denied(desk: Desk, twin: Twin) -> None:
    twin.switch(auto_approve="deny")
    answer = desk.back(desk.consent(desk.start()))
    assert answer.status_code == 400 and b"was told not to give" in answer.content
    _nothing(desk)


def test_tampered_state(desk: Desk) -> None:
    query = desk.consent(desk.start())
    answer = desk.back(query | {"state": query["state"][:-1] + ("A" if query["state"][-1] != "A" else "B")})
    assert answer.status_code == 400 and b"was not made by CaseHug" in answer.content
    assert desk.back({"code": query["code"]}).status_code == 400
    _nothing(desk)
    assert desk.back(query).status_code == 302  # the real one still works


def test_replayed(desk: Desk) -> None:
    query = desk.consent(desk.start())
    assert desk.back(query).status_code == 302
    before = desk.must()
    answer = desk.back(query)
    assert answer.status_code == 400 and b"was used already" in answer.content
    after = desk.must()
    assert (after.token_version, after.state) == (before.token_version, before.state)


def test_expired(desk: Desk) -> None:
    query = desk.consent(desk.start())
    with firm_scope(desk.firm_id):
        state = OAuthState.objects.get()
        OAuthState.objects.filter(id=state.id).update(expires_at=state.created_at - timedelta(minutes=1))
    answer = desk.back(query)
    assert answer.status_code == 400 and b"longer than ten minutes" in answer.content
    _nothing(desk)


def test_foreign_browser_person_and_firm(desk: Desk, twin: Twin) -> None:
    query = desk.consent(desk.start())
    nobody = Browser()
    assert nobody.get(CALLBACK, query).status_code == 403
    second = Browser()  # the same person, another browser session
    second.force_login(desk.people["admin"].user)
    assert second.get(CALLBACK, query).status_code == 403
    stranger = make_desk(twin, "Northgate")
    answer = stranger.back(query)
    assert answer.status_code == 403 and b"another browser or by another person" in answer.content
    _nothing(stranger)
    _nothing(desk)
    assert desk.back(query).status_code == 302  # a foreign try does not use the state up


def test_no_longer_admin(desk: Desk) -> None:
    query = desk.consent(desk.start())
    person = desk.people["admin"]
    add_member(firm_id=desk.firm_id, email=person.user.email, name="", role=Role.STAFF)
    answer = desk.back(query)
    assert answer.status_code == 403 and b"no longer allows connecting" in answer.content
    with firm_scope(desk.firm_id):
        Membership.objects.filter(user=person.user).update(active=False)
    assert desk.back(query).status_code in (400, 403)
    _nothing(desk)


def test_another_provider_does_not_take_the_state(desk: Desk) -> None:
    query = desk.consent(desk.start())
    assert desk.admin.get(CALLBACK.replace("lawmatics", "nobody"), query).status_code == 404


def test_refused_exchange_keeps_the_old_connection(connected: Desk, settings: Any) -> None:
    before = connected.must()
    query = connected.consent(connected.start())
    settings.LAWMATICS_CLIENT_SECRET = "wrong"
    answer = connected.back(query)
    assert answer.status_code == 502 and b"invalid_client" in answer.content
    after = connected.must()
    assert (after.state, after.token_version) == (before.state, before.token_version)


@pytest.mark.parametrize("fault", [{"kind": "status_before", "status": 503}, {"kind": "reset_before"}])
def test_token_address_in_trouble(desk: Desk, twin: Twin, fault: dict[str, Any]) -> None:
    query = desk.consent(desk.start())
    twin.fault(path="/oauth/token", **fault)
    answer = desk.back(query)
    assert answer.status_code == 502 and b"did not answer" in answer.content
    _nothing(desk)


def test_unknown_account_asks_to_reconnect(connected: Desk, twin: Twin) -> None:
    query = connected.consent(connected.start())
    for _ in range(2):
        twin.fault("status_before", "/v1/users/me", "GET", status=500)
    answer = connected.back(query)
    assert answer.status_code == 502
    row = connected.must()
    assert row.state == Connection.State.NEEDS_RECONNECT and "could not be read" in row.state_reason
    assert connected.connect().status_code == 302
    assert connected.must().state == Connection.State.CONNECTED


def test_missing_settings_say_so(desk: Desk, settings: Any) -> None:
    settings.LAWMATICS_CLIENT_ID = ""
    answer = desk.admin.get(CONNECT)
    assert answer.status_code == 503 and b"client id and secret" in answer.content
    assert b"Not set up on this installation" in desk.admin.get("/settings/integrations/").content


def test_scope_is_sent_only_when_set(desk: Desk, settings: Any) -> None:
    settings.LAWMATICS_SCOPE = "read write"
    assert "scope=read+write" in desk.start()


def test_catalogue_trouble_is_left_to_a_worker(desk: Desk, twin: Twin, settle: Any) -> None:
    twin.fault("status_before", "/v1/pipelines", "GET", status=500)
    assert desk.connect().status_code == 302
    with firm_scope(desk.firm_id):
        item = WorkItem.objects.get(kind="refresh_catalogue")
        assert item.status == "ready" and not CatalogueItem.objects.exists()
        WorkItem.objects.filter(id=item.id).update(next_attempt_at=item.created_at - timedelta(minutes=1))
    assert settle(desk.firm_id) >= 1
    with firm_scope(desk.firm_id):
        assert WorkItem.objects.get(id=item.id).status == "done"
        assert CaseTypeMapping.objects.exclude(stage_id="").exists()


def test_libraries_stay_quiet() -> None:
    for name in ("requests_oauthlib", "oauthlib", "requests_oauthlib.oauth2_session"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


def test_consent_is_bound_to_ten_minutes(desk: Desk) -> None:
    desk.start()
    with firm_scope(desk.firm_id):
        state = OAuthState.objects.get()
        assert 590 < (state.expires_at - state.created_at).total_seconds() < 610
        assert DataKey.objects.count() == 0  # nothing sealed before there is something to seal


def test_a_reason_that_cannot_be_stored_is_still_a_refusal(desk: Desk) -> None:
    state = parse_qs(urlsplit(desk.start()).query)["state"][0]
    answer = desk.back({"state": state, "error": "denied\x00by\x07hand"})
    assert answer.status_code == 400
    assert desk.must().state == Connection.State.NOT_CONNECTED

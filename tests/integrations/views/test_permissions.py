"""Who may open and do what, on every page here: each role, a stranger and nobody."""

import uuid
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from casehug.common.scope import firm_scope
from integrations.models import Connection
from tests.integrations.desk import CONNECT, Desk, make_desk

ADMIN, READERS, WORKERS = {"admin"}, {"admin", "auditor"}, {"admin", "attorney", "staff"}
EVERYONE = READERS | WORKERS
ROLES = sorted(EVERYONE)

SETTINGS_READS = ["integration", "integration_case_types", "integration_log"]
PAGES: list[tuple[str, str, set[str]]] = [
    ("GET", "integrations", READERS),
    ("GET", "integration", READERS),
    ("GET", "integration_case_types", READERS),
    ("GET", "integration_log", READERS),
    ("GET", "integration_run", READERS),
    ("GET", "integration_disconnect", ADMIN),
    ("GET", "integration_account", ADMIN),
    ("GET", "api-integrations-connect", ADMIN),
    ("GET", "integration_panel", EVERYONE),
    ("GET", "integration_status_mapping", READERS),
    ("GET", "integration_webhooks", READERS),
    ("GET", "integration_webhook_event", READERS),
    ("GET", "integration_webhook_unverified", READERS),
    ("POST", "integration_status_mapping", ADMIN),
    ("POST", "integration_status_reset", ADMIN),
    ("POST", "integration_webhook_secret", ADMIN),
    ("POST", "integration_webhook_secret_end", ADMIN),
    ("POST", "integration_webhook_rotation", ADMIN),
    ("POST", "integration_webhook_check_again", ADMIN),
    ("POST", "integration_webhook_reading", ADMIN),
    ("POST", "integration_webhook_replay_range", ADMIN),
    ("POST", "integration_webhook_event_content", ADMIN),
    ("POST", "integration_webhook_event_replay", ADMIN),
    ("POST", "integration_webhook_unverified_content", ADMIN),
    ("POST", "integration_test", ADMIN),
    ("POST", "integration_settings", ADMIN),
    ("POST", "integration_pause", ADMIN),
    ("POST", "integration_disconnect", ADMIN),
    ("POST", "integration_account", ADMIN),
    ("POST", "integration_case_types", ADMIN),
    ("POST", "integration_case_type_reset", ADMIN),
    ("POST", "integration_read_again", ADMIN),
    ("POST", "integration_retry", WORKERS),
    ("POST", "integration_sync", WORKERS),
    ("POST", "integration_matter_retry", WORKERS),
    ("POST", "integration_cancel", WORKERS),
]


@pytest.fixture
def open_desk(connected: Desk) -> tuple[Desk, dict[str, Any]]:
    """A connected firm with one queued sync, and the parts of its addresses."""
    from casehug.common.models import WorkItem
    from integrations.sync.services import request_sync

    matter_id = connected.matter()
    with firm_scope(connected.firm_id):
        item = request_sync(matter_id=matter_id)
        WorkItem.objects.filter(id=item.id).update(status="dead", last_error_class="network")
    return connected, {"matter_id": matter_id, "run_id": item.id, **inbound_rows(connected)}


def inbound_rows(desk: Desk) -> dict[str, Any]:
    """Make a secret, an event and an unverified delivery; return the parts of their addresses."""
    from casehug.common.secret import Secret
    from integrations.contract.signatures import Outcome, Verdict
    from integrations.inbound import endpoints, quarantine
    from integrations.inbound.store import store
    from integrations.models import InboundEvent, QuarantinedEvent

    with firm_scope(desk.firm_id):
        connection = desk.must()
        endpoint = endpoints.ensure_endpoint(connection)
        secret = endpoints.save_secret(
            endpoint_id=endpoint.id, label="Stages", value=Secret("whsec_of_a_test"), actor_id=None
        )
        body, now = b'{"event_id": "evt_1", "event_type": "form.submitted"}', timezone.now()
        inbound = endpoints.inbound_of("lawmatics")
        assert inbound is not None
        store(endpoint=endpoint, connection=connection, change=inbound.parse(body), event_id="evt_1", body=body,
              headers={}, source="webhook", verification="verified", received_at=now)  # fmt: skip
        verdict = Verdict(Outcome.INVALID, "It does not match.")
        quarantine.keep(endpoint=endpoint, body=b"{}", headers={}, verdict=verdict, now=now)
        return {"secret_id": secret.id, "event_id": InboundEvent.objects.get().id,
                "row_id": QuarantinedEvent.objects.get().id}  # fmt: skip


PARTS = {"integration_webhook_secret_end": "secret_id", "integration_webhook_event": "event_id",
         "integration_webhook_event_content": "event_id", "integration_webhook_event_replay": "event_id",
         "integration_webhook_unverified": "row_id", "integration_webhook_unverified_content": "row_id"}  # fmt: skip


def address(name: str, ids: dict[str, Any]) -> str:
    """Return the address of a page by its name."""
    if name == "integrations":
        return reverse(name)
    if name in ("integration_run", "integration_retry"):
        return reverse(name, args=["lawmatics", ids["run_id"]])
    if name in ("integration_panel", "integration_sync", "integration_matter_retry", "integration_cancel"):
        return reverse(name, args=[ids["matter_id"], "lawmatics"])
    return reverse(name, args=["lawmatics", *([ids[PARTS[name]]] if name in PARTS else [])])


def ask(browser: Browser, method: str, url: str) -> int:
    return int(getattr(browser, method.lower())(url).status_code)


def test_every_page_is_in_the_list() -> None:
    from integrations import urls

    listed = {name for _, name, _ in PAGES} | {"api-integrations-callback", "api-integrations-webhook"}
    routes = [*urls.SETTINGS, *urls.WEBHOOKS, *urls.MATTER, *urls.urlpatterns]
    named = {one.name for one in routes if getattr(one, "name", None)}
    assert named == listed


@pytest.mark.parametrize(("method", "name", "allowed"), PAGES, ids=[f"{m} {n}" for m, n, _ in PAGES])
def test_roles(open_desk: tuple[Desk, dict[str, Any]], method: str, name: str, allowed: set[str]) -> None:
    desk, ids = open_desk
    url = address(name, ids)
    for role in ROLES:
        if role != "admin":  # the admin may really do it, so comes last
            code = ask(desk.people[role].browser, method, url)
            assert (code == 403) == (role not in allowed), (role, code)
            assert code < 500
    assert ask(desk.admin, method, url) in (200, 286, 302, 404, 422)
    nobody = ask(Browser(), method, url)
    assert nobody == 302  # to the sign-in page


@pytest.mark.parametrize(("method", "name", "allowed"), PAGES, ids=[f"{m} {n}" for m, n, _ in PAGES])
def test_a_stranger_sees_and_changes_nothing(
    open_desk: tuple[Desk, dict[str, Any]], method: str, name: str, allowed: set[str]
) -> None:
    desk, ids = open_desk
    stranger = make_desk(desk.twin, "Northgate")
    before = desk.must()
    url = address(name, ids)
    answer = getattr(stranger.admin, method.lower())(url)
    if "matter_id" in url or str(ids["run_id"]) in url or name in (
        "integration_run", "integration_retry", "integration_panel", "integration_sync",
        "integration_matter_retry", "integration_cancel", *PARTS,
    ):  # fmt: skip
        assert answer.status_code == 404
    assert b"robin.sample@example.com" not in answer.content and b"Vale divorce" not in answer.content
    after = desk.must()
    assert (before.state, before.token_version, before.paused) == (after.state, after.token_version, after.paused)


def test_unknown_provider_and_ids(connected: Desk) -> None:
    assert connected.admin.get("/settings/integrations/nobody/").status_code == 404
    assert connected.admin.get(CONNECT.replace("lawmatics", "nobody")).status_code == 404
    run = reverse("integration_run", args=["lawmatics", uuid.uuid4()])
    assert connected.admin.get(run).status_code == 404
    panel = reverse("integration_panel", args=[uuid.uuid4(), "lawmatics"])
    assert connected.admin.get(panel).status_code == 404


def test_changes_need_the_forms_token(connected: Desk) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(connected.people["admin"].user)
    for name in ("integration_disconnect", "integration_pause", "integration_settings"):
        assert strict.post(reverse(name, args=["lawmatics"])).status_code == 403
    assert connected.must().state == Connection.State.CONNECTED

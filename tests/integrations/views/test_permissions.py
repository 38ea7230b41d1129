"""Who may open and do what, on every page here: each role, a stranger and nobody."""

import uuid
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from casehug.common.scope import firm_scope
from integrations.models import BulkRow, BulkRun, CallRecord, Connection, ExternalLink
from integrations.models.outbound import WebhookDelivery, WebhookEndpoint
from integrations.models.versions import MappingVersion
from tests.integrations.desk import CONNECT, Desk, make_desk
from tests.proofs.rows import make_row

ADMIN, READERS, WORKERS = {"admin"}, {"admin", "auditor"}, {"admin", "attorney", "staff"}
EVERYONE, BULK = READERS | WORKERS, {"admin", "attorney"}
ROLES = sorted(EVERYONE)

# Method, name of the route, and who may. A POST of a page that shows and changes stands beside its GET.
PAGES: list[tuple[str, str, set[str]]] = [
    *(("GET", name, READERS) for name in (
        "integration", "integration_behaviour", "integration_case_types", "integration_fields", "integration_form",
        "integration_forms", "integration_log", "integration_log_chart", "integration_log_csv",
        "integration_mapping_export", "integration_mapping_version", "integration_mapping_versions",
        "integration_pull", "integration_pull_links", "integration_pull_why", "integration_run",
        "integration_status_mapping", "integration_webhook_event", "integration_webhook_unverified",
        "integration_webhooks", "integrations", "outgoing_webhook", "outgoing_webhook_delivery", "outgoing_webhooks",
    )),
    *(("GET", name, EVERYONE) for name in (
        "help", "help_error", "help_guide", "help_zapier", "integration_bulk", "integration_bulk_content",
        "integration_bulk_csv", "integration_bulk_progress", "integration_bulk_run", "integration_match",
        "integration_matches", "integration_panel",
    )),
    *(("GET", name, ADMIN) for name in (
        "api-integrations-connect", "integration_account", "integration_disconnect", "integration_keys",
        "integration_mapping_import", "integration_pull_link", "integration_pull_unlink", "integration_ways",
        "outgoing_webhook_edit", "outgoing_webhook_new", "outgoing_webhook_remove",
    )),
    *(("POST", name, WORKERS) for name in (
        "integration_cancel", "integration_log_retry", "integration_match_decide", "integration_matter_retry",
        "integration_retry", "integration_sync", "referral_outcome",
    )),
    *(("POST", name, BULK) for name in (
        "integration_bulk_act", "integration_bulk_check", "integration_bulk_confirm",
    )),
    *(("POST", name, ADMIN) for name in (
        "integration_account", "integration_case_type_reset", "integration_case_types",
        "integration_case_types_reset_all", "integration_disconnect", "integration_examine", "integration_fields",
        "integration_form", "integration_form_remove", "integration_forms_read_again", "integration_keys",
        "integration_mapping_import", "integration_mapping_notes", "integration_mapping_version", "integration_pause",
        "integration_pull_link", "integration_pull_look", "integration_pull_unlink", "integration_read_again",
        "integration_run_call", "integration_set_up", "integration_settings", "integration_status_mapping",
        "integration_status_reset", "integration_statuses_reset_all", "integration_test", "integration_ways",
        "integration_webhook_check_again", "integration_webhook_event_content", "integration_webhook_event_replay",
        "integration_webhook_reading", "integration_webhook_replay_range", "integration_webhook_rotation",
        "integration_webhook_secret", "integration_webhook_secret_end", "integration_webhook_unverified_content",
        "outgoing_webhook_edit", "outgoing_webhook_end_old", "outgoing_webhook_new", "outgoing_webhook_remove",
        "outgoing_webhook_resend", "outgoing_webhook_resend_failed", "outgoing_webhook_rotate",
        "outgoing_webhook_switch", "outgoing_webhook_test",
    )),
]  # fmt: skip
PLAIN = {"provider": "lawmatics", "external_id": "7701", "kind": "case_types", "number": 1, "position": 1,
         "case_type": "divorce_standard", "error_class": "network", "act": "discard"}  # fmt: skip


@pytest.fixture
def open_desk(connected: Desk) -> tuple[Desk, dict[str, Any]]:
    """A connected firm with one queued sync, and the parts of its addresses."""
    from casehug.common.models import WorkItem
    from integrations.sync.services import request_sync

    matter_id = connected.matter()
    with firm_scope(connected.firm_id):
        item = request_sync(matter_id=matter_id)
        WorkItem.objects.filter(id=item.id).update(status="dead", last_error_class="network")
    ids = PLAIN | {"matter_id": matter_id, "run_id": item.id}
    return connected, ids | inbound_rows(connected) | other_rows(connected, item.id)


def other_rows(desk: Desk, run_id: uuid.UUID) -> dict[str, Any]:
    """Make a link, a bulk sync, a call and a receiver with a delivery; return the parts of their addresses."""
    with firm_scope(desk.firm_id):
        own = Connection.objects.get()
        run, link, call = make_row(BulkRun), make_row(ExternalLink), make_row(CallRecord)
        BulkRun.objects.update(connection=own, status="planned", matched=1)
        BulkRow.objects.create(run=run, position=1, matter_id=uuid.uuid4(), action="either")
        ExternalLink.objects.update(connection=own, remote_firm="8101", local_type="matter")
        CallRecord.objects.update(connection=own, work_item_id=run_id)
        Connection.objects.exclude(id=own.id).delete()
        MappingVersion.objects.get_or_create(connection=own, kind="case_types", number=1, defaults={"snapshot": []})
        hook = WebhookEndpoint(kind="webhook", description="Ours", events=["*"], version="1")
        hook.seal_url("https://hooks.example.com/")
        hook.save(force_insert=True)
        delivery = WebhookDelivery(endpoint=hook, event_id=link.id, event_type="matter.created", digest=b"x",
                                   occurred_at=timezone.now(), status="delivered")  # fmt: skip
        delivery.save(force_insert=True)
        return {"bulk_id": run.id, "link_id": link.id, "call_id": call.id, "endpoint_id": hook.id,
                "delivery_id": delivery.id}  # fmt: skip


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


def routes() -> dict[str, tuple[str, ...]]:
    """Return every page of this app by name, with the parts of its address."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(patterns: list[Any], taken: tuple[str, ...]) -> None:
        for each in patterns:
            parts = (*taken, *each.pattern.converters)
            if isinstance(each, URLResolver):
                walk(each.url_patterns, parts)
            elif each.callback.__module__.startswith("integrations.views"):
                found[each.name] = parts

    walk([one for one in get_resolver().url_patterns if getattr(one.pattern, "converters", None) is not None], ())
    return found


ROUTES = routes()


def address(name: str, ids: dict[str, Any]) -> str:
    """Return the address of a page by its name."""
    return reverse(name, kwargs={part: ids[part] for part in ROUTES[name]})


def ask(browser: Browser, method: str, url: str) -> Any:
    """Ask, and put everything back as it was."""
    with transaction.atomic():
        answer = getattr(browser, method.lower())(url)
        if not answer.streaming:
            answer.content  # noqa: B018  (drawn while the rows are still there)
        transaction.set_rollback(True)
    return answer


def test_every_page_is_in_the_list() -> None:
    assert set(ROUTES) == {name for _, name, _ in PAGES} | {"api-integrations-callback"}


def test_roles(open_desk: tuple[Desk, dict[str, Any]]) -> None:
    desk, ids = open_desk
    wrong: list[Any] = []
    for method, name, allowed in PAGES:
        url = address(name, ids)
        for role in ROLES:
            code = ask(desk.people[role].browser, method, url).status_code
            if (code == 403) != (role not in allowed) or code == 405 or code >= 500:
                wrong.append((method, name, role, code))
        if ask(Browser(), method, url).status_code != 302:  # to the sign-in page
            wrong.append((method, name, "nobody"))
    assert wrong == []


def test_a_stranger_sees_and_changes_nothing(open_desk: tuple[Desk, dict[str, Any]]) -> None:
    desk, ids = open_desk
    stranger = make_desk(desk.twin, "Northgate")
    stranger.admin.get(reverse("integrations"))  # from here on the sign-in counts as fresh
    before, wrong = desk.must(), []
    for method, name, _ in PAGES:
        answer = ask(stranger.admin, method, address(name, ids))
        of_a_record = any(part.endswith("_id") and part != "external_id" for part in ROUTES[name])
        shows = not answer.streaming and any(mark in answer.content for mark in (b"robin.sample@", b"Vale divorce"))
        if (of_a_record and answer.status_code != 404) or shows:
            wrong.append((method, name, answer.status_code))
    assert wrong == []
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

"""The pages of what comes in: secrets never come back, contents are opened on the record, mappings are saved."""

import json
import time

from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from integrations.models import (
    Connection,
    InboundEndpoint,
    InboundEvent,
    InboundSecret,
    QuarantinedEvent,
    StatusMapping,
)
from tests.integrations.desk import Desk
from tests.integrations.inbound.conftest import Hook, make_hook

LIST = "/settings/integrations/lawmatics/webhooks/"


def hook_of(desk: Desk) -> Hook:
    return make_hook(desk.must().id, desk.firm_id)


def page(desk: Desk, query: str = "") -> str:
    answer = desk.admin.get(LIST + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_secret_is_write_only(connected: Desk) -> None:
    hook = hook_of(connected)
    assert hook.path in page(connected) and "No secret is stored yet" in page(connected)
    data = {"label": "Stages", "value": "whsec_typed_by_a_person"}
    answer = connected.admin.post(LIST + "secrets/", data, follow=True)
    assert "Stages" in answer.content.decode() and "whsec_typed" not in answer.content.decode()
    assert hook.send("form.submitted", secret="whsec_typed_by_a_person") == 200
    for wrong in ({"label": "", "value": "whsec_again"}, {"label": "x", "value": "short"},
                  {"label": "x", "value": ""}, {"label": "x" * 90, "value": "whsec_again"},
                  {"label": "x", "value": "whsec with space"}):  # fmt: skip
        answer = connected.admin.post(LIST + "secrets/", wrong)
        assert answer.status_code == 422 and "whsec_again" not in answer.content.decode()
    with firm_scope(connected.firm_id):
        assert InboundSecret.objects.count() == 1
        assert "whsec" not in str(list(AuditEntry.objects.values_list("changes", flat=True)))
    connected.admin.post(reverse("integration_webhook_secret_end", args=["lawmatics", _secret(connected)]))
    assert hook.send("form.submitted", secret="whsec_typed_by_a_person") == 401


def _secret(desk: Desk) -> object:
    with firm_scope(desk.firm_id):
        return InboundSecret.objects.get().id


def test_content_is_sealed_escaped_and_opened_on_the_record(connected: Desk) -> None:
    hook = hook_of(connected)
    hook.secret()
    event_of_a_person = {"event_id": "evt_1", "event_type": "form.submitted", "data": {"name": "<script>Jordan"}}
    body = json.dumps(event_of_a_person).encode()
    hook.post(body, hook.signed(body))
    hook.post(b"<script>stranger", {})
    assert "Jordan" not in page(connected) and "stranger" not in page(connected)
    with firm_scope(connected.firm_id):
        event, row = InboundEvent.objects.get(), QuarantinedEvent.objects.get()
        assert b"Jordan" not in bytes(event.payload or b"")
    for name, ids, word in (("integration_webhook_event", event.id, "Jordan"),
                            ("integration_webhook_unverified", row.id, "stranger")):  # fmt: skip
        detail = connected.admin.get(reverse(name, args=["lawmatics", ids])).content.decode()
        assert word not in detail
        url = reverse(f"{name}_content", args=["lawmatics", ids])
        opened = connected.admin.post(url).content.decode()
        assert f"&lt;script&gt;{word}" in opened and f"<script>{word}" not in opened
        assert connected.people["auditor"].browser.post(url).status_code == 403
        assert connected.admin.get(url).status_code == 405
    with firm_scope(connected.firm_id):
        seen = AuditEntry.objects.filter(action__endswith="content_viewed").values_list("action", "actor_id")
        assert len(seen) == 2 and all(actor == connected.people["admin"].user.id for _, actor in seen)


def test_filters_replay_and_reading(connected: Desk) -> None:
    hook = hook_of(connected)
    hook.secret()
    hook.send("form.submitted", event_id="evt_a")
    hook.send("invoice.paid", event_id="evt_b")
    run_due(firm_id=connected.firm_id)
    found = page(connected, "?type=invoice.paid")
    assert "Event is invoice.paid" in found and ">form.submitted</a>" not in found
    for odd in ("?result=nonsense", "?before=nonsense", "?text=%00", "?matter=mat_x", "?after=" + "A" * 900):
        page(connected, odd)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    later = time.strftime("%Y-%m-%dT23:59", time.gmtime(time.time() + 86_400))
    answer = connected.admin.post(LIST + "replay/", {"since": f"{day}T00:00", "until": later}, follow=True)
    assert "2 events are processed again" in answer.content.decode()
    run_due(firm_id=connected.firm_id)
    assert set(hook.results()) == {"logged"} and {event.replays for event in hook.events()} == {1}
    for wrong in ({}, {"since": "x", "until": "y"}, {"since": later, "until": f"{day}T00:00"}):
        assert connected.admin.post(LIST + "replay/", wrong).status_code == 422
    assert connected.admin.post(LIST + "reading/", {"minutes": "30"}).status_code == 302
    for wrong in ("0", "99999", "x", ""):
        assert connected.admin.post(LIST + "reading/", {"minutes": wrong}).status_code == 422
    with firm_scope(connected.firm_id):
        assert InboundEndpoint.objects.get().poll_minutes == 30


def test_check_again(connected: Desk) -> None:
    hook = hook_of(connected)
    assert hook.send("form.submitted", event_id="evt_a") == 401
    assert "does not match" not in page(connected) and "No secret is stored here yet." in page(connected)
    hook.secret()
    connected.admin.post(LIST + "check-again/")
    run_due(firm_id=connected.firm_id)
    assert [event.verification for event in hook.events()] == ["later"]
    assert "Verified later" in page(connected)


def test_rotation_switch(connected: Desk) -> None:
    hook = hook_of(connected)
    connected.admin.post(LIST + "rotation/", {"on": "1"})
    assert hook.send("form.submitted") == 503 and "End it now" in page(connected)
    connected.admin.post(LIST + "rotation/", {"on": "0"})
    assert hook.send("form.submitted") == 401


STATUS = "/settings/integrations/lawmatics/status/"


def test_status_mapping(connected: Desk) -> None:
    drawn = connected.admin.get(STATUS).content.decode()
    assert "Retained" in drawn and "Archived matters never change" in drawn
    with firm_scope(connected.firm_id):
        from integrations.mappings.status import status_table

        line = next(row for row in status_table(Connection.objects.get()).rows if row.name == "Retained")
    change = {line.key: "closed", f"was-{line.key}": "active"}
    assert connected.admin.post(STATUS, change).status_code == 302
    assert connected.admin.post(STATUS, {line.key: "archived", f"was-{line.key}": "closed"}).status_code == 422
    assert connected.admin.post(STATUS, {"stage:99999": "active"}).status_code == 422
    with firm_scope(connected.firm_id):
        assert StatusMapping.objects.get().local_status == "closed"
    connected.admin.post(STATUS + "reset/", {"key": line.key})
    with firm_scope(connected.firm_id):
        assert not StatusMapping.objects.exists()
    assert connected.people["auditor"].browser.post(STATUS, change).status_code == 403

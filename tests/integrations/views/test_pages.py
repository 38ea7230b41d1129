"""What the pages show and do: cards, connection, switches, mappings, log, run, panel and banner."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.connections import services
from integrations.models import CaseTypeMapping, CatalogueItem, Connection, SyncLog
from tests.integrations.desk import PAGE, Desk


def page(desk: Desk, url: str = PAGE, role: str = "admin") -> str:
    answer = desk.people[role].browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def panel(desk: Desk, matter_id: Any, role: str = "admin", code: int | None = None) -> str:
    answer = desk.people[role].browser.get(reverse("integration_panel", args=[matter_id, "lawmatics"]))
    assert code is None or answer.status_code == code, answer.status_code
    return str(answer.content.decode())


def press(desk: Desk, matter_id: Any, name: str = "integration_sync") -> str:
    url = reverse(name, args=[matter_id, "lawmatics"])
    return str(desk.people["staff"].browser.post(url, headers={"HX-Request": "true"}).content.decode())


def test_unconnected_card_lists_what_is_needed(desk: Desk) -> None:
    text = page(desk, "/settings/integrations/")
    for wanted in ("support@lawmatics.com", "api@lawmatics.com", "business associate", "Connect to Lawmatics"):
        assert wanted in text
    text = page(desk, "/settings/integrations/", role="auditor")
    assert "Only a firm admin may do this" in text


def test_connected_page_shows_two_states_and_figures(connected: Desk) -> None:
    text = page(connected)
    for wanted in (
        "Connected",
        "robin.sample@example.com",
        "by Firm admin",
        "Last success",
        "Nothing sent yet",
        "Test connection",
    ):
        assert wanted in text
    text = page(connected, role="auditor")
    assert "Only a firm admin may do this" in text and "Save switches" not in text


def test_test_connection_as_fragment_and_page(connected: Desk) -> None:
    url = f"{PAGE}test/"
    fragment = connected.admin.post(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and fragment.count(">Works<") == fragment.count("step-label") - 2
    whole = connected.admin.post(url).content.decode()
    assert "<html" in whole and "This test only reads" in whole


def test_switches_are_saved_and_wrong_values_explained(connected: Desk) -> None:
    values = {"auto_sync_on_matter_created": "on", "note_target": "matter", "calls_per_minute": "60"}
    assert connected.admin.post(f"{PAGE}switches/", values).status_code == 302
    row = connected.must()
    assert (row.auto_sync_on_approval, row.auto_sync_on_matter_created, row.calls_per_minute) == (False, True, 60)
    assert "Last changed" in page(connected)
    answer = connected.admin.post(f"{PAGE}switches/", values | {"calls_per_minute": "1000"})
    assert answer.status_code == 422 and b"less than or equal to 150" in answer.content
    assert connected.must().calls_per_minute == 60


def test_pause_shows_a_banner_and_resume_clears_it(connected: Desk) -> None:
    matter_id = connected.matter()
    connected.admin.post(f"{PAGE}pause/", {"on": "1"})
    text = press(connected, matter_id)
    assert "Waiting: sync is paused" in text and "data-poll" not in text
    text = page(connected)
    assert "is paused by Firm admin" in text and "One matter is waiting" in text
    connected.admin.post(f"{PAGE}pause/", {"on": "0"})
    assert "is paused by" not in page(connected)
    assert "data-poll" in panel(connected, matter_id, code=200)


def test_reconnect_banner_counts_what_waits(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        row = connected.must()
        services.mark_needs_reconnect(connection_id=row.id, reason="They removed the app.", code="x")
    text = page(connected)
    assert "no longer accepts our access" in text and "They removed the app." in text and "Reconnect" in text
    staff = connected.people["staff"].browser.get("/").content.decode()
    assert "no longer accepts our access" in staff
    matter_id = connected.matter()
    assert "Waiting for a reconnect" in press(connected, matter_id)


def test_disconnect_names_the_consequences_first(connected: Desk) -> None:
    text = page(connected, f"{PAGE}disconnect/")
    for wanted in ("What happens", "What stays", "remove the app", "no duplicates"):
        assert wanted in text
    assert connected.must().state == Connection.State.CONNECTED
    connected.admin.post(f"{PAGE}disconnect/")
    assert connected.must().state == Connection.State.NOT_CONNECTED
    text = page(connected)
    assert "The earlier connection" in text and "Connect to Lawmatics" in text
    assert "is not connected" in panel(connected, connected.matter(), code=286)


def test_mappings_are_changed_reset_and_checked(connected: Desk) -> None:
    url = f"{PAGE}case-types/"
    text = page(connected, url)
    assert "Family Law / Family Law Intake" in text and "Default" in text
    with firm_scope(connected.firm_id):
        key = "area:family_law"
        before = CaseTypeMapping.objects.get(case_type=key).stage_id
        other = CatalogueItem.objects.filter(kind="stage", name="Consultation Held").get().external_id
    form = {f"stage:{key}": other, f"was-stage:{key}": before}
    assert connected.admin.post(url, form).status_code == 302
    with firm_scope(connected.firm_id):
        row = CaseTypeMapping.objects.get(case_type=key)
        assert (row.stage_id, row.origin) == (other, "chosen")
        assert row.changed_by_id == connected.people["admin"].user.id
    assert connected.admin.post(f"{url}reset/", {"key": key}).status_code == 302
    with firm_scope(connected.firm_id):
        row = CaseTypeMapping.objects.get(case_type=key)
        assert (row.stage_id, row.origin) == (before, "default")
    answer = connected.admin.post(url, {f"stage:{key}": "999999", f"was-stage:{key}": before})
    assert answer.status_code == 422 and b"does not exist in the connected account" in answer.content
    connected.admin.post(f"{url}reset/", {"key": "nonsense"})
    assert "There is no such case type" in page(connected, url)
    assert "Only a firm admin may do this" in page(connected, url, role="auditor")


def test_a_deleted_stage_is_flagged(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        stage = CaseTypeMapping.objects.get(case_type="area:family_law").stage_id
        CatalogueItem.objects.filter(kind="stage", external_id=stage).update(gone_at=database_now())
    text = page(connected, f"{PAGE}case-types/")
    assert "Gone" in text and "(gone)" in text
    assert "no longer exists in Lawmatics" in page(connected)  # the banner, message 8
    connected.admin.post(f"{PAGE}case-types/read-again/")
    assert "no longer exists in Lawmatics" not in page(connected)


def test_panel_from_press_to_synced(connected: Desk, settle: Any) -> None:
    matter_id = connected.matter()
    text = panel(connected, matter_id, role="staff", code=286)
    assert "Not sent" in text and "Sync to Lawmatics" in text and "Goes to Family Law / Family Law Intake" in text
    text = press(connected, matter_id)
    assert "Queued" in text and "data-poll" in text and "A sync is under way" in text
    press(connected, matter_id)  # a double click joins
    with firm_scope(connected.firm_id):
        WorkItem.objects.get(kind="sync_matter")
        WorkItem.objects.update(next_attempt_at=database_now() - timedelta(seconds=5))
    settle(connected.firm_id)
    text = panel(connected, matter_id, role="staff", code=286)
    assert "Synced" in text and text.count("In Lawmatics") == 3 and "/crm/matters/" in text
    assert "What left the firm" in text and "jordan@example.com" not in text
    assert connected.twin.made() == (1, 1, 1)
    log = page(connected, f"{PAGE}log/")
    assert log.count("Vale divorce") >= 3 and "Contact: created" in log and "Intake staff" in log
    with firm_scope(connected.firm_id):
        run = WorkItem.objects.get(kind="sync_matter")
    detail = page(connected, reverse("integration_run", args=["lawmatics", run.id]))
    assert "first_name" in detail and "Pressed by a person" in detail and "Jordan" not in detail
    states = connected.admin.get("/matters/").content.decode()
    assert "Synced" in states
    assert "Lawmatics: Contact: created" in connected.admin.get(f"/matters/{_public(matter_id)}/").content.decode()


def _public(matter_id: Any) -> str:
    from casehug.common.ids import public_id

    return public_id("mat", matter_id)


def test_a_refused_sync_is_explained_and_retried(connected: Desk, settle: Any) -> None:
    matter_id = connected.matter(client=False)
    text = panel(connected, matter_id)
    assert "Add a client first" in text
    second = connected.matter(title="Reyes custody")
    connected.twin.fault("status_before", "/v1/contacts", status=422)
    connected.twin.fault("status_before", "/v1/contacts", status=422)
    press(connected, second)
    with firm_scope(connected.firm_id):
        WorkItem.objects.update(next_attempt_at=database_now() - timedelta(seconds=5))
    settle(connected.firm_id)
    text = panel(connected, second, role="staff", code=286)
    assert "Failed" in text and "Retry failed steps" in text and "did not accept what we sent" in text
    log = page(connected, f"{PAGE}log/?status=failed")
    assert "Retry" in log and "did not accept" in log
    assert "Nothing matches this filter" in page(connected, f"{PAGE}log/?status=failed&text=nobody")
    connected.twin.control("DELETE", "faults")
    text = press(connected, second, "integration_matter_retry")
    assert "Queued" in text
    with firm_scope(connected.firm_id):
        WorkItem.objects.filter(status="ready").update(next_attempt_at=database_now() - timedelta(seconds=5))
    settle(connected.firm_id)
    assert "Synced" in panel(connected, second)
    assert connected.twin.made() == (1, 1, 1)


def test_an_unanswered_call_is_never_offered_a_retry(connected: Desk, settle: Any) -> None:
    matter_id = connected.matter()
    connected.twin.fault("reset_after_commit", "/v1/contacts")
    press(connected, matter_id)
    with firm_scope(connected.firm_id):
        WorkItem.objects.update(next_attempt_at=database_now() - timedelta(seconds=5))
    settle(connected.firm_id)
    text = panel(connected, matter_id, code=200)
    assert "Unknown — checking" in text and "no answer came back" in text
    assert "Retry failed steps" not in text and "We first look whether the last try arrived" in text


def test_cancel_before_the_start(connected: Desk) -> None:
    matter_id = connected.matter()
    press(connected, matter_id)
    assert "Cancelled" in press(connected, matter_id, "integration_cancel")
    assert "already running or finished" in press(connected, matter_id, "integration_cancel")


@pytest.mark.parametrize("count", [0, 50, 51, 120])
def test_the_log_pages_by_key_and_drops_nothing(connected: Desk, count: int) -> None:
    with firm_scope(connected.firm_id):
        row = connected.must()
        moment = database_now()
        lines = [SyncLog(connection=row, action="contact.create", status="success", external_id=f"n{number}")
                 for number in range(count)]  # fmt: skip
        SyncLog.objects.bulk_create(lines)
        SyncLog.objects.update(created_at=moment)  # equal times must not hide a row
    seen: list[str] = []
    url = f"{PAGE}log/"
    for _ in range(10):
        answer = connected.admin.get(url)
        seen += [entry["line"].external_id for entry in answer.context["lines"]]
        url = answer.context["older_url"]
        if not url:
            break
    assert sorted(seen) == sorted(f"n{number}" for number in range(count))
    newer = answer.context["newer_url"]
    if count > 50:
        back = connected.admin.get(newer).context["lines"]
        last = {entry["line"].external_id for entry in answer.context["lines"]}
        assert len(back) == 50 and not last & {entry["line"].external_id for entry in back}
    assert connected.admin.get(f"{PAGE}log/?before=%00nonsense&since=moon").status_code == 200

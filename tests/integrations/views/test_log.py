"""The log's filters, causes and retries, and a run with its calls: without values, role-gated, on record."""

import html
import uuid
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.contract.records import Leaf, Source, seal_body
from integrations.models import CallRecord, MappingVersion, RemoteIntent, SyncLog
from integrations.sync.records import calls
from integrations.sync.records.log import Trouble
from integrations.sync.services import request_sync
from integrations.sync.upkeep import purge
from tests.integrations.desk import PAGE, Desk

LOG = f"{PAGE}log/"


def dead_run(desk: Desk, matter_id: uuid.UUID, *, code: str = "http_422", step: str = "matter") -> WorkItem:
    """Make a failed run of a matter with its line."""
    with firm_scope(desk.firm_id):
        item = request_sync(matter_id=matter_id)
        WorkItem.objects.filter(id=item.id).update(
            status="dead", finished_at=timezone.now(), last_error_class="validation", last_error_code=code
        )
        line(desk, item, action=f"{step}.create", status="failed", error_class="validation", error_code=code,
             error_text="Lawmatics did not accept what we sent.")  # fmt: skip
        found: WorkItem = WorkItem.objects.get(id=item.id)
        return found


def line(desk: Desk, item: WorkItem, **values: Any) -> SyncLog:
    """Add a line of a run."""
    with firm_scope(desk.firm_id):
        made: SyncLog = SyncLog.objects.create(
            connection=desk.must(), work_item_id=item.id, matter_id=item.subject_id, **values
        )
        return made


def text_of(desk: Desk, address: str) -> str:
    """Read a page of the admin."""
    answer = desk.admin.get(address)
    assert answer.status_code == 200, answer.content[:1000]
    return html.unescape(answer.content.decode())


@pytest.fixture
def failed(connected: Desk) -> tuple[Desk, WorkItem, WorkItem]:
    """Two failed runs with different causes and one line that succeeded."""
    with firm_scope(connected.firm_id):
        MappingVersion.objects.create(connection=connected.must(), kind="case_types", number=31, snapshot=[])
    one = dead_run(connected, connected.matter(title="Vale divorce"))
    other = dead_run(connected, connected.matter(title="Quill adoption"), code="form_gone", step="note")
    line(connected, one, action="contact.create", status="success", external_id="4711")
    return connected, one, other


def test_each_filter_finds_its_lines_and_says_so(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, *_ = failed
    for query, found in {
        "status=failed": 2, "action=note": 1, "cause=validation": 2, "cause=network": 0, "text=quill": 1,
        "text=4711": 1, "text=not accept": 2, "text=form_gone": 1, "text=validation.http_422": 1, "text=nowhere": 0,
        "status=failed&text=vale": 1, "since=2000-01-01&until=2000-01-02": 0,
    }.items():  # fmt: skip
        page = text_of(desk, f"{LOG}?{query}")
        assert page.count('data-label="Attempt"') == found, query
        assert found or "Clear filter" in page
    assert "Cause is Not accepted" in text_of(desk, f"{LOG}?cause=validation")
    assert "/help/errors/validation/#form_gone" in text_of(desk, LOG)


def test_many_values_of_a_text_are_read_in_one_walk(
    failed: tuple[Desk, WorkItem, WorkItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, *_ = failed
    monkeypatch.setattr("integrations.selectors.log.FEW", 0)
    assert text_of(desk, f"{LOG}?text=quill").count('data-label="Attempt"') == 1
    monkeypatch.setattr("integrations.selectors.log_text.MOST_MATTERS", 1)
    assert "newest of them are looked through" in text_of(desk, f"{LOG}?text=i")


def test_causes_are_counted_and_lead_to_their_lines(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, *_ = failed
    page = text_of(desk, f"{LOG}?group=cause&status=failed")
    assert "validation.form_gone" in page and "validation.http_422" in page
    assert "?status=failed&cause=validation&text=validation.form_gone" in page
    assert "The form chosen for this case type no longer exists" in page
    assert "No trouble on record" not in page and "Clear filter" in text_of(desk, f"{LOG}?group=cause&cause=auth")


def test_chosen_runs_are_queued_once(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, one, other = failed
    address = reverse("integration_log_retry", args=["lawmatics"])
    chosen = {"run": [public_id("run", one.id), public_id("run", uuid.uuid4()), "nonsense"]}
    said = html.unescape(desk.admin.post(address, chosen, follow=True).content.decode())
    assert "One run is queued again." in said and "Left alone: 1" in said
    again = html.unescape(desk.admin.post(address, chosen, follow=True).content.decode())
    assert "No run was queued again." in again
    with firm_scope(desk.firm_id):
        made = WorkItem.objects.get(retry_of=one.id)
        assert made.lane == WorkItem.Lane.BULK
        assert not WorkItem.objects.filter(retry_of=other.id).exists()
        assert AuditEntry.objects.filter(action="sync.retried_many", changes={"queued": 1, "left": 1}).exists()


def test_all_of_a_filter_are_queued_and_no_others(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, one, other = failed
    address = reverse("integration_log_retry", args=["lawmatics"])
    answer = desk.admin.post(f"{address}?action=note", {"all": "1"})
    assert answer.headers["Location"].endswith("log/?action=note")
    with firm_scope(desk.firm_id):
        assert WorkItem.objects.filter(retry_of=other.id).exists()
        assert not WorkItem.objects.filter(retry_of=one.id).exists()
    assert b"Nothing was retried" in desk.admin.post(f"{address}?action=note", {"all": "1"}, follow=True).content
    assert desk.people["auditor"].browser.post(address, {"all": "1"}).status_code == 403


def keep_call(desk: Desk, item: WorkItem, *, settling: bool = False) -> CallRecord:
    """Keep one call with a client's values in it."""
    body = seal_body({"email": Leaf("jordan@example.com", Source.IDENTITY), "stage_id": Leaf(12, Source.CASE)})
    values = {"jordan@example.com", "Jordan", "2025550143"}
    made = calls.Call(
        "contact", calls.now(), "PUT", "/v1/contacts/find_by_phone/2025550143/jordan%40example.com", ("fields",), 0.2,
        422, body=body, answer={"data": {"id": "71", "type": "contact", "name": "Jordan Vale"}},
        error="email jordan@example.com is taken",
    )  # fmt: skip
    with firm_scope(desk.firm_id):
        calls.keep([made], connection=desk.must(), run_id=item.id, matter_id=item.subject_id, attempt=1, values=values,
                   settling=settling)  # fmt: skip
        found: CallRecord = CallRecord.objects.latest("created_at")
        return found


def test_a_call_is_kept_without_values_and_opened_by_admins_on_record(
    failed: tuple[Desk, WorkItem, WorkItem],
) -> None:
    desk, one, other = failed
    row = keep_call(desk, one)
    assert row.path == "/v1/contacts/find_by_phone/‹…›/‹…›" and b"jordan" not in bytes(row.content).lower()
    page = text_of(desk, reverse("integration_run", args=["lawmatics", one.id]))
    assert "PUT /v1/contacts" in page and "Inspect" in page and "Copy for support" in page
    assert "Case type mappings 31" in page
    address = reverse("integration_run_call", args=["lawmatics", one.id, row.id])
    shown = html.unescape(desk.admin.post(address).content.decode())
    assert "stage_id" in shown and "number" in shown and '"id": "71"' in shown
    assert not any(word in shown for word in ("jordan", "Jordan Vale", "2025550143"))
    assert desk.people["auditor"].browser.post(address).status_code == 403
    assert desk.admin.post(reverse("integration_run_call", args=["lawmatics", other.id, row.id])).status_code == 404
    with firm_scope(desk.firm_id):
        assert AuditEntry.objects.filter(action="call.content_viewed", object_id=row.id).count() == 1


def test_what_settled_an_unanswered_call_is_told(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, one, _ = failed
    with firm_scope(desk.firm_id):
        RemoteIntent.objects.create(
            connection=desk.must(), work_item_id=one.id, kind="contact", subject_id=one.subject_id,
            matter_id=one.subject_id, marker="m", body_hmac=b"x", fence=1, send_deadline=database_now(),
            settle_until=database_now(), sent_at=database_now(), outcome="not_applied", ever_unknown=True,
        )  # fmt: skip
    keep_call(desk, one, settling=True)
    page = text_of(desk, reverse("integration_run", args=["lawmatics", one.id]))
    assert "It had not arrived" in page and "1 on record below" in page
    assert "unanswered: contact.create not_applied, 1 looks" in page
    assert "Looked whether the unanswered call had arrived" in page


def test_old_calls_and_lines_are_deleted(failed: tuple[Desk, WorkItem, WorkItem]) -> None:
    desk, one, _ = failed
    row, before = keep_call(desk, one), database_now()
    with firm_scope(desk.firm_id):
        lines = SyncLog.objects.count()
        CallRecord.objects.filter(id=row.id).update(made_at=before.replace(year=before.year - 1))
        SyncLog.objects.filter(action="contact.create").update(created_at=before.replace(year=before.year - 3))
    assert purge() == 2 and purge() == 0
    with firm_scope(desk.firm_id):
        assert SyncLog.objects.count() == lines - 1 and not CallRecord.objects.exists()


def test_a_text_always_fits_its_index() -> None:
    assert len(Trouble("validation", "x", "ü" * 3000).text.encode()) <= 2000

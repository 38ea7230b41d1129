"""Pages of bulk syncs: what each role may do, double clicks, stale plans, other firms, files of every record."""

import csv
import io
import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.intake.models import CaseType
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter, update_matter
from integrations.models import BulkRow, BulkRun
from tests.integrations.desk import Desk, make_desk

HOME = reverse("integration_bulk", args=["lawmatics"])
CHECK = reverse("integration_bulk_check", args=["lawmatics"])


@pytest.fixture
def office(connected: Desk) -> Desk:
    """A connected firm with seven matters; one has no client, one a title that a spreadsheet would run."""
    with firm_scope(connected.firm_id):
        case_type = CaseType.objects.get(key="divorce_standard")
        for n in range(6):
            person = create_client(first_name="Jordan", last_name=f"Vale {n}", email=f"jordan.{n}@example.com")
            title = "=1+1" if n == 5 else f"Vale {n}"
            create_matter(title=title, case_type_id=case_type.id, client_id=person.id)
        create_matter(title="Nobody yet", case_type_id=case_type.id)
    return connected


def act(desk: Desk, run: BulkRun, name: str, who: str = "admin") -> Any:
    return desk.people[who].browser.post(reverse("integration_bulk_act", args=["lawmatics", run.id, name]))


def latest(desk: Desk) -> BulkRun:
    with firm_scope(desk.firm_id):
        return BulkRun.objects.latest("created_at")


def planned(desk: Desk, **choice: Any) -> BulkRun:
    answer = desk.admin.post(CHECK, {"scope": "unsynced", **choice})
    assert answer.status_code == 302
    work(desk)
    return latest(desk)


def work(desk: Desk) -> None:
    """Work until nothing moves; a driver is not waited for."""
    for _ in range(12):
        with firm_scope(desk.firm_id):
            WorkItem.objects.filter(status="ready").update(next_attempt_at="2020-01-01T00:00:00Z")
        run_due(firm_id=desk.firm_id, limit=10)


def page(desk: Desk, run: BulkRun, who: str = "admin", **query: str) -> str:
    answer = desk.people[who].browser.get(reverse("integration_bulk_run", args=["lawmatics", run.id]), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def confirm(desk: Desk, run: BulkRun, typed: str, who: str = "admin") -> Any:
    browser = desk.people[who].browser
    return browser.post(reverse("integration_bulk_confirm", args=["lawmatics", run.id]), {"records": typed})


def test_from_the_choice_to_the_file(office: Desk) -> None:
    assert "7</span> matters are not in Lawmatics" in office.admin.get(HOME).content.decode()
    run = planned(office)
    text = page(office, run)
    assert "<strong>7</strong> matters checked, nothing sent yet" in text and "6</strong> new whose contact" in text
    assert "It has no client yet" in page(office, run, show="left_out") and "Type 6 to confirm" in text
    assert "Automations in Lawmatics may write to these clients" in text
    content = office.admin.get(reverse("integration_bulk_content", args=["lawmatics", run.id, 1])).content.decode()
    assert "jordan.0@example.com" in content and "case_title" in content
    assert "Nothing was done" in confirm(office, run, "60").content.decode()
    assert confirm(office, run, "6").status_code == 302
    assert confirm(office, run, "6").status_code == 409  # the second click
    work(office)
    assert "The first 5 have been sent as a trial" in page(office, run)
    assert act(office, run, "continue").status_code == 302
    work(office)
    text = page(office, run)
    assert "Finished" in text and "Every record" in text and latest(office).status == "done"
    file = office.admin.get(reverse("integration_bulk_csv", args=["lawmatics", run.id]))
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(lines) == 8 and {line[4] for line in lines[1:]} == {"done", "left out"}
    assert [line[1] for line in lines if "1+1" in line[1]] == ["'=1+1"]
    assert "Every matter that is not archived" not in office.admin.get(HOME).content.decode()
    with firm_scope(office.firm_id):
        BulkRun.objects.update(finished_at="2020-01-01T00:00:00Z")
    assert office.admin.get(reverse("integration_bulk_csv", args=["lawmatics", run.id])).status_code == 410


def test_a_poll_ends_where_a_person_is_needed(office: Desk) -> None:
    office.admin.post(CHECK, {"scope": "unsynced"})
    run = latest(office)
    address = reverse("integration_bulk_progress", args=["lawmatics", run.id])
    moving = office.admin.get(address)
    assert moving.status_code == 200 and b"data-poll" in moving.content
    work(office)
    over = office.admin.get(address)
    assert over.status_code == 286 and over.headers["HX-Refresh"] == "true"


def test_two_clicks_are_one_dry_run_and_a_selection_is_kept_to_the_firm(office: Desk, twin: Any) -> None:
    other = make_desk(twin, "Other")
    with firm_scope(other.firm_id):
        theirs = create_matter(title="Theirs", case_type_id=CaseType.objects.first().id)  # type: ignore[union-attr]
    with firm_scope(office.firm_id):
        mine = create_matter(title="Mine", case_type_id=CaseType.objects.first().id)  # type: ignore[union-attr]
    form = {"scope": "selection", "matter": [mine.public_id, theirs.public_id, "mat_nonsense"],
            "idempotency_key": str(uuid.uuid4())}  # fmt: skip
    first, second = office.admin.post(CHECK, form), office.admin.post(CHECK, form)
    assert first.headers["Location"] == second.headers["Location"]
    with firm_scope(office.firm_id):
        assert list(BulkRow.objects.values_list("matter_id", flat=True)) == [mine.id]
    none = office.admin.post(CHECK, {"scope": "selection", "matter": [theirs.public_id]}, follow=True)
    assert "no matter in this choice" in none.content.decode()
    assert office.admin.post(CHECK, {"scope": "everything"}).status_code == 404
    assert other.admin.get(reverse("integration_bulk_run", args=["lawmatics", latest(office).id])).status_code == 404


def test_roles(office: Desk) -> None:
    run = planned(office)
    for who in ("staff", "auditor"):
        text = page(office, run, who)
        assert (
            "Only a firm admin or attorney may do this" in text and "Case Type Mappings" not in text or who != "staff"
        )
        assert confirm(office, run, "6", who).status_code == act(office, run, "discard", who).status_code == 403
        assert office.people[who].browser.post(CHECK, {"scope": "unsynced"}).status_code == 403
    assert confirm(office, run, "6", "attorney").status_code == 302
    assert act(office, run, "explode").status_code == 404


def test_a_stale_plan_is_checked_again(office: Desk) -> None:
    run = planned(office)
    with firm_scope(office.firm_id):
        BulkRun.objects.update(planned_at="2020-01-01T00:00:00Z")
    refused = confirm(office, run, "6")
    assert refused.status_code == 409 and "more than 24 hours old" in refused.content.decode()
    assert act(office, run, "again").status_code == 302
    again = latest(office)
    assert again.id != run.id and again.status == "planning"
    assert act(office, run, "pause").status_code == 409


def test_the_list_of_matters_offers_boxes_and_the_filter(office: Desk) -> None:
    text = office.admin.get(reverse("matters"), {"q": "Vale 3"}).content.decode()
    assert text.count('name="matter"') == 1 and "Dry run for all of this filter" in text
    hidden = re.search(r'name="filter" value="([^"]*)"', text)
    assert hidden is not None
    run = planned(office, scope="filter", filter=hidden[1], words="text “Vale 3”")
    with firm_scope(office.firm_id):
        row = BulkRow.objects.get(run=run)
        update_matter(matter_id=row.matter_id, title="Changed")
    content = reverse("integration_bulk_content", args=["lawmatics", run.id, 1])
    assert "Changed after the dry run" in office.admin.get(content).content.decode()
    assert (
        'aria-disabled="true" id="bulk-chosen"'
        in office.people["staff"].browser.get(reverse("matters")).content.decode()
    )

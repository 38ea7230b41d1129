"""The log as a file and as a chart: filter, formulas, cut, one firm only, days without gaps."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.models import SyncLog
from integrations.selectors.log import LogFilter
from integrations.selectors.log_export import HEADERS, days, export_cells
from tests.integrations.desk import Desk, make_desk

CSV, CHART = (reverse(f"integration_log_{name}", args=["lawmatics"]) for name in ("csv", "chart"))


def add(desk: Desk, count: int = 1, **values: Any) -> None:
    with firm_scope(desk.firm_id):
        row = desk_connection(desk)
        line = {"action": "matter.create", "status": "success"} | values
        SyncLog.objects.bulk_create([SyncLog(connection=row, **line) for _ in range(count)])


def desk_connection(desk: Desk) -> Any:
    return desk.must()


def lines(browser: Browser, query: str = "") -> list[list[str]]:
    answer: Any = browser.get(CSV + query)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_holds_the_filter_and_no_formula(connected: Desk) -> None:
    matter_id = connected.matter(title="=HYPERLINK(A1)")
    add(connected, matter_id=matter_id, external_id="77")
    add(connected, status="failed", error_class="validation", error_text="@SUM(1)", attempt=2)
    header, *rows = lines(connected.admin)
    assert header == list(HEADERS) and len(rows) == 2
    failed = lines(connected.admin, "?status=failed")[1:]
    assert len(failed) == 1 and failed[0][5] == "Failed" and failed[0][9] == "'@SUM(1)" and failed[0][7] == "2"
    done = lines(connected.admin, "?status=success")[1]
    assert done[2] == "'=HYPERLINK(A1)" and done[3].startswith("mat_") and done[6] == "77"
    assert lines(connected.admin, "?status=nonsense")[1:] == rows  # as on the page: a wrong value does not filter
    with firm_scope(connected.firm_id):
        found = AuditEntry.objects.filter(action="sync_log.exported")
        assert found.filter(changes={"filtered_by": ["status"]}).exists()


def test_every_line_once_over_many_pieces_and_a_visible_cut(connected: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.selectors.log_export.CHUNK", 3)
    add(connected, 10)  # one statement, so all have the same time: the id has to tell them apart
    with firm_scope(connected.firm_id):
        ids = set(SyncLog.objects.values_list("id", flat=True))
    wanted: dict[str, Any] = {"firm_id": connected.firm_id, "connection": connected.must(), "wanted": LogFilter()}
    assert len(ids) == len(list(export_cells(**wanted))) == 10
    assert len(list(export_cells(**wanted, most=10))) == 10
    for most in (3, 4, 9):
        cut = list(export_cells(**wanted, most=most))
        assert len(cut) == most + 1 and cut[-1][0].startswith(f"Cut off here: a file holds at most {most} operations")


def test_days_have_no_gaps_and_follow_the_firms_zone(connected: Desk) -> None:
    now = database_now()
    add(connected, 2)
    add(connected, status="failed")
    add(connected, status="nothing")
    with firm_scope(connected.firm_id):
        SyncLog.objects.filter(status="failed").update(created_at=now - timedelta(days=29))
        shown = days(connected.must(), zone="UTC", today=now.date())
        later = days(connected.must(), zone="Pacific/Kiritimati", today=(now + timedelta(hours=14)).date())
    assert len(shown) == 30 and (shown[-1]["ok"], shown[0]["failed"]) == (2, 1)
    assert sum(day["ok"] + day["failed"] for day in shown) == 3
    assert later[-1]["date"] == (now + timedelta(hours=14)).date() and later[-1]["ok"] == 2


def test_page_part_and_links(connected: Desk) -> None:
    add(connected)
    page = connected.admin.get(reverse("integration_log", args=["lawmatics"]) + "?status=success").content.decode()
    assert f'href="{CSV}?status=success"' in page and f'hx-get="{CHART}"' in page and "50 000" in page
    part = connected.admin.get(CHART, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "1 done, 0 failed in 30 days" in part
    assert "<html" in connected.admin.get(CHART).content.decode()


@pytest.mark.parametrize("url", [CSV, CHART])
def test_roles_stranger_and_nobody(connected: Desk, url: str) -> None:
    add(connected, error_text="only of Harbor")
    for role in ("admin", "auditor"):
        assert connected.people[role].browser.get(url).status_code == 200
    for role in ("attorney", "staff"):
        assert connected.people[role].browser.get(url).status_code == 403
    assert Browser().get(url).status_code == 302
    assert connected.admin.get(url.replace("lawmatics", "nobody")).status_code == 404
    assert connected.admin.post(url).status_code == 405
    stranger = make_desk(connected.twin, "Northgate")
    if url == CSV:
        assert lines(stranger.admin) == [list(HEADERS)]
    else:
        assert "0 done, 0 failed" in stranger.admin.get(url).content.decode()

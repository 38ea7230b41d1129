"""Help: five groups for every member, a page per kind of error, links from where errors are shown."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.models import SyncLog
from integrations.sync.messages import causes, error_classes
from integrations.sync.services import request_sync
from integrations.views.faq import GROUPS
from integrations.views.help_pages import TITLES
from tests.integrations.desk import Desk

HELP = reverse("help")


def text(browser: Browser, url: str = HELP) -> str:
    answer: Any = browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def test_five_groups_open_on_demand_and_for_paper(desk: Desk) -> None:
    page = text(desk.admin)
    for title in (
        "Data &amp; Sync",
        "Pipeline &amp; Campaigns",
        "Configuration",
        "Security &amp; Compliance",
        "Technical",
    ):
        assert f">{title}</h2>" in page
    assert page.count("<details") >= sum(len(group.questions) for group in GROUPS) and "<details open" not in page
    assert text(desk.admin, f"{HELP}?print=1").count("<details open") == sum(len(group.questions) for group in GROUPS)
    for wanted in ("support@lawmatics.com", "api@lawmatics.com", "business associate", "faster and more reliable"):
        assert wanted in page
    assert f'href="{reverse("integrations")}"' in page


def test_every_member_finds_it_and_the_way_back_is_open_to_them(desk: Desk) -> None:
    for role, person in desk.people.items():
        page = text(person.browser)
        back = "integrations" if role in ("admin", "auditor") else "dashboard"
        assert f'<a href="{reverse(back)}">Back to' in page
        assert f'href="{HELP}"' in text(person.browser, reverse("dashboard"))
        assert person.browser.get(reverse("help_error", args=["network"])).status_code == 200
    assert Browser().get(HELP).status_code == 302
    assert Browser().get(reverse("help_error", args=["network"])).status_code == 302


@pytest.mark.parametrize("error_class", error_classes())
def test_each_kind_of_error_has_a_page_with_all_its_causes(desk: Desk, error_class: str) -> None:
    page = text(desk.people["staff"].browser, reverse("help_error", args=[error_class]))
    assert error_class in TITLES and "{name}" not in page
    found = causes(error_class)
    assert found and page.count("Who can fix it") == len(found)
    assert all(f'id="{code}"' in page for code, _ in found if code)


def test_no_page_for_a_kind_that_does_not_exist(desk: Desk) -> None:
    assert desk.admin.get("/help/errors/nonsense/").status_code == 404


def test_the_log_leads_to_the_page_of_its_error(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        SyncLog.objects.create(connection=connected.must(), action="matter.create", status="failed",
                               error_class="validation", error_code="no_client")  # fmt: skip
    page = text(connected.admin, reverse("integration_log", args=["lawmatics"]))
    assert 'href="/help/errors/validation/#no_client"' in page


def test_a_failed_run_leads_to_the_page_of_its_error(connected: Desk) -> None:
    matter_id = connected.matter()
    with firm_scope(connected.firm_id):
        item = request_sync(matter_id=matter_id)
        WorkItem.objects.filter(id=item.id).update(status="dead", last_error_class="network", last_error_code="gave_up")
    page = text(connected.admin, reverse("integration_run", args=["lawmatics", item.id]))
    assert 'href="/help/errors/network/#gave_up"' in page


def test_the_guide_is_a_file_and_a_person_is_offered(desk: Desk) -> None:
    assert "Personal help" in text(desk.admin) and reverse("help_guide") in text(desk.admin)
    answer = desk.people["staff"].browser.get(reverse("help_guide"))
    assert "attachment" in answer["Content-Disposition"]
    guide = answer.content.decode()
    assert "1. Write to support@lawmatics.com" in guide
    assert all(question.asked in guide for group in GROUPS for question in group.questions)


def test_ways_connecting_fails_and_events_end_are_explained(desk: Desk) -> None:
    page = text(desk.admin, reverse("help_error", args=["connect"]))
    assert 'id="denied"' in page and 'id="expired"' in page
    assert 'id="not_verified"' in text(desk.admin, reverse("help_error", args=["event"]))
    assert 'id="deleted_there"' in text(desk.admin, reverse("help_error", args=["review"]))

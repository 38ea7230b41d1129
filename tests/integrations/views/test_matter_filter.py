"""The list of matters by their state in Lawmatics: the filter and the word in the list always agree."""

import html
import uuid
from typing import Any

import pytest
from django.urls import reverse

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.models import Connection, ExternalLink
from integrations.selectors.matter_filter import STATES
from tests.conftest import Person

LIST = reverse("matters")
# Title: what its newest work row says (after an older failed one), whether it is linked, and its place in the filter.
CASES: dict[str, tuple[dict[str, str], bool, str]] = {
    "never": ({}, False, "never"), "linked by hand": ({}, True, "synced"), "done": ({"status": "done"}, True, "synced"),
    "queued": ({"status": "ready"}, False, "waiting"), "running": ({"status": "running"}, True, "waiting"),
    "held": ({"status": "held", "hold_reason": "reconnect"}, True, "waiting"),
    "checking": ({"status": "held", "hold_reason": "checking"}, False, "unknown"),
    "refused": ({"status": "dead", "last_error_class": "validation"}, True, "failed"),
    "stopped": ({"status": "cancelled"}, False, "cancelled"),
}  # fmt: skip
WORDS = {
    "synced": ("Synced", "Synced with notes"),
    "waiting": ("Queued", "Waiting", "Syncing", "Waiting for a reconnect"),
    "failed": ("Failed",),
    "unknown": ("Unknown — checking",),
    "cancelled": ("Cancelled",),
}


@pytest.fixture
def linked(firm: Firm) -> Connection:
    """A connection, and one matter in each state."""
    with firm_scope(firm.id):
        row = Connection.objects.create(provider="lawmatics", state="connected", remote_firm="1", links_account="1")
        for title, (work, link, _) in CASES.items():
            matter = make(title)
            for values in [{"status": "dead"}, work] if work else []:
                WorkItem.objects.create(
                    kind="sync_matter", queue="sync", subject_type="matter", subject_id=matter.id,
                    connection_id=row.id, next_attempt_at=matter.created_at, writes=False, **values,
                )  # fmt: skip
            if link:
                link_of(row, "matter", matter.id)
    return row


def make(title: str) -> Matter:
    person = create_client(first_name="Ada", last_name="Quill", email=f"{title.replace(' ', '.')}@example.com")
    case_type = CaseType.objects.get(key="divorce_standard")
    return create_matter(title=title, case_type_id=case_type.id, client_id=person.id)


def link_of(row: Connection, kind: str, local_id: uuid.UUID, **more: Any) -> None:
    ExternalLink.objects.create(connection=row, remote_firm="1", local_type=kind, local_id=local_id,
                                external_id=local_id.hex, **more)  # fmt: skip


def titles(person: Person, state: str) -> set[str]:
    answer = person.browser.get(LIST, {"lawmatics": state})
    for matter in answer.context["page"].rows:
        if state in WORDS:
            assert matter.sync_state[1] in WORDS[state], matter.title
        assert state != "never" or matter.sync_state is None
    return {matter.title for matter in answer.context["page"].rows}


def test_every_matter_stands_in_one_state_and_the_list_says_the_same(linked: Connection, staff: Person) -> None:
    for state in STATES:
        expected = {title for title, (_, _, place) in CASES.items() if place == state}
        assert titles(staff, state) == expected, state
    assert titles(staff, "nonsense") == set(CASES)
    page = html.unescape(staff.browser.get(LIST, {"lawmatics": "failed", "q": "zzzz"}).content.decode())
    assert "Lawmatics is Failed" in page and "Clear filter" in page


def test_matches_to_review_are_found_through_matter_and_client(linked: Connection, firm: Firm, staff: Person) -> None:
    with firm_scope(firm.id):
        done, never = Matter.objects.get(title="done"), Matter.objects.get(title="never")
        for each in (done, never):  # nothing of the second one is there, so its client's contact is not its concern
            link_of(linked, "contact", each.client_id, needs_review="other_name")
        refused = ExternalLink.objects.get(local_id=Matter.objects.get(title="refused").id)
        ExternalLink.objects.filter(id=refused.id).update(needs_review="late_duplicate")
    assert titles(staff, "review") == {"done", "refused"}
    with firm_scope(firm.id):
        ExternalLink.objects.update(broken_at=done.created_at)
    assert titles(staff, "review") == set()


def test_pages_keep_the_filter(linked: Connection, firm: Firm, staff: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casehug.intake.views.matters.FIRST", 2)
    first = staff.browser.get(LIST, {"lawmatics": "waiting"})
    second = staff.browser.get(first.context["next_url"])
    seen = [matter.title for answer in (first, second) for matter in answer.context["page"].rows]
    assert sorted(seen) == ["held", "queued", "running"] and not second.context["next_url"]


def test_without_a_connection_there_is_no_such_filter(firm: Firm, staff: Person) -> None:
    with firm_scope(firm.id):
        make("never")
    shown = staff.browser.get(LIST, {"lawmatics": "failed"})
    assert "filter-lawmatics" not in shown.content.decode()
    assert [matter.title for matter in shown.context["page"].rows] == ["never"]

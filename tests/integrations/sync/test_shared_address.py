"""Waiting for budget between the look for a contact and its create: what changed meanwhile is looked for again."""

import time
import uuid

import pytest
from pytest_django import Settings

from casehug.common.models import Gate, WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import Client
from tests.integrations.sync.office import Office

MINUTE = 1.5


def look_and_wait(office: Office, client_id: uuid.UUID) -> uuid.UUID:
    """With a budget of one call: look for the contact, find nothing, and wait for the budget of the create."""
    office.change_connection(calls_per_minute=1)
    item = office.press(office.matter(client_id))
    end = time.monotonic() + 20
    while office.row(item).step != "contact.absent" and time.monotonic() < end:
        office.turn()
    row = office.row(item)
    assert (row.status, row.last_error_code, office.twin.made()) == ("ready", "own_budget", (0, 0, 0))
    with firm_scope(office.firm_id):
        Gate.objects.all().delete()
        WorkItem.objects.filter(id=item).update(next_attempt_at="2099-01-01T00:00:00Z")
    office.change_connection(calls_per_minute=100_000)
    return item


def go_on(office: Office, item: uuid.UUID) -> WorkItem:
    """Let the waiting row continue now."""
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item).update(next_attempt_at="2020-01-01T00:00:00Z")
    return office.run(item)


@pytest.fixture(autouse=True)
def short_minute(settings: Settings) -> None:
    settings.LIMIT_MINUTE_SECONDS = MINUTE


def looks(office: Office) -> int:
    return sum(count for route, count in office.twin.calls().items() if "find_by_email" in route)


def test_nothing_changed_so_one_look_is_enough(office: Office) -> None:
    item = look_and_wait(office, office.client())
    assert go_on(office, item).status == "done"
    assert (looks(office), office.twin.made()) == (1, (1, 1, 1))


def test_a_contact_made_meanwhile_under_another_name_is_linked_and_not_doubled(office: Office) -> None:
    first = look_and_wait(office, office.client("family@example.com", "Robin"))
    second = office.sync(office.matter(office.client("Family@example.com", "Jordan")))
    assert second.status == "done" and office.twin.made()[0] == 1
    assert go_on(office, first).status == "done"
    assert office.twin.made() == (1, 2, 2)
    assert [link.needs_review for link in office.links()["contact"]] == ["", "other_name"]


def test_an_address_corrected_meanwhile_is_looked_for(office: Office) -> None:
    client_id = office.client("typo@example.com")
    item = look_and_wait(office, client_id)
    with firm_scope(office.firm_id):
        Client.objects.filter(id=client_id).update(email="right@example.com")
    assert go_on(office, item).status == "done"
    assert looks(office) == 2

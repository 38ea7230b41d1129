"""The shared budget: bulk work with one call at a time still ends, with exactly its calls."""

import time

import pytest
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations import queue
from integrations.models import Connection
from tests.integrations.sync.office import Office


@pytest.fixture
def narrow(office: Office, settings: Settings) -> Office:
    """A budget of 50 calls a minute on a clock ten times as fast: a bulk call every 0.12 s, never two at once."""
    settings.LIMIT_MINUTE_SECONDS = 6.0
    office.change_connection(profile={"inline_note": True}, calls_per_minute=50)
    return office


def bulk(office: Office, number: int) -> WorkItem:
    """Queue a matter in the bulk lane."""
    matter = office.matter(office.client(f"bulk{number}@example.com"), title=f"Bulk {number}")
    with firm_scope(office.firm_id):
        return queue.enqueue_sync(
            connection=Connection.objects.get(), matter_id=matter, lane=WorkItem.Lane.BULK, trigger="bulk"
        )


def test_bulk_ends_with_exactly_its_calls(narrow: Office) -> None:
    before = sum(narrow.twin.calls().values())
    items = [bulk(narrow, number) for number in range(5)]
    for item in items:
        assert narrow.run(item.id).status == "done"
    assert narrow.twin.made() == (5, 5, 5)
    assert sum(narrow.twin.calls().values()) - before == 15
    assert {narrow.row(item.id).attempts for item in items} == {0}


def test_row_that_waited_for_its_turn_does_not_look_again(narrow: Office, settings: Settings) -> None:
    settings.LIMIT_MINUTE_SECONDS = 600.0  # twelve seconds between two bulk calls: longer than a run waits by itself
    before = narrow.twin.calls()
    item = bulk(narrow, 1)
    narrow.turn()
    row = narrow.row(item.id)
    assert (row.status, row.last_error_code, row.attempts) == ("ready", "own_budget", 0)
    settings.LIMIT_MINUTE_SECONDS = 6.0
    narrow.change_connection(calls_per_minute=100_000)
    time.sleep(0.1)
    with firm_scope(narrow.firm_id):
        WorkItem.objects.filter(id=item.id).update(next_attempt_at="2020-01-01T00:00:00Z")
    assert narrow.run(item.id).status == "done"
    finds = {route: count for route, count in narrow.twin.calls().items() if "find_by_email" in route}
    assert sum(finds.values()) == 1, (before, finds)


@pytest.mark.parametrize("calls", [50, 1])
def test_removed_access_is_noticed_however_small_the_budget(narrow: Office, settings: Settings, calls: int) -> None:
    narrow.change_connection(calls_per_minute=calls)
    settings.LIMIT_MINUTE_SECONDS = 6.0 if calls == 50 else 1.0
    narrow.twin.control("POST", "accounts/8101/remove-app")
    row = narrow.run(bulk(narrow, 1).id)
    assert (row.status, row.hold_reason) == ("held", "reconnect")
    assert narrow.connection().state == Connection.State.NEEDS_RECONNECT

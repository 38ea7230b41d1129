"""The panel while nothing moves: a missing worker, a closed lane and a sync between two steps are told apart."""

import uuid
from datetime import timedelta

from casehug.common.ids import uuid7
from casehug.common.models import Gate, WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.selectors.progress import LATE
from tests.integrations.desk import Desk
from tests.integrations.views.test_pages import panel, press


def aged(desk: Desk, matter_id: uuid.UUID, **changes: object) -> None:
    """Press the button, then let the row be as old as a test needs it."""
    press(desk, matter_id)
    with firm_scope(desk.firm_id):
        rows = WorkItem.objects.filter(subject_id=matter_id)
        assert rows.update(next_attempt_at=database_now() - timedelta(seconds=20), **changes) == 1


def close_lane(desk: Desk, matter_id: uuid.UUID) -> None:
    with firm_scope(desk.firm_id):
        item = WorkItem.objects.get(subject_id=matter_id)
        Gate.objects.create(
            id=uuid7(), connection_id=item.connection_id, lane=item.lane,
            closed_until=database_now() + timedelta(seconds=40),
        )  # fmt: skip


def test_a_missing_worker_is_named_and_nothing_is_lost(connected: Desk) -> None:
    matter = connected.matter()
    press(connected, matter)
    assert LATE not in panel(connected, matter)
    aged(connected, matter)
    text = panel(connected, matter, code=200)  # the page keeps asking
    assert LATE in text and "Queued" in text


def test_a_worker_that_died_in_a_call_is_named_after_its_lease(connected: Desk) -> None:
    matter = connected.matter()
    aged(connected, matter, status="running", fence=1, lease_until=database_now() + timedelta(seconds=60))
    assert LATE not in panel(connected, matter)
    with firm_scope(connected.firm_id):
        WorkItem.objects.filter(subject_id=matter).update(lease_until=database_now() - timedelta(seconds=20))
    assert LATE in panel(connected, matter)


def test_a_closed_lane_is_a_wait_with_a_time(connected: Desk) -> None:
    matter = connected.matter()
    aged(connected, matter)
    close_lane(connected, matter)
    text = panel(connected, matter)
    assert LATE not in text and "next try" in text and "used up for the moment" in text


def test_between_two_steps_it_is_syncing_and_cannot_be_cancelled(connected: Desk) -> None:
    matter = connected.matter()
    aged(connected, matter, fence=1)
    text = panel(connected, matter)
    assert "Syncing" in text and "Queued" not in text and "cancel-sync" not in text

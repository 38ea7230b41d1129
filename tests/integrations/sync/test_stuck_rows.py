"""Rows that wait for something that has already happened go on by themselves; nothing waits for ever."""

import uuid

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.connections import holds, services
from integrations.mappings.services import prepare_account
from integrations.models import Connection, RemoteIntent
from integrations.sync import doubts
from tests.integrations.sync.office import Office


def hold(office: Office, item: uuid.UUID, reason: str) -> None:
    """What a worker does that read the connection's state just before it changed."""
    with firm_scope(office.firm_id):
        claimed = work.claim(item_id=item, owner="slow worker")
        assert claimed is not None
        work.settle(claimed, work.hold(reason=reason))


def state(office: Office, item: uuid.UUID) -> tuple[str, str]:
    row = office.row(item)
    return row.status, row.hold_reason


def test_a_search_that_died_is_started_again(office: Office) -> None:
    office.change_connection(profile={"inline_note": False})
    office.twin.fault("reset_after_commit", "/v1/contacts")
    item = office.press(office.matter(office.client()))
    office.turn()
    assert state(office, item) == ("held", "checking")
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(kind="reconcile").update(status="dead", last_error_code="internal")
    assert doubts.sweep() == 1
    assert doubts.sweep() == 0  # one search is enough
    assert office.run(item).status == "done"
    assert office.twin.made() == (1, 1, 1)
    with firm_scope(office.firm_id):
        assert not RemoteIntent.objects.filter(outcome__in=("inflight", "unknown")).exists()


def test_work_held_for_a_reconnect_goes_on_when_a_pause_in_between_ends(office: Office) -> None:
    office.change_connection(state=Connection.State.NEEDS_RECONNECT)
    item = office.press(office.matter(office.client()))
    assert state(office, item) == ("held", holds.RECONNECT)
    with firm_scope(office.firm_id):
        services.pause(connection_id=office.connection_id)
    office.change_connection(state=Connection.State.CONNECTED)
    prepare_account(connection=office.connection(), lane=0)
    assert state(office, item) == ("held", holds.RECONNECT)  # paused: nothing goes out
    with firm_scope(office.firm_id):
        services.resume(connection_id=office.connection_id)
    assert office.run(item).status == "done"


def test_a_row_held_a_moment_too_late_is_freed_by_the_tick(office: Office) -> None:
    for reason in (holds.PAUSED, holds.RECONNECT, holds.OTHER_ACCOUNT):
        item = office.press(office.matter(office.client(f"{reason}@example.com")))
        hold(office, item, reason)
        doubts.sweep()
        assert office.run(item).status == "done"


def test_the_tick_frees_nothing_whose_reason_still_stands(office: Office) -> None:
    held = office.press(office.matter(office.client()))
    hold(office, held, holds.CONFIGURATION)
    office.change_connection(paused=True)
    waiting = office.press(office.matter(office.client("second@example.com")))
    doubts.sweep()
    assert state(office, held) == ("held", holds.CONFIGURATION)
    assert state(office, waiting) == ("held", holds.PAUSED)

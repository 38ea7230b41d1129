"""A bulk run lets somebody who pressed the button go first: between two records, and between a look and its write."""

import uuid
from collections.abc import Callable

import pytest

from casehug.common import checkpoints
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations import queue
from integrations.models import Connection
from integrations.sync import engine
from tests.integrations.sync.office import Office


def bulk(office: Office) -> uuid.UUID:
    matter = office.matter(office.client("bulk@example.com", last="Bulk"), title="Bulk")
    with firm_scope(office.firm_id):
        row = queue.enqueue_sync(
            connection=Connection.objects.get(), matter_id=matter, lane=WorkItem.Lane.BULK, trigger="bulk"
        )
        return uuid.UUID(str(row.id))


def pressed_at(office: Office, point: str, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Press the button for another client when a run passes this point for the first time."""
    rows: list[uuid.UUID] = []

    def observe(name: str) -> None:
        if name == point and not rows:
            rows.append(office.press(office.matter(office.client("button@example.com", last="Button"), title="Button")))

    observers: list[Callable[[str], None]] = [observe]
    monkeypatch.setattr(checkpoints, "_observers", observers)
    return rows


@pytest.mark.parametrize(("point", "calls_before"), [("contact.probe.after", 1), ("contact.body.read", 2)])
def test_the_button_waits_for_one_call_of_the_bulk(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str, calls_before: int
) -> None:
    office.change_connection(profile={"inline_note": True})
    row, buttons = bulk(office), pressed_at(office, point, monkeypatch)
    before = sum(office.twin.calls().values())
    assert run_item(row, office.firm_id) == "ready"
    assert sum(office.twin.calls().values()) - before == calls_before
    assert office.row(row).attempts == 0
    assert run_item(buttons[0], office.firm_id) == "done"
    assert office.run(row).status == "done"
    assert office.twin.made() == (2, 2, 2)
    assert sum(office.twin.calls().values()) - before == 6  # no look was made twice


def test_a_look_gives_way_once_also_when_it_has_to_be_repeated(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is more urgent may wait for something else (its worker is down, its lane closed): the bulk goes on."""
    office.change_connection(profile={"inline_note": True})
    row = bulk(office)
    pressed_at(office, "contact.probe.after", monkeypatch)
    assert run_item(row, office.firm_id) == "ready"
    monkeypatch.setattr(engine, "_just_looked", lambda run, step: False)
    assert run_item(row, office.firm_id) == "ready"  # looked again, and written; the matter gives way as before
    assert office.twin.made()[0] == 1

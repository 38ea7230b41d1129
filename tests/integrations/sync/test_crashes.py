"""A worker that dies at a named point of the protocol, in process: the next claim recovers, nothing is doubled or lost.

(The proofs kill real workers at the same points; here the point raises through the engine and the lease is ended.)
"""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from casehug.common import checkpoints
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations.models import RemoteIntent
from integrations.sync import doubts
from tests.integrations.sync.office import Office

POINTS = (
    "claim.before", "claim.after", "probe.before", "probe.after", "intent.before", "intent.committed",
    "body.half", "request.sent", "headers.read", "body.read", "confirmed", "settled",
)  # fmt: skip
WRITE_POINTS = ("intent.committed", "body.half", "request.sent", "body.read", "confirmed")
BOUNDARIES = [("contact", point) for point in POINTS]
BOUNDARIES += [(key, point) for key in ("matter", "note") for point in WRITE_POINTS]
_deadly: list[str] = []


class Died(BaseException):
    """The worker stops here."""


def die(name: str) -> None:
    """Observer of the checkpoints: stop the first time the chosen point is passed."""
    if _deadly and name == _deadly[0]:
        _deadly.clear()
        raise Died(name)


@pytest.fixture
def deadly(settings: Settings) -> Iterator[list[str]]:
    """Let the engine die at the point put into the list."""
    settings.CHECKPOINT_OBSERVERS = [f"{__name__}.die"]
    checkpoints._observers = [die]
    yield _deadly
    _deadly.clear()
    checkpoints._observers = None


def end_lease(office: Office, item_id: object) -> None:
    """What time does to the row of a dead worker."""
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item_id).update(lease_until="2020-01-01T00:00:00Z")


@pytest.mark.parametrize(("key", "point"), BOUNDARIES)
def test_death_at_a_boundary(office: Office, deadly: list[str], key: str, point: str) -> None:
    office.change_connection(profile={"inline_note": False})
    item = office.press(office.matter(office.client()))
    deadly.append(f"{key}.{point}")
    with pytest.raises(Died):
        run_item(item, office.firm_id)
    assert office.row(item).status == "running"
    end_lease(office, item)
    with firm_scope(office.firm_id):
        assert RemoteIntent.objects.filter(outcome="inflight").count() <= 1
    run_item(item, office.firm_id)
    assert office.run(item).status == "done"
    assert office.twin.made() == (1, 1, 1)
    office.sweep()
    assert office.twin.made() == (1, 1, 1)
    with firm_scope(office.firm_id):
        assert not RemoteIntent.objects.filter(outcome__in=("inflight", "unknown")).exists()


def test_doubt_of_a_row_that_ended_is_found_by_the_tick(office: Office, deadly: list[str]) -> None:
    item = office.press(office.matter(office.client()))
    deadly.append("contact.request.sent")
    with pytest.raises(Died):
        run_item(item, office.firm_id)
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item).update(status="dead")
    assert doubts.sweep() == 1
    assert doubts.sweep() == 0
    with firm_scope(office.firm_id):
        search = WorkItem.objects.get(kind="reconcile")
    assert office.run(search.id).status == "done"
    assert office.twin.made()[0] == len(office.links().get("contact", [])) <= 1


def test_answer_is_recorded_although_the_row_was_taken_over(
    office: Office, deadly: list[str], settings: Settings
) -> None:
    item = office.press(office.matter(office.client()))

    def take_over(name: str) -> None:
        if name == "contact.headers.read":
            with firm_scope(office.firm_id):
                WorkItem.objects.filter(id=item).update(fence=99)
            checkpoints._observers = []

    checkpoints._observers = [take_over]
    assert run_item(item, office.firm_id) == "skipped"
    assert len(office.links()["contact"]) == 1
    with firm_scope(office.firm_id):
        assert RemoteIntent.objects.get(kind="contact").outcome == "applied"
    end_lease(office, item)
    run_item(item, office.firm_id)
    assert office.run(item).status == "done"
    assert office.twin.made() == (1, 1, 1)

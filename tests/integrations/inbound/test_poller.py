"""The safety net: nothing missed, nothing twice, whatever the order, the overlap and wherever it stops."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import StatusChange
from integrations.contract.changes import MatterState
from integrations.contract.errors import NetworkTrouble
from integrations.contract.inbound import PollPage
from integrations.inbound import poller, ticks, wake
from integrations.models import Connection, ExternalLink, InboundEndpoint, InboundEvent
from integrations.providers.lawmatics import inbound as lawmatics
from integrations.selectors import events as reads
from tests.integrations.inbound.conftest import Hook
from tests.integrations.inbound.test_processing import move, remote_matter

Live = Callable[[], Hook]


def look(hook: Hook) -> None:
    """Poll now and process what was found."""
    with firm_scope(hook.firm_id):
        wake.ask_for_poll(InboundEndpoint.objects.get())
    hook.work()


def lists(hook: Hook) -> int:
    assert hook.twin is not None
    return sum(count for route, count in hook.twin.calls().items() if route.endswith("/v1/prospects"))


def test_a_change_without_a_webhook_arrives(live: Live) -> None:
    hook = live()
    remote = remote_matter(hook, "New Lead")
    matter_id, _unlinked = hook.matter(remote), remote_matter(hook, "Retained")
    look(hook)
    move(hook, remote, "Retained")
    before = (lists(hook), hook.twin.calls() if hook.twin else {})
    look(hook)
    assert lists(hook) - before[0] == 1, "one call per 25 changed matters"
    assert hook.status(matter_id) == "active"
    assert {event.source for event in hook.events()} == {"poll"} and len(hook.events()) == 2
    with firm_scope(hook.firm_id):
        assert reads.came_without_webhook(Connection.objects.get()) == 1
    for _ in range(3):  # the overlap is read again, and nothing happens
        look(hook)
    assert len(hook.events()) == 2
    with firm_scope(hook.firm_id):
        assert StatusChange.objects.filter(matter_id=matter_id, source="lawmatics").count() == 1


def test_a_webhook_that_came_is_not_counted_as_missing(live: Live) -> None:
    hook = live()
    hook.secret()
    remote = remote_matter(hook, "Retained")
    hook.matter(remote)
    hook.send("matter.stage_changed", matter_id=int(remote))
    look(hook)
    look(hook)
    with firm_scope(hook.firm_id):
        assert reads.came_without_webhook(Connection.objects.get()) == 0


def test_where_we_put_it_is_no_change(live: Live) -> None:
    """A matter that was just sent stands in its mapped stage: that is our own echo."""
    hook = live()
    remote = remote_matter(hook, "Family Law Intake")
    matter_id = hook.matter(remote, status="active")
    look(hook)
    assert (hook.status(matter_id), hook.results()) == ("active", ["nothing"])
    move(hook, remote, "New Lead")
    look(hook)
    assert hook.status(matter_id) == "pending"


class Book:
    """A list of matters at a provider that is not there: pages of 25, newest first, equal times and late rows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: dict[str, MatterState] = {}
        self.fail_on: int | None = None
        self.between: Callable[[int], None] = lambda page: None
        self.asked: list[int] = []
        monkeypatch.setattr(poller, "open_api", lambda *args, **more: None)
        declared: Any = type("Declared", (), {"poll": staticmethod(self.poll), "parse": staticmethod(lawmatics.parse)})
        monkeypatch.setattr(poller, "inbound_of", lambda key: declared)

    def put(self, number: int, at: datetime, stage: str = "1") -> None:
        self.rows[str(number)] = MatterState(str(number), stage, "", "pnc", at)

    def poll(self, api: object, since: datetime, page: int) -> PollPage:
        self.between(page)
        self.asked.append(page)
        if self.fail_on == page:
            self.fail_on = None
            raise NetworkTrouble("cut off", code="timeout")
        ordered = sorted(self.rows.values(), key=lambda row: (row.updated_at, row.id), reverse=True)  # type: ignore[arg-type, return-value]
        found = ordered[(page - 1) * 25 : page * 25]
        fresh = [row for row in found if row.updated_at and row.updated_at >= since]
        return PollPage([lawmatics._raw(row) for row in fresh], len(fresh) < 25, found[0].updated_at if found else None)


NOW = datetime.now(UTC).replace(microsecond=0)


def link_all(hook: Hook, count: int) -> None:
    with firm_scope(hook.firm_id):
        row = Connection.objects.get()
        ExternalLink.objects.bulk_create(
            ExternalLink(connection=row, remote_firm="8101", local_type="matter", local_id=row.id.__class__(int=n + 1),
                         external_id=str(n)) for n in range(count)
        )  # fmt: skip


def poll_only(hook: Hook) -> str:
    """Run the poll row alone; returns its status."""
    with firm_scope(hook.firm_id):
        item = wake.ask_for_poll(InboundEndpoint.objects.get())
        WorkItem.objects.filter(id=item.id).update(next_attempt_at="2020-01-01T00:00:00Z")
    return run_item(item.id, hook.firm_id)


def test_exactly_once_with_equal_times_cuts_and_shifts(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(monkeypatch)
    link_all(hook, 500)
    for number in range(120):
        book.put(number, NOW - timedelta(seconds=number // 40))  # many equal times
    book.fail_on = 3
    assert poll_only(hook) == "ready"
    with firm_scope(hook.firm_id):
        assert InboundEndpoint.objects.get().poll_cursor is None, "a cursor never passes a page that failed"

    def shift(page: int) -> None:
        if page == 4:  # rows slide down to later pages while we read
            book.between = lambda page: None
            for number in range(200, 230):
                book.put(number, NOW + timedelta(seconds=5))

    book.between = shift
    assert poll_only(hook) == "done"
    book.put(300, NOW - timedelta(minutes=9))  # a late row, inside the overlap
    assert poll_only(hook) == "done"
    ids = sorted(int(event.matter_external_id) for event in hook.events())
    assert ids == [*range(120), *range(200, 230), 300]
    assert book.asked[:4] == [1, 2, 3, 3], "what was read before the cut is not read again"


def test_a_rollback_keeps_neither_rows_nor_cursor(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(monkeypatch)
    link_all(hook, 10)
    book.put(1, NOW)
    broken = {"on": True}
    real = work.save_progress

    def stop(*args: Any, **more: Any) -> None:
        if broken["on"]:
            raise RuntimeError("stopped before the commit")
        real(*args, **more)

    monkeypatch.setattr(work, "save_progress", stop)
    assert poll_only(hook) == "ready"
    assert hook.events() == []
    with firm_scope(hook.firm_id):
        assert InboundEndpoint.objects.get().poll_cursor is None
    broken["on"] = False
    assert poll_only(hook) == "done"
    assert len(hook.events()) == 1


def test_two_changes_in_one_second_are_two_events(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(monkeypatch)
    link_all(hook, 10)
    for stage in ("1", "2", "1", "2"):
        book.put(1, NOW, stage)
        poll_only(hook)
    assert len(hook.events()) == 2


def test_ticks(hook: Hook) -> None:
    assert ticks.tick() >= 1
    assert ticks.tick() == 0, "a second tick changes nothing"
    with firm_scope(hook.firm_id):
        assert WorkItem.objects.filter(kind="inbound_poll").count() == 1
        WorkItem.objects.all().update(status="cancelled")
        Connection.objects.update(paused_in=True)
        InboundEndpoint.objects.update(next_poll_at="2020-01-01T00:00:00Z")
    assert ticks.tick() == 0, "a paused connection reads nothing"


def test_retention(hook: Hook) -> None:
    hook.secret()
    hook.send("form.submitted")
    hook.send("form.submitted")
    hook.post(b"{}", {})
    hook.work()
    old, _ = hook.events()
    with firm_scope(hook.firm_id):
        InboundEvent.objects.filter(id=old.id).update(received_at=datetime.now(UTC) - timedelta(days=31))
        ticks.purge(InboundEndpoint.objects.get(), datetime.now(UTC) + timedelta(hours=73))
    first, second = hook.events()
    assert (first.payload, first.headers, first.event_id) == (None, {}, old.event_id)
    assert second.payload is not None and hook.quarantined() == []


def test_retention_takes_a_large_heap_in_parts(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "AT_ONCE", 2)
    hook.secret()
    for _ in range(3):
        hook.send("form.submitted")
    hook.work()
    late = datetime.now(UTC) + ticks.EVENTS + timedelta(days=1)
    for left, ended in ((1, False), (0, True)):
        with firm_scope(hook.firm_id):
            ticks.purge(InboundEndpoint.objects.get(), late)
            assert (InboundEndpoint.objects.get().purged_at is not None) is ended
        assert len(hook.events()) == left

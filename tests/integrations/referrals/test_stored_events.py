"""Looking for kept events: none missed, none twice, whatever comes late, shifts, repeats or stops in the middle.

`CASEHUG_TAPE` sets how many events the long story has (the suite runs a short one).
"""

import dataclasses
import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.referrals.models import CaseUpdate, Invitation, Referral
from integrations.contract.errors import NetworkTrouble
from integrations.contract.inbound import StoredItem, StoredPage
from integrations.inbound import poller, stored_poll, wake
from integrations.models import InboundEndpoint, InboundEvent
from integrations.providers.lexamica import inbound as lexamica
from integrations.referrals import incoming
from tests.integrations.referrals.conftest import MakeDesk
from tests.integrations.referrals.desk import Desk

SIZE = int(os.environ.get("CASEHUG_TAPE", "120"))
NOW = datetime.now(UTC).replace(microsecond=0)


class Killed(BaseException):
    """The process ends here."""


class Shelf:
    """Events kept at an exchange that is not there: pages of 50, oldest first, equal times, late and dropped rows."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[tuple[datetime, str, bytes]] = []
        self.desk, self.fail_on, self.asked = desk, 0, 0
        self.between: Callable[[], None] = lambda: None
        declared = dataclasses.replace(
            lexamica.INBOUND, stored=dataclasses.replace(lexamica.STORED, page=self.page)
        )
        monkeypatch.setattr(poller, "inbound_of", lambda key: declared)
        monkeypatch.setattr(poller, "open_api", lambda *args, **more: None)

    def put(self, number: int, at: datetime, name: str = "Case Update Made", **data: Any) -> dict[str, Any]:
        event = {"event": name, "eventId": f"s{number}", "timestamp": at.isoformat(),
                 "organizationId": self.desk.facts["id"], "data": data}  # fmt: skip
        self.rows.append((at, f"s{number:05}", json.dumps(event).encode()))
        return event

    def page(self, api: object, since: datetime, until: datetime, number: int) -> StoredPage:
        self.asked += 1
        if self.asked == self.fail_on:
            raise NetworkTrouble("cut off", code="timeout")
        self.between()
        found = sorted(row for row in self.rows if since <= row[0] < until)
        part = found[(number - 1) * 50 : number * 50]
        return StoredPage([StoredItem(key, body, at) for at, key, body in part], number * 50 < len(found))

    def missing(self) -> int:
        with firm_scope(self.desk.firm_id):
            known = set(InboundEvent.objects.values_list("event_id", flat=True))
            assert InboundEvent.objects.count() == len(known)
        return len({key for _, key, _ in self.rows} - known)


@pytest.fixture
def shelf(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    made = Shelf(make_desk(), monkeypatch)
    with firm_scope(made.desk.firm_id):
        InboundEndpoint.objects.update(poll_cursor=NOW - timedelta(hours=1))
    yield made


def look(desk: Desk) -> str:
    with firm_scope(desk.firm_id):
        item = wake.ask_for_poll(InboundEndpoint.objects.get())
        WorkItem.objects.filter(id=item.id).update(next_attempt_at="2020-01-01T00:00:00Z")
    return run_item(item.id, desk.firm_id)


def cursor(desk: Desk) -> datetime | None:
    with firm_scope(desk.firm_id):
        found: datetime | None = InboundEndpoint.objects.get().poll_cursor
        return found


def test_equal_times_cuts_shifts_and_late_rows(shelf: Shelf) -> None:
    for number in range(180):  # twice 45 equal times, then 90: more than a page
        shelf.put(number, NOW - timedelta(seconds=9 - min(number // 45, 2)), case_id="c")
    shelf.fail_on = 3
    assert look(shelf.desk) == "ready"

    def shift() -> None:
        if shelf.asked == 4:  # kept long enough: the oldest go while we read, and everything moves forward
            shelf.rows = shelf.rows[40:]
            shelf.put(500, NOW - timedelta(seconds=6), case_id="c")
            shelf.put(501, NOW + timedelta(seconds=1), case_id="c")

    shelf.between = shift
    assert look(shelf.desk) == "done" and shelf.missing() == 0
    shelf.put(502, NOW - timedelta(seconds=90), case_id="c")  # late, inside the overlap
    asked = shelf.asked
    assert look(shelf.desk) == "done" and shelf.missing() == 0 and shelf.asked > asked
    with firm_scope(shelf.desk.firm_id):
        assert not InboundEvent.objects.exclude(duplicates=0).exists(), "the overlap is no repeat of theirs"


@pytest.mark.parametrize("hours", [-3, 3])
def test_clocks_that_differ_lose_nothing(shelf: Shelf, hours: int) -> None:
    with firm_scope(shelf.desk.firm_id):
        InboundEndpoint.objects.update(poll_cursor=NOW - timedelta(hours=4))
    there = NOW + timedelta(hours=hours)
    for number in range(6):
        shelf.put(number, there + timedelta(seconds=number), case_id="c")
        assert look(shelf.desk) == "done" and shelf.missing() == 0
    found = cursor(shelf.desk)
    assert found is not None and found <= datetime.now(UTC), "it never passes our own clock"


@pytest.mark.parametrize("sabotaged", [False, True])
def test_the_cursor_is_saved_with_the_rows(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, sabotaged: bool) -> None:
    """A cursor that is saved before its rows loses them when the process stops in between: this test sees it."""
    for number in range(5):
        shelf.put(number, NOW - timedelta(minutes=30 - number), case_id="c")
    real, broken = stored_poll.store, {"on": True}

    def stop(**values: Any) -> bool:
        if broken["on"]:
            raise RuntimeError("stopped before the commit")
        return real(**values)

    monkeypatch.setattr(stored_poll, "store", stop)
    if sabotaged:
        whole = stored_poll._keep

        def early(item: Any, endpoint: Any, *rest: Any) -> None:
            if broken["on"]:
                broken["cursor"] = True
                return
            whole(item, endpoint, *rest)

        monkeypatch.setattr(stored_poll, "_keep", early)
    assert look(shelf.desk) in ("ready", "done")
    if broken.pop("cursor", False):
        with firm_scope(shelf.desk.firm_id):
            InboundEndpoint.objects.update(poll_cursor=NOW)
    broken["on"] = False
    look(shelf.desk)
    assert (shelf.missing() > 0) is sabotaged


def story(shelf: Shelf, size: int) -> list[dict[str, Any]]:
    """Cases with twenty events each, every update its own."""
    found, us = [], shelf.desk.facts["id"]
    for number in range(size):
        case, step = divmod(number, 20)
        at, about = NOW - timedelta(seconds=600 - number // 10), {"case_id": f"c{case}"}
        about |= {"handler_id": us} if step < 3 else {}
        if step == 0:
            one = shelf.put(number, at, "Case Received", **about, first_name="Ida", last_name=f"Berg {case}")
        elif step < 3:
            state = {"accepted": True} if step == 2 else {}
            name = "Case Invitation Accepted" if step == 2 else "Case Invitation Received"
            one = shelf.put(number, at, name, **about, invitation_id=f"i{case}", **state)
        else:
            one = shelf.put(number, at, **about, update_id=f"u{number}", content=f"Step {step}", author_id="65f0")
        found.append(one)
    return found


def test_a_long_story_with_drops_repeats_and_kills(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """0 missed, 0 double: a part is pushed out of order, doubled and dropped, the rest healed by looking."""
    settings.WORK_LEASE_SECONDS = 0.01
    events, chance = story(shelf, SIZE), random.Random(7)
    pushed = [one for one in events if chance.random() < 0.3]
    pushed += chance.sample(pushed, len(pushed) // 3)
    chance.shuffle(pushed)
    for one in pushed:
        desk_event = {"name": one["event"], "event_id": one["eventId"], "at": one["timestamp"], "data": one["data"]}
        assert shelf.desk.deliver(desk_event) == 200
    kills = {"left": SIZE // 20}

    def dying(real: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            dies = kills["left"] > 0 and chance.random() < 0.08
            kills["left"] -= dies
            if dies and not after:
                raise Killed
            found = real(*args, **more)
            if dies:
                raise Killed
            return found

        return call

    monkeypatch.setattr(incoming, "_apply", dying(incoming._apply, after=True))
    monkeypatch.setattr(incoming, "_end", dying(incoming._end, after=False))
    monkeypatch.setattr(work, "save_progress", dying(work.save_progress, after=True))
    for _ in range(SIZE):
        try:
            look(shelf.desk)
            shelf.desk.work()
            with firm_scope(shelf.desk.firm_id):
                stuck = list(WorkItem.objects.filter(status__in=("running", "ready")).values_list("id", flat=True))
                WorkItem.objects.filter(id__in=stuck).update(next_attempt_at="2020-01-01T00:00:00Z")
                WorkItem.objects.filter(id__in=stuck, status="running").update(lease_until="2020-01-01T00:00:00Z")
            for item_id in stuck:
                run_item(item_id, shelf.desk.firm_id)
            if not stuck:
                break
        except Killed:
            continue
    assert kills["left"] <= SIZE // 20 - 3
    with firm_scope(shelf.desk.firm_id):
        assert not InboundEvent.objects.filter(result__in=("", "failed", "no_matter")).exists()
        told = sum(one["event"] == "Case Update Made" for one in events)
        assert CaseUpdate.objects.count() == told == len({row.own_key for row in CaseUpdate.objects.all()})
        cases = -(-SIZE // 20)
        assert Referral.objects.count() == Invitation.objects.count() == cases
        assert set(Invitation.objects.values_list("state", flat=True)) == {"accepted"}
    assert {key for _, key, _ in shelf.rows} <= {row.event_id for row in _events(shelf.desk)}


def _events(desk: Desk) -> list[InboundEvent]:
    with firm_scope(desk.firm_id):
        return list(InboundEvent.objects.all())

"""A state machine over the life of a connection: new matters, edits (also in the middle of a run), crashes, faults,

webhooks, disconnects, reconnects, jumps of the clock, in drawn orders. At each end everything settles: every matter is
over there once, with its last title. Sabotage: when a finished row ignores a newer trigger, an edit is lost.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from pytest_django import Settings

from casehug.common import checkpoints, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.services.matters import update_matter
from harness.size import pick
from integrations.models import Connection
from integrations.sync.services import request_sync
from tests.integrations.inbound.conftest import SECRET, Hook, make_hook
from tests.integrations.sync.conftest import make_office, twin, twin_process
from tests.integrations.sync.office import ACCOUNT, Office

__all__ = ["make_office", "twin", "twin_process"]
RUNS, STEPS = pick(3, 1_150), pick(15, 50)
POINTS = st.sampled_from([f"{kind}.{point}" for kind in ("contact", "matter", "note") for point in (
    "probe.after", "intent.committed", "request.sent", "body.read", "confirmed")])  # fmt: skip
FAULTS = st.sampled_from(["reset_after_commit", "reset_before", "truncate", "empty_2xx", "no_id"])
PATHS = st.sampled_from(["/v1/contacts", "/v1/prospects", "/v1/notes"])
_at: dict[str, Callable[[], None]] = {}
MOST = 4


class Died(BaseException):
    """The worker ends here."""


def passed(point: str) -> None:
    """Observer of the checkpoints: do once what is planned for this point."""
    planned = _at.pop(point, None)
    if planned is not None:
        planned()


def die() -> None:
    raise Died


class Life(RuleBasedStateMachine):
    """One firm; `fresh` makes it, `steps` counts over all runs."""

    fresh: Callable[[], Office]
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.office: Office = type(self).fresh()
        self.office.twin.control("POST", "reset", keep_connections=True, keep_switches=True)
        self.office.change_connection(profile={"inline_note": False})
        self.hook: Hook = make_hook(self.office.connection_id, self.office.firm_id, self.office.twin)
        self.hook.secret()
        self.titles: dict[uuid.UUID, list[str]] = {}  # of each matter, the last one is the present one
        self.asked: dict[uuid.UUID, int] = {}  # the place of the title that stood there when a sync was last asked for
        self.connected = True
        _at.clear()

    def _count(self) -> None:
        type(self).steps += 1

    def _edit(self, matter_id: uuid.UUID) -> None:
        title = f"Title {uuid.uuid4().hex[:8]}"
        self.titles[matter_id].append(title)
        with firm_scope(self.office.firm_id):
            update_matter(matter_id=matter_id, title=title)
        self._press(matter_id)

    def _press(self, matter_id: uuid.UUID) -> None:
        if self.connected:
            with firm_scope(self.office.firm_id):
                request_sync(matter_id=matter_id)
            self.asked[matter_id] = len(self.titles[matter_id]) - 1

    def _turn(self) -> None:
        with firm_scope(self.office.firm_id):
            due = WorkItem.objects.filter(status="ready").exclude(kind="late_sweep").order_by("lane", "id")
            ids = list(due.values_list("id", flat=True))
        for item_id in ids:
            try:
                run_item(item_id, self.office.firm_id)
            except Died:
                self._time_passes()

    def _time_passes(self) -> None:
        with firm_scope(self.office.firm_id):
            WorkItem.objects.filter(status="running").update(lease_until="2020-01-01T00:00:00Z")
            late = WorkItem.objects.filter(status="ready").exclude(kind="late_sweep")
            late.update(next_attempt_at="2020-01-01T00:00:00Z")
            WorkItem.objects.filter(status="running").update(status="ready", lease_until=None)

    @precondition(lambda self: len(self.titles) < MOST)
    @rule()
    def new(self) -> None:
        self._count()
        number = len(self.titles)
        matter_id = self.office.matter(self.office.client(f"life{number}@example.com"), title=f"Life {number}")
        self.titles[matter_id] = [f"Life {number}"]
        self._press(matter_id)

    @precondition(lambda self: self.titles)
    @rule(which=st.integers(0, MOST - 1))
    def edit(self, which: int) -> None:
        self._count()
        self._edit(list(self.titles)[which % len(self.titles)])

    @precondition(lambda self: self.titles)
    @rule(which=st.integers(0, MOST - 1), point=POINTS)
    def edit_in_the_middle(self, which: int, point: str) -> None:
        self._count()
        matter_id = list(self.titles)[which % len(self.titles)]
        _at[point] = lambda: self._edit(matter_id)
        self._edit(matter_id)
        self._turn()

    @rule(point=POINTS)
    def crash(self, point: str) -> None:
        self._count()
        _at[point] = die
        self._turn()

    @rule(kind=FAULTS, path=PATHS)
    def fault(self, kind: str, path: str) -> None:
        self._count()
        self.office.twin.fault(kind, path)
        self._turn()

    @rule()
    def turn(self) -> None:
        self._count()
        self._turn()

    @rule()
    def clock_jump(self) -> None:
        self._count()
        self._time_passes()

    @precondition(lambda self: self.titles)  # not what has arrived: rows become due by the clock, and draws may not
    @rule(which=st.integers(0, MOST - 1), copies=st.integers(1, 3))
    def webhook(self, which: int, copies: int) -> None:
        links = self.office.links().get("matter")
        if not links:
            return
        self._count()
        event_id = f"evt_{uuid.uuid4()}"
        for _ in range(copies):
            remote = int(links[which % len(links)].external_id)
            assert self.hook.send("matter.stage_changed", event_id=event_id, matter_id=remote) == 200

    @precondition(lambda self: self.connected)
    @rule()
    def lose_access(self) -> None:
        self._count()
        self.connected = False
        self.office.change_connection(state=Connection.State.NEEDS_RECONNECT)

    @precondition(lambda self: not self.connected)
    @rule()
    def reconnect(self) -> None:
        self._count()
        token = self.office.twin.control("POST", f"accounts/{ACCOUNT}/token")["access_token"]
        with firm_scope(self.office.firm_id):
            row = Connection.objects.select_for_update().get()
            row.seal_token("access_token", token)
            row.state = Connection.State.CONNECTED
            row.save()
            work.resume_held(connection_id=row.id, reasons=("reconnect",))
        self.connected = True

    @rule()
    def rotate(self) -> None:
        self._count()
        self.hook.secret(f"whsec_{uuid.uuid4().hex}")
        self.hook.secret(SECRET)

    def teardown(self) -> None:
        """Let everything settle: the account answers, time passes, every matter is asked for once more."""
        if not hasattr(self, "titles"):
            return
        _at.clear()
        if not self.connected:
            self.reconnect()
        self.office.twin.control("DELETE", "faults")
        self._settle()
        self.check_edits()
        for matter_id in self.titles:
            self._press(matter_id)
        self._settle()
        self.check_effects()

    def _settle(self) -> None:
        for _ in range(60):
            self._time_passes()
            self._turn()
            with firm_scope(self.office.firm_id):
                WorkItem.objects.filter(status="held", hold_reason="checking").update(updated_at=work.database_now())
                live = WorkItem.objects.filter(kind__in=("sync_matter", "reconcile", "inbound_event"))
                if not live.filter(status__in=WorkItem.LIVE).exists():
                    return
        raise AssertionError("the work does not settle")

    def _remote_titles(self) -> dict[str, str]:
        requests = self.office.twin.control("GET", "requests?limit=100000")["requests"]
        found: dict[str, str] = {}
        for row in requests:
            if row["committed"] and row["path"].startswith("/v1/prospects/") and row["method"] == "PUT":
                title = json.loads(row["body"]).get("case_title")
                found |= {row["path"].rsplit("/", 1)[1]: title} if title else {}
        return found

    def check_edits(self) -> None:
        """Where the last row ended well, the title over there is the one that was asked for, or a newer one.

        An edit while the connection needs a person is asked for by nobody here, and may go along with another row.
        """
        written = self._remote_titles()
        with firm_scope(self.office.firm_id):
            ended = WorkItem.objects.filter(kind="sync_matter").order_by("subject_id", "-created_at")
            last = {row.subject_id: row.status for row in ended.distinct("subject_id")}
        links = {link.local_id: link.external_id for link in self.office.links().get("matter", [])}
        for matter_id, titles in self.titles.items():
            remote = links.get(matter_id)
            if last.get(matter_id) == "done" and remote in written and matter_id in self.asked:
                assert titles.index(written[remote]) >= self.asked[matter_id], f"{written[remote]} stands there"

    def check_effects(self) -> None:
        """Everything is over there exactly once."""
        ledger, n = self.office.twin.control("GET", "ledger"), len(self.titles)
        for kind in ("prospects", "notes"):
            assert all(count == 1 for count in ledger[kind]["by_marker"].values()), ledger[kind]
        assert self.office.twin.made() == (n, n, n), (self.office.twin.made(), n)
        with firm_scope(self.office.firm_id):
            status = set(WorkItem.objects.filter(kind="sync_matter").values_list("status", flat=True))
        assert "dead" not in status or n == 0 or "done" in status


@pytest.fixture
def machine(
    make_office: Callable[[], Office], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[Life]]:
    settings.SYNC_SETTLE_SECONDS = 0
    settings.CHECKPOINT_OBSERVERS = [f"{__name__}.passed"]
    monkeypatch.setattr(checkpoints, "_observers", [passed])
    machine: Any = type("FirmLife", (Life,), {"fresh": staticmethod(make_office), "steps": 0})
    yield machine
    _at.clear()


def play(machine: type[Life], seed: int, runs: int) -> None:
    quiet = hypothesis.settings(
        max_examples=runs, stateful_step_count=STEPS, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=quiet)


def test_every_life_settles_with_everything_there_once(
    machine: type[Life], record_property: Callable[[str, object], None]
) -> None:
    play(machine, 20261121, RUNS)
    record_property("trials", machine.steps)
    record_property("seed", 20261121)
    record_property("measured", f"{machine.steps:,} steps in {RUNS} lives")
    assert machine.steps >= RUNS


@pytest.mark.parametrize("deaf", [False, True], ids=["as shipped", "newer triggers ignored"])
def test_sabotage_when_a_newer_trigger_is_ignored_an_edit_is_lost(
    machine: type[Life], monkeypatch: pytest.MonkeyPatch, deaf: bool
) -> None:
    """One life written by hand: an edit while the answer to the one before it is on its way."""
    whole = work.settle

    def settle(item: WorkItem, settlement: work.Settlement) -> str:
        if deaf:
            item.generation = 2**30  # nothing that came meanwhile is newer
        return whole(item, settlement)

    monkeypatch.setattr(work, "settle", settle)
    life = machine()
    for step in (life.begin, life.new, life.turn):
        step()
    life.edit_in_the_middle(which=0, point="matter.request.sent")
    life._settle()
    if deaf:
        with pytest.raises(AssertionError, match="stands there"):
            life.check_edits()
    else:
        life.check_edits()

"""Kill matrix: a worker is SIGKILLed at each boundary of contact, matter and note. 0 doubled, 0 lost, 0 stuck.

All 36 boundaries with one seed, 12 drawn ones with two more, against a real worker, relay, broker and stand-in;
effects counted in its ledger. Killed is the worker's child that works, or (long form) the product's own worker, which
has threads instead of children, with its whole process group; the test starts it again.
Sabotage: without the intent on disk before the request, the same kills must make duplicates.
"""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casehug.local import product
from harness import size
from harness.offices import Office, await_rows, make_office
from harness.standin import StandIn, count
from tests.plugin.stack import Stack

POINTS = (
    "claim.before", "claim.after", "probe.before", "probe.after", "intent.before", "intent.committed",
    "body.half", "request.sent", "headers.read", "body.read", "confirmed", "settled",
)  # fmt: skip
KINDS = ("contact", "matter", "note")
BOUNDARIES = [f"{kind}.{point}" for kind, point in itertools.product(KINDS, POINTS)]
SEEDS = size.seeds((11, 23, 42), 20)
AT_ONCE = 4  # firms whose work one kill can hit; fewer than the claims that make a row poison
FAST = {"CASEHUG_SETTLE_SECONDS": "2", "CASEHUG_LEASE_SECONDS": "2"}
OBSERVERS = "tests.faults.sabotage.observe,tests.faults.kill.observe"


class Killer:
    """A worker whose children (prefork), or which as a whole, ends itself at planned points."""

    def __init__(self, stack: Stack, plan: Path) -> None:
        self.stack, self.plan, self.whole, self.sabotage, self.ended = stack, plan, False, "", 0

    def start(self, sabotage: str = "", *, whole: bool = False) -> None:
        self.whole, self.sabotage, self.ended = whole, sabotage, 0
        self._spawn()

    def _spawn(self) -> None:
        pool = "threads" if self.whole else "prefork"
        command = [part if part != "threads" else pool for part in product.worker_command()]
        environment = FAST | {
            "CASEHUG_CHECKPOINT_OBSERVERS": OBSERVERS, "CASEHUG_KILL_PLAN": str(self.plan),
            "CASEHUG_SABOTAGE": self.sabotage,
        }  # fmt: skip
        self.stack.spawn("worker", command, environment)

    def supervise(self) -> None:
        if self.whole and not self.stack.worker_is_alive():
            self.ended += 1
            self._spawn()

    def aim(self, boundaries: list[str]) -> None:
        for boundary in boundaries:
            (self.plan / boundary).write_text("group" if self.whole else "")

    def left(self) -> list[str]:
        return sorted(path.name for path in self.plan.iterdir())


@pytest.fixture
def killer(stack: Stack, committed_db: None, tmp_path: Path) -> Iterator[Killer]:
    """The suite's worker gives way to one that can be killed, and comes back."""
    plan = tmp_path / "plan"
    plan.mkdir(mode=0o777)
    yield Killer(stack, plan)
    stack.restart_worker()


@pytest.fixture
def standin(stack: Stack) -> StandIn:
    found = StandIn(stack.standin_url)
    found.reset()
    return found


def run_waves(killer: Killer, standin: StandIn, seed: int, boundaries: list[str]) -> tuple[int, list[str]]:
    """Sync one fresh matter per boundary, a few firms at a time; return how many, and the final states seen."""
    order = boundaries[:]
    random.Random(seed).shuffle(order)
    # Notes travel as calls of their own, so that their boundaries exist too.
    offices = [make_office(standin, profile={"inline_note": False}) for _ in range(AT_ONCE)]
    states: set[str] = set()
    for number, wave in enumerate(batches(order)):
        killer.aim(list(wave))
        pressed: list[tuple[Office, object]] = []
        for index, office in enumerate(offices[: len(wave)]):
            name = f"s{seed}-{number}-{index}"
            matter_id = office.matter(email=f"{name}@example.com", title=f"Matter {name}", last=name)
            pressed.append((office, office.press(matter_id)))
        found = await_rows(pressed, seconds=150, meanwhile=killer.supervise)  # type: ignore[arg-type]
        states.update(found)
    return len(order), sorted(states)


def batches(order: list[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(order), AT_ONCE):
        yield tuple(order[start : start + AT_ONCE])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_boundary_neither_doubles_nor_loses(
    killer: Killer, standin: StandIn, seed: int, record_property: Callable[[str, object], None]
) -> None:
    killer.start()
    every = BOUNDARIES if size.LONG or seed == SEEDS[0] else random.Random(seed).sample(BOUNDARIES, 12)
    judge(killer, standin, seed, every, record_property)


@pytest.mark.skipif(not size.LONG, reason="starts a worker for each kill: `manage.py prove --long kill-matrix`")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_death_of_the_whole_worker_neither_doubles_nor_loses(
    killer: Killer, standin: StandIn, seed: int, record_property: Callable[[str, object], None]
) -> None:
    killer.start(whole=True)
    judge(killer, standin, seed, BOUNDARIES, record_property)
    # Threads may reach their points in the same moment: one death serves several boundaries of a wave then.
    assert killer.ended >= len(BOUNDARIES) / AT_ONCE, "a kill ends the whole worker"


def judge(
    killer: Killer, standin: StandIn, seed: int, boundaries: list[str], record: Callable[[str, object], None]
) -> None:
    n, states = run_waves(killer, standin, seed, boundaries)
    found = count(standin, contacts=n, matters=n)
    record("trials", n)
    record("seed", seed)
    assert killer.left() == [], "these points were never passed"
    assert states == ["done"]
    assert (found.doubled, found.lost) == (0, 0), found
    assert (found.contacts, found.matters, found.notes) == (n, n, n)


def test_sabotage_without_the_intent_the_matrix_turns_red(killer: Killer, standin: StandIn) -> None:
    killer.start(sabotage="no_intent")
    after_sending = [f"{kind}.{point}" for kind in ("matter", "note") for point in POINTS[7:10]]
    n, _ = run_waves(killer, standin, SEEDS[0], after_sending)
    assert count(standin, contacts=n, matters=n).doubled > 0


def test_points_are_really_twelve_and_kills_really_happen(killer: Killer, standin: StandIn) -> None:
    """A planned point that no run passes would make the matrix green for nothing."""
    assert len(POINTS) == 12 and len(BOUNDARIES) == 36
    killer.start()
    killer.aim(["contact.request.sent"])
    office = make_office(standin)
    item = office.press(office.matter(email="one@example.com", title="One"))
    assert await_rows([(office, item)], seconds=60) == ["done"]
    assert office.row(item).fence >= 2, "the row was claimed once only: nobody was killed"
    assert os.listdir(killer.plan) == []

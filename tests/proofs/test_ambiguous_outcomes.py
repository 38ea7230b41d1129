"""Ambiguous outcomes: the reply is lost, broken, late or an error although the record was made. 0 doubled, 0 lost.

Faults × {contact, matter, note} with one seed, 12 drawn ones with two more; each meets exactly one write.
Effects are counted in the ledger of the stand-in.
Sabotage: when an unanswered write counts as failed, the same faults must make duplicates.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import size
from harness.offices import await_rows, make_office
from harness.standin import StandIn, count
from tests.plugin.stack import Stack

FAULTS: dict[str, dict[str, Any]] = {
    "reply lost after commit": {"kind": "reset_after_commit"},
    "500 after commit": {"kind": "status_after_commit", "status": 500},
    "502 after commit": {"kind": "status_after_commit", "status": 502},
    "504 after commit": {"kind": "status_after_commit", "status": 504},
    "reply cut off": {"kind": "truncate", "bytes": 20},
    "reply without a body": {"kind": "empty_2xx"},
    "reply is a page": {"kind": "html_body"},
    "reply without an id": {"kind": "no_id"},
    "504 now, commit later": {"kind": "late_commit", "seconds": 0.8, "status": 504},
    "reset before anything": {"kind": "reset_before"},
    "500 without doing it": {"kind": "status_before", "status": 500},
}
PATHS = {"contact": "/v1/contacts", "matter": "/v1/prospects", "note": "/v1/notes"}
SEEDS = size.seeds((5, 17, 29), 20)
FAST = {
    "CASEHUG_SETTLE_SECONDS": "2", "CASEHUG_LEASE_SECONDS": "4",
    "CASEHUG_CHECKPOINT_OBSERVERS": "tests.faults.sabotage.observe",
}  # fmt: skip


@pytest.fixture
def start_worker(stack: Stack, committed_db: None) -> Iterator[Callable[[str], None]]:
    """Start the worker on the fast clock, perhaps with one protection removed; the suite's worker comes back."""
    yield lambda sabotage: stack.restart_worker(FAST | {"CASEHUG_SABOTAGE": sabotage}) and None
    stack.restart_worker()


@pytest.fixture
def standin(stack: Stack) -> StandIn:
    found = StandIn(stack.standin_url)
    found.reset()
    return found


def run_cases(standin: StandIn, cases: list[tuple[str, str]], seed: int) -> tuple[int, list[str]]:
    """Sync one matter per case, eight firms side by side; the fault meets only the write that carries its name."""
    random.Random(seed).shuffle(cases)
    offices = [make_office(standin, profile={"inline_note": False}) for _ in range(8)]
    rows = []
    for number, (name, kind) in enumerate(cases):
        word = f"case{seed}x{number}x"
        needle = {"contact": f"{word}@example.com", "matter": f"Title {word}", "note": f"Family {word}"}[kind]
        office = offices[number % len(offices)]
        matter_id = office.matter(email=f"{word}@example.com", title=f"Title {word}", last=word)
        needle = note_needle(office, matter_id) if kind == "note" else needle
        standin.control(
            "POST", "faults", method="POST", path=PATHS[kind], body_contains=needle, **FAULTS[name]
        )  # fmt: skip
        rows.append((office, office.press(matter_id)))
    return len(cases), await_rows(rows, seconds=240)


def note_needle(office: Any, matter_id: Any) -> str:
    """Return what only this matter's note contains: its portal link."""
    from casehug.common.ids import public_id

    return public_id("mat", matter_id)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_lost_or_broken_reply_doubles_or_loses_anything(
    start_worker: Callable[[str], None], standin: StandIn, seed: int, record_property: Callable[[str, object], None]
) -> None:
    start_worker("")
    cases = list(itertools.product(FAULTS, PATHS))
    chosen = cases if size.LONG or seed == SEEDS[0] else random.Random(seed).sample(cases, 12)
    n, states = run_cases(standin, chosen, seed)
    found = count(standin, contacts=n, matters=n)
    record_property("trials", n)
    record_property("seed", seed)
    assert states == ["done"]
    assert standin.control("GET", "faults")["faults"] == [], "these faults never met their write"
    assert (found.doubled, found.lost) == (0, 0), found


def test_sabotage_when_unknown_counts_as_failed_duplicates_appear(
    start_worker: Callable[[str], None], standin: StandIn
) -> None:
    start_worker("unknown_is_failed")
    names = [name for name in FAULTS if "commit" in name and "later" not in name]
    n, _ = run_cases(standin, [(name, kind) for name in names for kind in ("matter", "note")], SEEDS[0])
    assert count(standin, contacts=n, matters=n).doubled > 0

"""A part that is away loses nothing: worker, relay or provider gone while people press the button.

The broker has its own proof, tests/proofs/test_broker_amnesia.py.
"""

import uuid
from collections.abc import Iterator

import pytest

from harness.offices import Office, await_rows, make_office
from harness.standin import StandIn, count
from tests.plugin.stack import Stack

N = 5


@pytest.fixture
def office(stack: Stack, committed_db: None) -> Iterator[Office]:
    StandIn(stack.standin_url).reset()
    stack.restart_worker({"CASEHUG_SETTLE_SECONDS": "3", "CASEHUG_LEASE_SECONDS": "5"})
    yield make_office(StandIn(stack.standin_url))
    stack.restart_worker()


def press_all(office: Office) -> list[tuple[Office, uuid.UUID]]:
    matters = [office.matter(email=f"out{number}@example.com", title=f"Outage {number}") for number in range(N)]
    return [(office, office.press(matter_id)) for matter_id in matters]


def finished(stack: Stack, rows: list[tuple[Office, uuid.UUID]]) -> None:
    assert await_rows(rows, seconds=120) == ["done"]
    found = count(StandIn(stack.standin_url), contacts=N, matters=N)
    assert (found.doubled, found.lost) == (0, 0), found


def statuses(rows: list[tuple[Office, uuid.UUID]]) -> set[str]:
    return {office.row(item_id).status for office, item_id in rows}


def test_no_worker(stack: Stack, office: Office) -> None:
    stack.stop_one("worker")
    rows = press_all(office)
    assert statuses(rows) == {"ready"}
    stack.restart_worker({"CASEHUG_SETTLE_SECONDS": "3"})
    finished(stack, rows)


def test_no_relay(stack: Stack, office: Office) -> None:
    stack.stop_one("relay")
    rows = press_all(office)
    assert statuses(rows) == {"ready"}
    stack.start_relay()
    finished(stack, rows)


def test_no_provider(stack: Stack, office: Office) -> None:
    stack.stop_one("standin")
    rows = press_all(office)[:2]
    stack.start_standin()
    assert await_rows(rows, seconds=120) == ["done"]

"""Concurrent syncs (fifty; 16 in the plain suite) of matters with one e-mail, in case and space variants: one contact.

The rows run truly side by side (the one-writer rule is lifted for them), so the e-mail mutex alone has to hold.
Sabotage: without the mutex the same run must make more than one contact.
"""

from collections.abc import Callable, Iterator

import pytest

from harness import size
from harness.offices import await_rows, make_office
from harness.standin import StandIn, count
from tests.plugin.stack import Stack

N = 50 if size.PROVING else 16
VARIANTS = ("dana.reyes@example.com", "Dana.Reyes@Example.com", " dana.reyes@example.com", "DANA.REYES@EXAMPLE.COM ")
FAST = {
    "CASEHUG_SETTLE_SECONDS": "2", "CASEHUG_LEASE_SECONDS": "20",
    "CASEHUG_CHECKPOINT_OBSERVERS": "tests.faults.sabotage.observe",
}  # fmt: skip


@pytest.fixture
def standin(stack: Stack, committed_db: None) -> Iterator[StandIn]:
    found = StandIn(stack.standin_url)
    found.reset(latency=30)
    yield found
    found.reset()
    stack.restart_worker()


def sync_all(standin: StandIn, *, parallel: bool) -> list[str]:
    office = make_office(standin)
    matters = [
        office.matter(email=VARIANTS[i % len(VARIANTS)], title=f"Reyes {i}", first="Dana", last="Reyes")
        for i in range(N)
    ]
    return await_rows([(office, office.press(matter_id, parallel=parallel)) for matter_id in matters], seconds=240)


@pytest.mark.parametrize("turn", range(size.pick(1, 25)))
@pytest.mark.parametrize("parallel", [False, True], ids=["as shipped", "mutex alone"])
def test_one_contact_and_every_matter(
    stack: Stack, standin: StandIn, parallel: bool, turn: int, record_property: Callable[[str, object], None]
) -> None:
    stack.restart_worker(FAST)
    assert sync_all(standin, parallel=parallel) == ["done"]
    found = count(standin, contacts=1, matters=N)
    record_property("trials", N)
    assert (found.contacts, found.matters, found.doubled, found.lost) == (1, N, 0, 0), found


def test_sabotage_without_the_mutex_contacts_multiply(stack: Stack, standin: StandIn) -> None:
    stack.restart_worker(FAST | {"CASEHUG_SABOTAGE": "no_contact_key"})
    sync_all(standin, parallel=True)
    assert standin.ledger()["contacts"]["total"] > 1

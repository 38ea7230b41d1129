"""The broker forgets, dies, stays away, loses its disk, each while people press the button: 0 lost, 0 doubled.

The test is the supervisor: a worker that ends itself (Celery's transport may, when the broker dies in mid word) is
started again, and counted.
Sabotage: rows that are rung only once – work that lives in the broker alone – never run again.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.offices import Office, await_rows, make_office, wait_until
from harness.size import pick
from harness.standin import StandIn, count
from tests.plugin.stack import Stack
from tests.proofs.brokers import OwnBroker

MOMENTS, EACH, AWAY = pick(1, 5), pick(4, 20), float(pick(5, 60))
FAST = {"CASEHUG_SETTLE_SECONDS": "2", "CASEHUG_LEASE_SECONDS": "5"}


@pytest.fixture
def broker(stack: Stack, committed_db: None, tmp_path: Path) -> Iterator[OwnBroker]:
    own = OwnBroker(tmp_path)
    stack.start_relay({"REDIS_URL": own.url})
    stack.restart_worker(FAST | {"REDIS_URL": own.url})
    yield own
    stack.start_relay()
    stack.restart_worker()
    own.close()


@pytest.fixture
def office(stack: Stack, broker: OwnBroker) -> Office:
    standin = StandIn(stack.standin_url)
    standin.reset()
    return make_office(standin)


class Clerk:
    """Presses the button and notes how long each press took."""

    def __init__(self, office: Office) -> None:
        self.office, self.rows, self.took = office, list[tuple[Office, uuid.UUID]](), list[float]()

    def press(self, number: int) -> None:
        for _ in range(number):
            name = f"amnesia{len(self.rows)}"
            matter_id = self.office.matter(email=f"{name}@example.com", title=name, last=name)
            started = time.monotonic()
            self.rows.append((self.office, self.office.press(matter_id)))
            self.took.append(time.monotonic() - started)


def forget(broker: OwnBroker) -> None:
    broker.flush()


def die(broker: OwnBroker) -> None:
    broker.kill()
    broker.start()


def stay_away(broker: OwnBroker) -> None:
    broker.kill()
    time.sleep(AWAY)
    broker.start()


def lose_the_disk(broker: OwnBroker) -> None:
    broker.kill()
    broker.wipe()
    broker.start()


def settle(stack: Stack, broker: OwnBroker, clerk: Clerk) -> int:
    """Wait until every row is final, starting a worker that ended again; return how often one did."""
    ended = 0

    def quiet() -> bool:
        nonlocal ended
        if not stack.worker_is_alive():
            ended += 1
            stack.restart_worker(FAST | {"REDIS_URL": broker.url})
        return not clerk.office.open_rows()

    wait_until(quiet, seconds=pick(240, 900), what=lambda: f"{clerk.office.open_rows()} rows are open")
    return ended


@pytest.mark.parametrize("happens", [forget, die, stay_away, lose_the_disk])
def test_no_work_is_lost_with_the_broker(
    stack: Stack, broker: OwnBroker, office: Office, happens: Callable[[OwnBroker], None],
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    clerk = Clerk(office)
    for moment in range(MOMENTS):
        clerk.press(EACH)
        time.sleep(0.3 * moment)
        happens(broker)
        clerk.press(EACH)
    ended = settle(stack, broker, clerk)
    assert await_rows(clerk.rows, seconds=5) == ["done"]
    n = len(clerk.rows)
    found = count(StandIn(stack.standin_url), contacts=n, matters=n)
    worst = sorted(clerk.took)[int(len(clerk.took) * 0.99) - 1]
    record_property("trials", n)
    told = f"{n} matters, the worker ended itself {ended} times, pressing took {worst * 1000:.0f} ms (p99)"
    record_property("measured", f"{happens.__name__}: {told}")
    assert (found.doubled, found.lost) == (0, 0), found


def test_sabotage_work_that_only_the_broker_knows_is_lost(stack: Stack, broker: OwnBroker, office: Office) -> None:
    stack.stop_one("worker")
    clerk = Clerk(office)
    clerk.press(4)

    def rung() -> bool:
        with firm_scope(office.firm_id):
            rows = WorkItem.objects.filter(kind="sync_matter")
            return bool(rows.filter(rung_at__isnull=False).exists())

    wait_until(rung, seconds=20)
    with firm_scope(office.firm_id):  # what was rung is rung for ever: nobody looks at the row again
        WorkItem.objects.filter(kind="sync_matter").update(rung_at="2100-01-01T00:00:00Z")
    broker.flush()
    stack.restart_worker(FAST | {"REDIS_URL": broker.url})
    with pytest.raises(AssertionError):
        await_rows(clerk.rows, seconds=15)

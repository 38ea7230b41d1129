"""Which rows the relay rings: begun work first, one writer per connection, and never a row in the way of a dead one."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from casehug.common import work
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.relay import Relay
from casehug.common.scope import firm_scope
from tests.conftest import make_firm


class Bell:
    """Stands in for the broker: remembers what was rung."""

    def __init__(self) -> None:
        self.rung: list[uuid.UUID] = []

    def send_task(self, task: str, *, kwargs: dict[str, str], **_: Any) -> None:
        assert task == "casehug.run_work"
        self.rung.append(uuid.UUID(kwargs["w"]))


class Desk:
    """One firm with one connection, and a relay with its own database role."""

    def __init__(self, db: "psycopg.Connection[Any]") -> None:
        self.firm_id, self.connection_id, self.db = make_firm("Relay").id, uuid7(), db

    def add(self, lane: int = 1, **values: Any) -> uuid.UUID:
        with firm_scope(self.firm_id):
            item = work.enqueue(
                kind="sync_matter", queue="sync", subject_type="matter", subject_id=uuid7(), lane=lane,
                connection_id=self.connection_id, writes=True, **values,
            )  # fmt: skip
            return uuid.UUID(str(item.id))

    def claim(self, item_id: uuid.UUID) -> WorkItem | None:
        with firm_scope(self.firm_id):
            return work.claim(item_id=item_id, owner="worker")

    def end_lease(self, item_id: uuid.UUID) -> None:
        with firm_scope(self.firm_id), connection.cursor() as cursor:
            cursor.execute("UPDATE common_workitem SET lease_until = now() - interval '1 s' WHERE id = %s", [item_id])

    def look(self) -> list[uuid.UUID]:
        bell = Bell()
        Relay(settings.DATABASE_RELAY_URL, bell, work.CHANNEL, [])._look(self.db)
        return bell.rung


@pytest.fixture
def desk(committed_db: None) -> Iterator[Desk]:
    with psycopg.connect(settings.DATABASE_RELAY_URL, autocommit=True) as db:
        yield Desk(db)


def test_one_writer_of_a_connection_is_rung_and_the_most_urgent_one(desk: Desk) -> None:
    desk.add(lane=2)
    button = desk.add(lane=0)
    desk.add(lane=1)
    assert desk.look() == [button]


def rung_ago(desk: Desk, item_id: uuid.UUID, seconds: int) -> None:
    with firm_scope(desk.firm_id), connection.cursor() as cursor:
        sql = "UPDATE common_workitem SET rung_at = now() - make_interval(secs => %s) WHERE id = %s"
        cursor.execute(sql, [seconds, item_id])


def test_until_a_ring_is_answered_only_a_more_urgent_writer_is_rung(desk: Desk) -> None:
    """Every further ring would be a refused claim, and the look that follows it would ring the next."""
    first, second = desk.add(lane=2), desk.add(lane=2)
    assert desk.look() == [first]
    assert desk.look() == []
    button = desk.add(lane=0)
    assert desk.look() == [button]
    assert desk.look() == []
    assert desk.claim(button) is not None
    assert desk.claim(first) is None  # refused, so the ring is forgotten
    with firm_scope(desk.firm_id):
        WorkItem.objects.filter(id=button).update(status="done")
    assert desk.look() == [first]
    rung_ago(desk, first, 3)  # nobody came: it may be lost, so the others need not wait for it
    assert desk.look() == [second]


def test_nothing_is_rung_beside_a_writer(desk: Desk) -> None:
    assert desk.claim(first := desk.add()) is not None
    desk.add(lane=0)
    assert desk.look() == []
    desk.end_lease(first)
    assert desk.look() == [first]


def test_the_row_of_a_dead_worker_comes_before_a_button_it_blocks(desk: Desk) -> None:
    """While a dead worker's row counts as running no other writer can be claimed: ringing those first never ends."""
    dead = desk.add(lane=2)
    assert desk.claim(dead) is not None
    button = desk.add(lane=0)
    desk.end_lease(dead)
    served: list[uuid.UUID] = []
    for _ in range(4):
        for item_id in desk.look():
            item = desk.claim(item_id)
            if item is not None:
                served.append(item_id)
                with firm_scope(desk.firm_id):
                    work.settle(item, work.done())
    assert served == [dead, button]


def test_a_ring_is_repeated_only_after_a_while(desk: Desk) -> None:
    item = desk.add()
    assert desk.look() == [item]
    assert desk.look() == []
    rung_ago(desk, item, 31)
    assert desk.look() == [item]


def test_rows_without_a_connection_of_two_firms_are_both_rung(desk: Desk) -> None:
    other = Desk(desk.db)
    rows = []
    for each in (desk, other):
        with firm_scope(each.firm_id):
            item = work.enqueue(
                kind="import_intakes", queue="maintenance", subject_type="import", subject_id=uuid7(), writes=True
            )
            rows.append(item.id)
    assert sorted(desk.look()) == sorted(rows)

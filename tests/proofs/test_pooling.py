"""Server connections shared by many threads transaction by transaction, as a pooler does: no firm sees another's rows.

Threads take a server connection for one transaction and give it back, also after aborts. Sabotage: a firm set for the
whole connection instead of the transaction shows rows to whoever comes next.
"""

import queue
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connections

from casehug.common import scope
from casehug.common.scope import firm_scope
from casehug.intake.services.clients import create_client
from harness.size import pick
from tests.conftest import make_firm

THREADS, STATEMENTS, SERVERS = pick(20, 200), pick(6_000, 100_000), pick(4, 20)
SQL = "SELECT firm_id FROM intake_client"


class Pool:
    """A few server connections, handed out for a transaction."""

    def __init__(self, size: int) -> None:
        self.wrappers = [connections["default"].copy() for _ in range(size)]
        self.free: queue.Queue[Any] = queue.Queue()
        for wrapper in self.wrappers:
            wrapper.inc_thread_sharing()
            wrapper.ensure_connection()
            self.free.put(wrapper.connection)

    def borrow(self, work: Callable[[], int]) -> int:
        """Run one transaction on whichever server connection is free."""
        mine, server = connections["default"], self.free.get()
        mine.connection, mine.autocommit, mine.needs_rollback = server, True, False
        mine.in_atomic_block, mine.savepoint_ids, mine.closed_in_transaction = False, [], False
        try:
            return work()
        finally:
            mine.connection = None
            self.free.put(server)

    def close(self) -> None:
        for wrapper in self.wrappers:
            wrapper.close()


@pytest.fixture
def world(committed_db: None) -> Iterator[tuple[Pool, list[uuid.UUID]]]:
    firms = [uuid.UUID(str(make_firm(f"Pool{number}").id)) for number in range(4)]
    for firm_id in firms:
        with firm_scope(firm_id):
            for number in range(3):
                create_client(first_name="Jordan", last_name=f"Vale {number}", email="", phone="")
    pool = Pool(SERVERS)
    yield pool, firms
    pool.close()


def read(firm_id: uuid.UUID | None, dice: random.Random) -> int:
    """Ask for all rows, in a firm's scope or outside of any, perhaps ending in an abort; return the wrong ones."""
    with connections["default"].cursor() as cursor:
        if firm_id is None:
            cursor.execute(SQL)
            return len(cursor.fetchall())
    wrong = 0
    try:
        with firm_scope(firm_id), connections["default"].cursor() as cursor:
            cursor.execute(SQL)
            rows = [str(row[0]) for row in cursor.fetchall()]
            wrong = sum(row != str(firm_id) for row in rows) + (0 if rows else 1)
            if dice.random() < 0.2:
                cursor.execute("SELECT 1 / 0")
            if dice.random() < 0.2:
                raise LookupError
    except (DatabaseError, LookupError):
        pass
    return wrong


def storm(pool: Pool, firms: list[uuid.UUID], *, threads: int, statements: int) -> tuple[int, int]:
    """Let threads read at random; return statements made and wrong rows seen."""
    counts, wrongs = [0] * threads, [0] * threads

    def work(me: int) -> None:
        dice = random.Random(me)
        for _ in range(statements // threads):
            firm_id = dice.choice([*firms, None])
            wrongs[me] += pool.borrow(lambda f=firm_id: read(f, dice))  # type: ignore[misc]
            counts[me] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts), sum(wrongs)


def test_no_row_of_another_firm(
    world: tuple[Pool, list[uuid.UUID]], record_property: Callable[[str, object], None]
) -> None:
    made, wrong = storm(*world, threads=THREADS, statements=STATEMENTS)
    record_property("trials", made)
    record_property("measured", f"{THREADS} threads on {SERVERS} connections: {made:,} transactions, {wrong} wrong")
    assert made == STATEMENTS // THREADS * THREADS and wrong == 0


def test_sabotage_a_setting_for_the_whole_connection_bleeds(
    world: tuple[Pool, list[uuid.UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(value: str) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT set_config('app.firm_id', %s, false)", [value])

    monkeypatch.setattr(scope, "_set_context", keep)
    _, wrong = storm(*world, threads=8, statements=400)
    assert wrong > 0

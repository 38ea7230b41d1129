"""Server connections shared by many threads transaction by transaction: no firm sees another's rows.

Once with a pool inside of this process and, where it is installed, once with a real PgBouncer in transaction mode.
Threads give their server connection back also after aborts, and some hang up in mid transaction. Sabotage: a firm set
for the whole connection instead of the transaction shows rows to whoever comes next.
"""

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connections

from casehug.common import scope
from casehug.common.scope import firm_scope
from casehug.intake.services.clients import create_client
from harness.size import pick
from tests.conftest import make_firm
from tests.proofs import poolers

THREADS, STATEMENTS, SERVERS = pick(20, 200), pick(6_000, 100_000), pick(4, 20)
SQL = "SELECT firm_id, pg_backend_pid() FROM intake_client"
HANGS_UP = 0.002


class World:
    """Firms with rows, and the pooler that is asked; `served` are the firms each server process served."""

    def __init__(self, pooler: poolers.Imitated | poolers.PgBouncer, firms: list[uuid.UUID]) -> None:
        self.pooler, self.firms = pooler, firms
        self.served: dict[int, set[str]] = {}

    @property
    def real(self) -> bool:
        """Whether it is a PgBouncer."""
        return isinstance(self.pooler, poolers.PgBouncer)


@pytest.fixture(params=["imitated", "pgbouncer"])
def world(
    request: pytest.FixtureRequest, committed_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    real = request.param == "pgbouncer"
    if real and poolers.program() is None:
        pytest.skip("pgbouncer is not installed")
    firms = [uuid.UUID(str(make_firm(f"Pool{number}").id)) for number in range(4)]
    for firm_id in firms:
        with firm_scope(firm_id):
            for number in range(3):
                create_client(first_name="Jordan", last_name=f"Vale {number}", email="", phone="")
    pooler = poolers.PgBouncer(SERVERS, tmp_path) if real else poolers.Imitated(SERVERS)
    if isinstance(pooler, poolers.PgBouncer):  # connections of new threads lead to it
        monkeypatch.setitem(connections.settings["default"], "PORT", str(pooler.port))
    yield World(pooler, firms)
    pooler.close()


def read(world: World, firm_id: uuid.UUID | None, dice: random.Random) -> int:
    """Ask for all rows, in a firm's scope or outside of any, perhaps ending in an abort; return the wrong ones."""
    with connections["default"].cursor() as cursor:
        if firm_id is None:
            cursor.execute(SQL)
            return len(cursor.fetchall())
    wrong = 0
    try:
        with firm_scope(firm_id), connections["default"].cursor() as cursor:
            cursor.execute(SQL)
            rows = cursor.fetchall()
            wrong = sum(str(row[0]) != str(firm_id) for row in rows) + (0 if rows else 1)
            for _, server in rows:
                world.served.setdefault(server, set()).add(str(firm_id))
            if dice.random() < 0.2:
                cursor.execute("SELECT 1 / 0")
            if dice.random() < 0.2:
                raise LookupError
            if world.real and dice.random() < HANGS_UP:
                connections["default"].connection.close()
    except (DatabaseError, LookupError):
        pass
    if world.real and connections["default"].connection.closed:
        world.pooler.leave()  # the next transaction connects again
    return wrong


def storm(world: World, *, threads: int, statements: int) -> tuple[int, int]:
    """Let threads read at random; return statements made and wrong rows seen."""
    counts, wrongs = [0] * threads, [0] * threads

    def work(me: int) -> None:
        dice = random.Random(me)
        for _ in range(statements // threads):
            firm_id = dice.choice([*world.firms, None])
            wrongs[me] += world.pooler.borrow(lambda f=firm_id: read(world, f, dice))  # type: ignore[misc]
            counts[me] += 1
        world.pooler.leave()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts), sum(wrongs)


def test_no_row_of_another_firm(world: World, record_property: Callable[[str, object], None]) -> None:
    made, wrong = storm(world, threads=THREADS, statements=STATEMENTS)
    shared = sum(len(firms) > 1 for firms in world.served.values())
    record_property("trials", made)
    by = f"PgBouncer, {len(world.served)} server processes in all" if world.real else "our own pool"
    told = f"{THREADS} threads on {SERVERS} connections, {made:,} transactions, {wrong} wrong"
    record_property("measured", f"{by}: {told}")
    assert made == STATEMENTS // THREADS * THREADS and wrong == 0
    assert shared >= SERVERS // 2, "hardly any server connection served two firms: nothing was proved"


def test_sabotage_a_setting_for_the_whole_connection_bleeds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(value: str) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT set_config('app.firm_id', %s, false)", [value])

    monkeypatch.setattr(scope, "_set_context", keep)
    _, wrong = storm(world, threads=8, statements=400)
    assert wrong > 0

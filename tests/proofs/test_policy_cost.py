"""What the row policies cost: the statements of the log's pages, as the app role and as an owner they do not bind.

Both run the same statements on the same million rows in turn; the 95th percentiles are compared. Long form only: on a
machine with other work, and on few rows, the difference drowns.
"""

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from bench.log import Desk, make_desk
from casehug.common.scope import firm_scope
from harness.size import LONG
from integrations.models import Connection
from integrations.selectors.log import LogFilter, log_page
from tests.plugin.stack import Stack

pytestmark = pytest.mark.skipif(not LONG, reason="needs a million rows: `manage.py prove --long pooling`")
ROWS, TURNS, MOST = 1_000_000, 400, 1.10


@pytest.fixture
def desk(stack: Stack, committed_db: None) -> Desk:
    return make_desk(stack, ROWS)


@pytest.fixture
def statements(desk: Desk) -> list[str]:
    """What the newest page, a filter and one matter's lines ask."""
    with firm_scope(desk.firm_id):
        row = Connection.objects.get()
        with CaptureQueriesContext(database) as seen:
            for wanted in (LogFilter(), LogFilter(status="failed"), LogFilter(matter_id=desk.favourite)):
                log_page(row, wanted)
    return list(dict.fromkeys(one["sql"] for one in seen.captured_queries if "integrations_synclog" in one["sql"]))


@pytest.fixture
def unbound(statements: list[str]) -> Iterator["psycopg.Connection[Any]"]:
    """The owner's connection, while the policies of these tables do not bind an owner."""
    tables = sorted(set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(statements))))
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        try:
            yield owner
        finally:
            for table in tables:
                owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def seconds(line: "psycopg.Connection[Any]", desk: Desk, statement: str) -> float:
    with line.transaction():
        line.execute("SELECT set_config('app.firm_id', %s, true)", [str(desk.firm_id)])
        begun = time.perf_counter()
        rows = line.execute(statement).fetchall()
        took = time.perf_counter() - begun
    assert rows
    return took


def test_the_policies_cost_little(
    desk: Desk, statements: list[str], unbound: "psycopg.Connection[Any]",
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    assert len(statements) >= 3
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as bound:
        pairs = [[(seconds(bound, desk, one), seconds(unbound, desk, one)) for _ in range(TURNS)] for one in statements]
    shares = []
    for each in pairs:
        late = [statistics.quantiles(side, n=20)[-1] for side in zip(*each[TURNS // 10 :], strict=True)]
        shares.append(late[0] / late[1])
    told = ", ".join(f"{one:.2f}" for one in shares)
    record_property("measured", f"policies at {ROWS:,} rows, 95th percentile of {len(statements)} statements: {told}")
    assert statistics.median(shares) <= MOST, told

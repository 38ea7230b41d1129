"""The sync log at 1,000,000 rows against 1,000 rows: the real pages, as the app role, through row security."""

import copy
import os
import statistics
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection as database
from django.test import Client as Browser
from django.urls import reverse

from bench.result import Result, met
from bench.size import Size
from casehug.common.ids import public_id, uuid7
from casehug.common.scope import firm_scope
from casehug.firms.models import Role
from casehug.firms.services import add_member
from casehug.intake.models import Matter
from harness.offices import make_office, person
from harness.stack import Stack
from harness.standin import StandIn
from integrations.models import Connection, SyncLog
from integrations.selectors.log import encode_key

SMALL, MATTERS, TIMES, TARGET, CHUNK = 1_000, 2_000, 5, 1.5, 100_000
SPAN = timedelta(days=700)
# Three in ten operations failed, so that every filter fills a page of the short log too; with 161 different texts.
ROWS = """
INSERT INTO integrations_synclog (id, created_at, updated_at, firm_id, connection_id, work_item_id, matter_id, action,
  status, external_id, attempt, trigger, error_class, error_code, error_text, http_status, duration_ms)
SELECT gen_random_uuid(), t.at, t.at, %(firm)s, %(connection)s, gen_random_uuid(),
  CASE WHEN i %% 16 = 0 THEN %(favourite)s ELSE (%(matters)s::uuid[])[1 + (i::bigint * 7919) %% %(count)s] END,
  (ARRAY['contact.find', 'contact.create', 'matter.create', 'note.create', 'matter.update'])[1 + i / 3 %% 5],
  CASE WHEN i %% 10 < 3 THEN 'failed' WHEN i %% 10 = 3 THEN 'nothing' ELSE 'success' END,
  CASE WHEN i %% 10 < 3 THEN '' ELSE (100000 + i)::text END, 1, 'approval',
  CASE WHEN i %% 10 < 3 THEN (ARRAY['validation', 'network', 'unknown'])[1 + i %% 10] ELSE '' END,
  CASE WHEN i %% 10 < 3 THEN (ARRAY['http_422', 'too_many_tries', ''])[1 + i %% 10] ELSE '' END,
  CASE WHEN i %% 10 = 1 THEN 'It could not be reached.' WHEN i %% 10 < 3 THEN
    (ARRAY['The value was declined', '', 'Something unexpected'])[1 + i %% 10] || '. Field ' || (i / 10 %% 80)
    ELSE '' END, 200, 120
FROM generate_series(%(first)s::int, %(last)s::int) AS i,
  LATERAL (SELECT now() - i * (%(span)s::interval / %(rows)s) AS at) AS t
"""


@dataclass
class Desk:
    """One firm with its log and a signed-in admin."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    browser: Browser
    favourite: uuid.UUID
    rows: int
    pages: dict[str, str] = field(default_factory=dict)

    def get(self, page: str) -> tuple[float, int]:
        """Fetch a page; return its seconds and how many operations stand on it."""
        begun = time.perf_counter()
        answer: Any = self.browser.get(self.pages[page], HTTP_HOST="127.0.0.1")
        took = time.perf_counter() - begun
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answered {answer.status_code}")
        return took, answer.content.decode().count('data-label="Attempt"')


def make_desk(stack: Stack, rows: int) -> Desk:
    """Make a firm with matters and fill its log in the database, as the tables' owner."""
    office = make_office(StandIn(stack.standin_url), account=None)
    first = office.intake(person(rows))
    with firm_scope(office.firm_id):
        clones = []
        for number in range(MATTERS):
            clone = copy.copy(first)
            clone.id, clone.title, clone._state.adding = uuid7(), f"Vale matter {number}", True
            clones.append(clone)
        Matter.objects.bulk_create(clones, batch_size=500)
        Matter.objects.filter(id=first.id).update(title="Zebra crossing")
        connection_id = Connection.objects.get().id
    ids = [one.id for one in clones]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for start in range(0, rows, CHUNK):
            last = min(rows, start + CHUNK) - 1
            with owner.transaction():
                owner.execute("SELECT set_config('app.firm_id', %s, true)", [str(office.firm_id)])
                owner.execute(ROWS, {
                    "firm": office.firm_id, "connection": connection_id, "matters": ids, "count": len(ids),
                    "favourite": first.id, "first": start, "last": last, "span": SPAN, "rows": rows,
                })  # fmt: skip
        owner.execute("VACUUM ANALYZE integrations_synclog")
    member = add_member(
        firm_id=office.firm_id, email=f"log-{rows}@example.com", name="Log", role=Role.ADMIN, password=uuid7().hex
    )
    browser = Browser()
    browser.force_login(member.user)
    desk = Desk(office.firm_id, connection_id, browser, first.id, rows)
    desk.pages = _pages(desk)
    return desk


def _pages(desk: Desk) -> dict[str, str]:
    with firm_scope(desk.firm_id):
        newest = SyncLog.objects.order_by("-created_at", "-id")
        deep = encode_key(newest[int(desk.rows * 0.9)])
        failed = newest.filter(status="failed")
        deep_failed = encode_key(failed[int(failed.count() * 0.8)])
        known = newest.exclude(external_id="")[int(desk.rows * 0.5)].external_id
        middle = newest[desk.rows // 2].created_at.date()
    queries: dict[str, dict[str, Any]] = {
        "first page": {},
        "deep page, nine tenths down": {"before": deep},
        "state: failed": {"status": "failed"},
        "state: failed, deep": {"status": "failed", "before": deep_failed},
        "cause: no answer": {"cause": "network"},
        "step: note": {"action": "note"},
        "failed, step contact, not accepted": {"status": "failed", "action": "contact", "cause": "validation"},
        "until a day a year ago": {"until": middle},
        "one matter": {"matter": public_id("mat", desk.favourite)},
        "text: a word of an error": {"text": "declined"},
        "text: one error": {"text": "could not be reached"},
        "text: a matter's title": {"text": "zebra cross"},
        "text: a remote id": {"text": known},
        "text: fits nothing": {"text": "quagga"},
    }
    here = reverse("integration_log", args=["lawmatics"])
    return {name: f"{here}?{urlencode(query)}" for name, query in queries.items()}


def measure(stack: Stack, size: Size) -> Result:
    """Fetch each page of both logs in turn, round by round, and compare the medians."""
    small, large = make_desk(stack, SMALL), make_desk(stack, size.log_rows)
    with database.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
    times: dict[str, dict[str, list[float]]] = {page: {"small": [], "large": []} for page in small.pages}
    unequal = 0
    for number in range(size.rounds + 1):
        for page, kept in times.items():
            taken = [(small.get(page), large.get(page)) for _ in range(TIMES)]
            counts = {count for pair in taken for _, count in pair}
            if number:  # the first round warms caches and templates up
                kept["small"].append(statistics.median(one[0] for one, _ in taken))
                kept["large"].append(statistics.median(one[0] for _, one in taken))
            unequal += len(counts) != 1 and number > 0 and size.log_rows >= SMALL
    result = Result(
        "log", f"Pages of the sync log at {size.log_rows:,} rows against {SMALL:,}",
        f"Two firms in the same tables, one with {SMALL:,} operations in 700 days, one with {size.log_rows:,}, each of"
        f" {MATTERS:,} matters. The rows are made in the database; each page is asked for through the real view as a"
        f" signed-in admin, by the app role `{role}` under row security. {size.rounds} rounds, in each every page"
        f" {TIMES} times at one firm and the other in turn; a round counts with its median. Target: the median of the"
        f" rounds at most {TARGET} times that of the short log.",
        ["Page", f"{SMALL:,} rows", f"{size.log_rows:,} rows", "Ratio", "Worst round", f"≤ {TARGET}"],
        counters={"pages with another number of rows": unequal, "not the app role": int(role != "cx_app")},
        raw=times,
    )  # fmt: skip
    for page, kept in times.items():
        few, many = statistics.median(kept["small"]), statistics.median(kept["large"])
        worst = max(b / a for a, b in zip(kept["small"], kept["large"], strict=True))
        result.rows.append([page, f"{few * 1000:.1f} ms", f"{many * 1000:.1f} ms", f"{many / few:.2f}", f"{worst:.2f}",
                            met(many / few, TARGET)])  # fmt: skip
    ratios = [statistics.median(kept["large"]) / statistics.median(kept["small"]) for kept in times.values()]
    slowest = max(statistics.median(kept["large"]) for kept in times.values()) * 1000
    result.aim(f"log pages at {size.log_rows:,} rows, of {SMALL:,} (worst page)", max(ratios), TARGET, unit="×")
    result.aim(f"slowest log page at {size.log_rows:,} rows", slowest, 100.0, unit=" ms", digits=0)
    result.notes += _beside(large)
    return result


def _beside(large: Desk) -> list[str]:
    """Time once what is no page of the list and grows with what it counts."""
    here, chart = (reverse(f"integration_log{part}", args=["lawmatics"]) for part in ("", "_chart"))
    told = []
    for name, address in (
        ("grouped by cause (newest 10,000 operations with one)", f"{here}?group=cause"),
        ("the chart of 30 days, which the page fetches by itself", chart),
    ):
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            large.browser.get(address, HTTP_HOST="127.0.0.1")
            took.append(time.perf_counter() - begun)
        told.append(f"{name}: {statistics.median(took) * 1000:.0f} ms")
    return ["Beside the pages, in the long log: " + "; ".join(told) + "."]

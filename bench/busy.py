"""The button while a bulk sync runs: from the approval's commit until all three records are confirmed.

The same firm, the same connection, the same delay of the provider; idle and behind the bulk in turn of halves: first
every approval on an idle system, then as many while the bulk runs from the first to the last of them.
"""

import time
import uuid
from statistics import median

from bench.result import Result, percentile
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.offices import FINAL, Office, await_quiet, make_office, person, wait_until
from harness.stack import Stack
from harness.standin import StandIn

DELAY_MS, MOST = 100, 1.5


def _approve(office: Office, waiting: tuple[uuid.UUID, uuid.UUID]) -> float:
    """Approve one intake; return the seconds until its row is done, by the clock of the one machine."""
    matter_id, document_id = waiting
    started = office.approve(document_id)
    while True:
        with firm_scope(office.firm_id):
            row = WorkItem.objects.get(kind="sync_matter", subject_id=matter_id)
        if row.status in FINAL and row.finished_at:
            return float(row.finished_at.timestamp() - started)
        if time.time() - started > 60:
            raise TimeoutError(f"an approval stays {row.status}")
        time.sleep(0.02)


def _bulk_left(office: Office) -> int:
    with firm_scope(office.firm_id):
        return int(WorkItem.objects.filter(kind="sync_matter", lane=2).exclude(status__in=FINAL).count())


def measure(stack: Stack, size: Size) -> Result:
    """Approve on an idle system, then behind a bulk sync, round by round."""
    standin = StandIn(stack.standin_url)
    office = make_office(standin, account=None)
    count = max(2, size.per_round)
    idle: list[float] = []
    busy: list[float] = []
    ordered = left_running = 0
    _approve(office, office.awaiting_approval(person("b.warm")))
    with firm_scope(office.firm_id):
        bulk = [office.intake(person(f"b.bulk.{number}")).id for number in range(size.busy)]
    for turn in range(size.rounds):
        ready = [office.awaiting_approval(person(f"b{turn}.{number}")) for number in range(2 * count)]
        standin.control("PATCH", "switches", latency=DELAY_MS)
        idle += [_approve(office, one) for one in ready[:count]]
        waiting = _bulk_turn(office, bulk)
        busy += [_approve(office, one) for one in ready[count:]]
        left_running += waiting and not _bulk_left(office)
        _end_bulk(office)
        ordered += 2 * count
        standin.control("PATCH", "switches", latency="off")
    counters = _counters(standin, office, ordered + 1) | {"bulk over too soon": left_running}
    return _result(size, count, idle, busy, counters)


def _bulk_turn(office: Office, bulk: list[uuid.UUID]) -> bool:
    """Queue the whole bulk and wait until its first matters run. What was done in an earlier turn costs no call."""
    office.press_all(bulk, lane=WorkItem.Lane.BULK)
    wait_until(lambda: _bulk_left(office) < len(bulk), seconds=120)
    return True


def _end_bulk(office: Office) -> None:
    with firm_scope(office.firm_id):
        rows = WorkItem.objects.filter(kind="sync_matter", lane=2, status__in=("ready", "held"))
        rows.update(status="cancelled")
    await_quiet([office], seconds=120)


def _counters(standin: StandIn, office: Office, approved: int) -> dict[str, int]:
    found = standin.effects(office.account)
    with firm_scope(office.firm_id):
        done = WorkItem.objects.filter(kind="sync_matter").exclude(lane=2).filter(status="done").count()
        failed = WorkItem.objects.filter(kind="sync_matter", status="dead").count()
    return {"doubled": found.doubled, "lost": max(0, approved - done), "failed": failed}


def _result(size: Size, count: int, idle: list[float], busy: list[float], counters: dict[str, int]) -> Result:
    result = Result(
        "busy", f"Approve → visible while {size.busy:,} matters are synced",
        f"{size.rounds} rounds; in each {count} approvals on an idle system, then {count} while a bulk sync of"
        f" {size.busy:,} matters of the same firm runs. The stand-in answers after {DELAY_MS} ms. Clock: from just"
        " before the commit of the approval to the end of its row in the database.",
        ["", "p50", "p95", "p99", "n"], counters=counters,
        raw={"idle": [round(one, 4) for one in idle], "busy": [round(one, 4) for one in busy]},
    )  # fmt: skip
    for name, samples in (("idle", idle), ("behind the bulk", busy)):
        cells = (f"{percentile(samples, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99))
        result.rows.append([name, *cells, f"{len(samples)}"])
    ratio = percentile(busy, 0.99) / percentile(idle, 0.99)
    result.aim("approve → visible p99 behind a bulk, of idle", ratio, MOST, unit="×")
    result.notes.append(
        f"Ratio of the medians {median(busy) / median(idle):.2f}. The button waits for the one call that is under way,"
        " then goes before all of the bulk."
    )
    return result

"""How many firms at their full quota two cores serve, and how evenly they are served.

All firms have the same backlog and no limit, so the machine sets the pace. A firm at Lawmatics' 50 calls a minute
takes 50 / 3 matters a minute: the matters that the machine does in a minute, divided by that, is the number of firms.
Fairness is Jain's index of what each firm had done when half of everything was done.
"""

import os
import time

from bench.result import Result, fairness
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.local import processes, product
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

QUOTA, CALLS = 50, 3
LEAST_FIRMS, LEAST_FAIR = 300, 0.95


def measure(stack: Stack, size: Size) -> Result:
    """Do the whole backlog with one worker process, then as much again with two."""
    standin = StandIn(stack.standin_url)
    standin.control("PATCH", "switches", latency="off")
    offices = [make_office(standin, account=None) for _ in range(size.firms)]
    done = []
    for workers in (1, os.cpu_count() or 2):
        done.append(_round(stack, size, standin, offices, workers))
    for number in range(2, (os.cpu_count() or 2) + 1):
        stack.stop_one(f"worker{number}")
    return _result(size, done)


def _round(stack: Stack, size: Size, standin: StandIn, offices: list[Office], workers: int) -> dict[str, float]:
    ready = {}
    for index, office in enumerate(offices):
        with firm_scope(office.firm_id):
            people = [person(f"f{workers}.{index}.{number}") for number in range(size.each)]
            ready[office] = [office.intake(who).id for who in people]
    for number in range(2, workers + 1):
        name, since = f"worker{number}", processes.size(stack.logs / f"worker{number}.log")
        stack.spawn(name, [part.replace("local@%h", f"{name}@%h") for part in product.worker_command()])
        while " ready." not in processes.tail(stack.logs / f"{name}.log", lines=60, since=since):
            stack.check()
            time.sleep(0.1)
    total = size.firms * size.each
    stack.stop_one("relay")  # nobody starts before the last firm has pressed
    for office, matters in ready.items():
        office.press_all(matters, lane=WorkItem.Lane.BULK)
    stack.start_relay()
    before, begun = stack.processor_seconds(), time.monotonic()
    while True:
        shares = [size.each - office.open_rows() for office in offices]
        if sum(shares) >= total / 2:
            break
        stack.check()
        time.sleep(0.1)
    fair = fairness(shares)
    await_quiet(offices, seconds=60 + total, every=0.1)
    seconds, after = time.monotonic() - begun, stack.processor_seconds()
    wanted = size.each * (1 if workers == 1 else 2)
    made = [standin.effects(office.account) for office in offices]
    return {
        "workers": workers, "rate": total / seconds, "fair": fair, "firms": total / seconds * 60 * CALLS / QUOTA,
        "cpu": (sum(after.values()) - sum(before.values())) / total * 1000,
        "standin": (after["standin"] - before["standin"]) / total * 1000,
        "doubled": sum(one.doubled + max(0, one.matters - wanted) for one in made),
        "lost": sum(max(0, wanted - one.matters) for one in made),
        "failed": sum(office.failures() for office in offices),
    }  # fmt: skip


def _result(size: Size, done: list[dict[str, float]]) -> Result:
    result = Result(
        "firms", "Firms at full quota",
        f"{size.firms} firms with {size.each} new clients' matters each, bulk lane, no limit and no delay at the"
        f" stand-in, which runs on the same cores. A firm at full quota is {QUOTA} calls a minute, {CALLS} calls a"
        " matter.",
        ["worker processes", "matters per second", "firms at full quota", "fairness", "processor time per matter, all",
         "of it the stand-in"],
        [[f"{one['workers']:.0f}", f"{one['rate']:.1f}", f"{one['firms']:.0f}", f"{one['fair']:.3f}",
          f"{one['cpu']:.0f} ms", f"{one['standin']:.0f} ms"] for one in done],
        counters={key: int(sum(one[key] for one in done)) for key in ("doubled", "lost", "failed")},
        raw={"rounds": done},
    )  # fmt: skip
    result.aim("firms at full quota on two cores", max(one["firms"] for one in done), LEAST_FIRMS, least=True, digits=0)
    result.aim("fairness between them", min(one["fair"] for one in done), LEAST_FAIR, least=True, digits=3)
    return result

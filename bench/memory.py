"""Memory of the worker while it syncs many matters of several firms, and the processor time of each process.

Every client has five matters: the first makes the contact, the later ones find it known, as in a firm's daily life.
"""

import time

from bench.result import Result, met, slope
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import Client
from harness import machine
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

FIRMS = 6
MATTERS_OF_A_CLIENT = 5
MOST_GROWTH_MB, MOST_PERCENT = 10.0, 5.0


def measure(stack: Stack, size: Size) -> Result:
    """Sync `size.matters` in blocks; look at the worker's memory after each block, when it is idle."""
    standin = StandIn(stack.standin_url)
    offices = [make_office(standin, account=None) for _ in range(FIRMS)]
    worker = stack.children["worker"].pid
    points: list[tuple[float, float]] = [(0, machine.memory_mb(worker))]
    used = dict.fromkeys(stack.processor_seconds(), 0.0)
    busy = 0.0
    for first in range(0, size.matters, size.every):
        block = min(size.every, size.matters - first)
        ready = _make(offices, first, block)
        before, started = stack.processor_seconds(), time.monotonic()
        for office, matters in ready.items():
            office.press_all(matters, lane=WorkItem.Lane.BULK)
        await_quiet(offices, seconds=60 + block, every=0.2)
        busy += time.monotonic() - started
        used = {name: used[name] + now - before[name] for name, now in stack.processor_seconds().items()}
        points.append((first + block, machine.memory_mb(worker)))
        stack.check()
    return _result(size, points, used, busy, _counters(standin, offices, size.matters))


def _make(offices: list[Office], first: int, count: int) -> dict[Office, list]:  # type: ignore[type-arg]
    """Make matters for all firms, one transaction per firm."""
    ready: dict[Office, list] = {}  # type: ignore[type-arg]
    for index, office in enumerate(offices):
        numbers = range(first + index, first + count, len(offices))
        with firm_scope(office.firm_id):
            ready[office], client = [], None
            for place, number in enumerate(numbers):
                client = client if place % MATTERS_OF_A_CLIENT else None
                matter = office.intake(person(number), client_id=client)
                ready[office].append(matter.id)
                client = matter.client_id
    return ready


def _counters(standin: StandIn, offices: list[Office], matters: int) -> dict[str, int]:
    found = [standin.effects(office.account) for office in offices]
    clients = 0
    for office in offices:
        with firm_scope(office.firm_id):
            clients += Client.objects.count()
    wanted = {"contacts": clients, "matters": matters, "notes": matters}
    more = [sum(getattr(one, key) for one in found) - number for key, number in wanted.items()]
    return {
        "doubled": sum(one.doubled for one in found) + sum(max(0, one) for one in more),
        "lost": sum(max(0, -one) for one in more),
        "failed": sum(office.failures() for office in offices),
    }


def _result(
    size: Size, points: list[tuple[float, float]], used: dict[str, float], busy: float, counters: dict[str, int]
) -> Result:
    base = dict(points)[size.warm_up]
    later = [point for point in points if point[0] >= size.warm_up]
    growth, per_thousand = max(mb for _, mb in later) - base, slope(later) * 1000
    each = {name: seconds / size.matters * 1000 for name, seconds in used.items()}
    rows = [
        ["memory at start", f"{points[0][1]:.1f} MB", ""],
        [f"memory after {size.warm_up:,} matters (warm-up)", f"{base:.1f} MB", ""],
        [f"memory after {size.matters:,} matters", f"{points[-1][1]:.1f} MB", ""],
        ["highest growth after the warm-up", f"{growth:.1f} MB", f"≤ {MOST_GROWTH_MB:.0f} MB: {met(growth, 10)}"],
        ["slope after the warm-up", f"{per_thousand:+.2f} MB per 1,000 matters", ""],
        ["matters per second, all firms together", f"{size.matters / busy:.1f}", ""],
        *[[f"processor time per matter, {name}", f"{ms:.1f} ms", ""] for name, ms in each.items()],
        ["processor time per matter, in all", f"{sum(each.values()):.1f} ms", ""],
    ]
    result = Result(
        "memory", f"Memory of the worker over {size.matters:,} matters",
        f"{FIRMS} firms without a rate limit, bulk lane, blocks of {size.every:,}, {MATTERS_OF_A_CLIENT} matters of"
        " each client; after each block the resident memory of the worker's process tree. Growth is the highest later"
        " value minus the one after the warm-up.",
        ["what", "value", "target"], rows, counters=counters,
        raw={"memory_mb": points, "processor_seconds": used, "seconds": busy},
    )  # fmt: skip
    share = growth / base * 100
    result.aim(
        f"memory over {size.matters:,} matters, growth after the warm-up", share, MOST_PERCENT, unit=" %", digits=1
    )
    return result

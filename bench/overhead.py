"""What the product adds to the provider's own time: one firm's matters, one after another, beside the bare calls.

Fair, because both make the same three calls for the same new clients, one after another on a kept connection, to the
same stand-in with the same delay. The bare client keeps nothing, checks nothing and could not tell a double.
"""

import time
from statistics import median

from bench.naive import Naive
from bench.result import Result
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

DELAY_MS, MOST_WALL, MOST_CPU_MS = 50, 1.15, 6.0


def measure(stack: Stack, size: Size) -> Result:
    """Sync a handful of matters, then let the bare client do as many, round by round."""
    standin = StandIn(stack.standin_url)
    account, token = standin.account()
    office, naive = make_office(standin, account=None), Naive(standin.url, token)
    count = max(4, size.per_round // 2)
    ours: list[float] = []
    bare: list[float] = []
    used: dict[str, float] = {}
    bare_cpu = 0.0
    for turn in range(size.rounds + 1):
        people = [person(f"o{turn}.{number}") for number in range(count)]
        with firm_scope(office.firm_id):
            ids = [office.intake(who).id for who in people]
        standin.control("PATCH", "switches", latency=DELAY_MS)
        before, begun = stack.processor_seconds(), time.monotonic()
        office.press_all(ids, lane=WorkItem.Lane.AUTOMATIC)
        await_quiet([office], seconds=60 + count, every=0.005)
        wall, after = time.monotonic() - begun, stack.processor_seconds()
        begun, cpu = time.monotonic(), time.process_time()
        for who in people:
            naive.three_calls(who, who["last_name"])
        plain = time.monotonic() - begun
        standin.control("PATCH", "switches", latency="off")
        if turn:  # the first round warms up, and looks once whether a carried note arrived
            ours.append(wall / count)
            bare.append(plain / count)
            bare_cpu += time.process_time() - cpu
            for name, seconds in after.items():
                used[name] = used.get(name, 0.0) + seconds - before[name]
    return _result(size, count, ours, bare, used, bare_cpu, _counters(standin, office, count * (size.rounds + 1)))


def _counters(standin: StandIn, office: Office, matters: int) -> dict[str, int]:
    found = standin.effects(office.account)
    made = (found.contacts, found.matters, found.notes)
    return {
        "doubled": found.doubled + sum(max(0, one - matters) for one in made),
        "lost": sum(max(0, matters - one) for one in made), "failed": office.failures(),
    }  # fmt: skip


def _result(
    size: Size, count: int, ours: list[float], bare: list[float], used: dict[str, float], bare_cpu: float,
    counters: dict[str, int],
) -> Result:  # fmt: skip
    matters = count * size.rounds
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    each = {name: seconds / matters * 1000 for name, seconds in used.items()}
    result = Result(
        "overhead", f"Beside the bare calls, {DELAY_MS} ms each",
        f"{size.rounds} rounds after one to warm up; in each {count} new clients' matters of one firm, which the"
        f" product sends one after another, then the same three calls for as many by plain `requests`. The stand-in"
        f" answers after {DELAY_MS} ms.",
        ["what", "CaseHug", "bare", "ratio"],
        [
            ["wall time per matter (median)", f"{median(ours) * 1000:.0f} ms", f"{median(bare) * 1000:.0f} ms",
             f"{ratio:.2f}"],
            ["processor time per matter of the client", f"{each.get('worker', 0):.1f} ms",
             f"{bare_cpu / matters * 1000:.1f} ms", ""],
            *[[f"processor time per matter, {name}", f"{ms:.1f} ms", "", ""]
              for name, ms in each.items() if name not in ("worker", "standin")],
        ],
        counters=counters, raw={"casehug": ours, "bare": bare, "processor_seconds": used},
    )  # fmt: skip
    result.aim(f"wall time per matter at {DELAY_MS} ms a call, of bare HTTP", ratio, MOST_WALL, unit="×")
    result.aim("processor time per matter, worker", each.get("worker", 0.0), MOST_CPU_MS, unit=" ms", digits=1)
    return result

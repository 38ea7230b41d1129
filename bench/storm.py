"""Taking webhooks in while a bulk sync is queued and the worker is dead.

A dead worker must not slow the door: the same deliveries at the same steady rate, in turn with nothing else going on
and with a backlog of bulk work that the relay keeps ringing for while nobody answers.
"""

from statistics import median

from bench.hooks import make_doors, paced, rest, start_web, work_off
from bench.result import Result, percentile
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

RATE, MOST = 40.0, 1.5


def measure(stack: Stack, size: Size) -> Result:
    """Send at a steady rate, calm and under the storm in turn."""
    standin = StandIn(stack.standin_url)
    doors, bulk = make_doors(standin, 4), make_office(standin, account=None)
    with firm_scope(bulk.firm_id):
        ids = [bulk.intake(person(number)).id for number in range(size.bulk)]
    rest(stack)
    port = start_web(stack)
    calm: list[float] = []
    storm: list[float] = []
    codes: dict[int, int] = {}
    first = 0
    paced(port, doors, rate=RATE, seconds=1, first=9_000_000)  # to warm up; counted by the doors as well
    accepted = max(20, int(RATE))
    for number in range(size.rounds):
        for into, busy in ((calm, False), (storm, True)):
            if busy:
                bulk.press_all(ids[number :: size.rounds], lane=WorkItem.Lane.BULK)
                stack.start_relay()
            taken = paced(port, doors, rate=RATE, seconds=2 * size.seconds, first=first)
            first += len(taken.seconds)
            into += taken.seconds
            for code, count in taken.codes.items():
                codes[code] = codes.get(code, 0) + count
            stack.stop_one("relay")
    accepted += codes.get(200, 0)
    kept = sum(door.kept() for door in doors)
    left = work_off(stack, doors, seconds=60 + kept / 10)
    stack.stop_one("web")
    await_quiet([bulk], seconds=60 + size.bulk)
    return _result(size, calm, storm, {
        "lost": max(0, accepted - kept), "not 200": sum(count for code, count in codes.items() if code != 200),
        "left unprocessed": left, **_synced(standin, bulk, len(ids)),
    })  # fmt: skip


def _synced(standin: StandIn, office: Office, matters: int) -> dict[str, int]:
    found = standin.effects(office.account)
    made = (found.contacts, found.matters, found.notes)
    return {"matters lost": sum(max(0, matters - one) for one in made), "matters doubled": found.doubled}


def _result(size: Size, calm: list[float], storm: list[float], counters: dict[str, int]) -> Result:
    result = Result(
        "storm", "Taking webhooks in behind a dead worker",
        f"{size.rounds} rounds; in each {2 * size.seconds:g} s of {RATE:.0f} deliveries per second with nothing else,"
        f" then as many while a part of {size.bulk:,} bulk syncs is queued, the relay rings and no worker lives."
        " Afterwards a worker starts: every event is processed and every matter arrives once.",
        ["", "p50", "p95", "p99"], counters=counters,
        raw={"calm": [round(one, 4) for one in calm], "storm": [round(one, 4) for one in storm]},
    )  # fmt: skip
    for name, samples in (("calm", calm), ("bulk queued, worker dead", storm)):
        result.rows.append([name, *(f"{percentile(samples, share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99))])
    ratio = percentile(storm, 0.99) / percentile(calm, 0.99)
    result.aim("webhook p99 behind a dead worker and a bulk sync, of calm", ratio, MOST, unit="×")
    of_medians = median(storm) / median(calm)
    result.notes.append(f"Ratio of the medians {of_medians:.2f}, of the 99th percentiles {ratio:.2f}.")
    return result

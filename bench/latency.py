"""From the approval's commit until contact, note and matter stand in Lawmatics, beside the same calls made bare."""

import time
import uuid
from dataclasses import asdict, dataclass

from bench.naive import Naive
from bench.result import Result, met, percentile
from bench.size import Size
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn

LATENCIES = (0, 100)
ALLOWANCE_MS = 150  # on top of three round trips, for everything that is ours
WARM_UP = 5


@dataclass(frozen=True)
class Sample:
    """Milliseconds from the start: to the first call's arrival, and to the last answer, by which all three stand."""

    first_call: float
    visible: float


@dataclass
class Pair:
    """One firm of the product beside one account of the bare client."""

    office: Office
    naive: Naive
    naive_account: str
    standin: StandIn
    calls_missing: int = 0

    def approve(self, waiting: tuple[uuid.UUID, uuid.UUID]) -> Sample:
        """Approve one intake and wait for what follows."""
        before = self.standin.last()
        started = self.office.approve(waiting[1])
        await_quiet([self.office])
        return self._sample(self.office.account, before, started)

    def bare(self, number: str) -> Sample:
        """Make the same three calls directly."""
        before, who = self.standin.last(), person(number)
        started = time.time()
        self.naive.three_calls(who, who["last_name"])
        return self._sample(self.naive_account, before, started)

    def _sample(self, account: str, before: int, started: float) -> Sample:
        calls = self.standin.arrived(account, since=before)
        self.calls_missing += max(0, 3 - len(calls))
        moments = [call.at for call in calls] or [float("nan")]
        answered = max((call.answered for call in calls), default=float("nan"))
        return Sample(round((min(moments) - started) * 1000, 1), round((answered - started) * 1000, 1))


def measure(stack: Stack, size: Size) -> Result:
    """Approve one intake at a time on an idle system, in turn with the bare calls."""
    standin = StandIn(stack.standin_url)
    account, token = standin.account()
    pair = Pair(make_office(standin, account=None), Naive(standin.url, token), account, standin)
    n = size.rounds * size.per_round
    result = Result(
        "latency", "Approve → visible in Lawmatics",
        f"{size.rounds} rounds of {size.per_round} approvals, then {size.per_round} times the same three calls made"
        f" bare, at each provider latency: n = {n} each. Clock: from just before the commit of the approval (its disk"
        " flush counts) to the answer of the last call, by the stand-in's own clock on the same machine.",
        ["provider latency", "CaseHug p50", "CaseHug p99", "bare p50", "bare p99", "ratio p50", "added p50",
         "until first call p50", f"p99 ≤ 3 calls + {ALLOWANCE_MS} ms"],
    )  # fmt: skip
    warmed = [pair.office.awaiting_approval(person(f"w{i}")) for i in range(WARM_UP)]
    for number, waiting in enumerate(warmed):
        pair.approve(waiting)
        pair.bare(f"w{number}")
    for latency in LATENCIES:
        ours, bare = _rounds(pair, size, latency)
        result.rows.append(_row(latency, ours, bare))
        p99, plain = (percentile([one.visible for one in some], at) for some, at in ((ours, 0.99), (bare, 0.5)))
        what = f"approve → visible p99, three calls at {latency} ms and {ALLOWANCE_MS} ms"
        result.aim(what, p99, round(plain + ALLOWANCE_MS), unit=" ms", digits=0)
        samples = {"casehug": [asdict(one) for one in ours], "bare": [asdict(one) for one in bare]}
        result.raw[f"{latency} ms"] = samples
    wanted, found = len(LATENCIES) * n + WARM_UP, standin.effects(pair.office.account)
    made = (found.contacts, found.matters, found.notes)
    result.counters = {
        "doubled": found.doubled + sum(max(0, have - wanted) for have in made),
        "lost": sum(max(0, wanted - have) for have in made),
        "failed": pair.office.failures(),
        "calls_missing": pair.calls_missing,
    }
    rate = 3000 / percentile([one["visible"] for one in result.raw["0 ms"]["bare"]], 0.5)
    result.notes.append(f"The stand-in itself answers about {rate:.0f} calls per second to one bare client.")
    return result


def _rounds(pair: Pair, size: Size, latency: int) -> tuple[list[Sample], list[Sample]]:
    ours: list[Sample] = []
    bare: list[Sample] = []
    for turn in range(size.rounds):
        numbers = [f"{latency}.{turn}.{i}" for i in range(size.per_round)]
        waiting = [pair.office.awaiting_approval(person(number)) for number in numbers]
        pair.standin.control("PATCH", "switches", latency=latency or "off")
        ours += [pair.approve(one) for one in waiting]
        bare += [pair.bare(number) for number in numbers]
        pair.standin.control("PATCH", "switches", latency="off")
    return ours, bare


def _row(latency: int, ours: list[Sample], bare: list[Sample]) -> list[str]:
    visible, plain = [one.visible for one in ours], [one.visible for one in bare]
    p50, p99 = percentile(visible, 0.5), percentile(visible, 0.99)
    bare50, bare99 = percentile(plain, 0.5), percentile(plain, 0.99)
    first = percentile([one.first_call for one in ours], 0.5)
    target = bare50 + ALLOWANCE_MS
    return [
        f"{latency} ms", f"{p50:.0f} ms", f"{p99:.0f} ms", f"{bare50:.0f} ms", f"{bare99:.0f} ms",
        f"{p50 / bare50:.2f}", f"{p50 - bare50:.0f} ms", f"{first:.0f} ms", f"{target:.0f} ms: {met(p99, target)}",
    ]  # fmt: skip

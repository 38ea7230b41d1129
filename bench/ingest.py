"""Taking webhooks in, beside a bare Django view and a view with one insert.

Fair, because all three run under the same server with as many workers and threads, on the same PostgreSQL with the
same durable settings, get the same signed deliveries, made in advance, from the same sender in turn, and nothing else
of the product runs.
Ours alone resolves the address, checks the signature, encrypts, keeps the event once, queues its work under row
security, and answers after the disk has it.
"""

from collections import Counter
from collections.abc import Callable
from itertools import count
from statistics import median

from bench.hooks import Door, make_doors, paced, rest, start_plain, start_rival, start_web, stripe_delivery, work_off
from bench.result import Result, percentile
from bench.size import Size
from bench.wire import Flooded, flood
from harness.stack import Stack
from harness.standin import StandIn

DOORS = 8
OF_BARE, OF_INSERT, OF_RIVAL, MOST_MS = 0.45, 0.85, 3.0, 25.0
RIVAL = "dj-stripe's receiver"
RIVAL_HOW = (
    "dj-stripe runs in an environment of its own on the same PostgreSQL, with the same server and middleware, signature"
    " check on, and processing put off to a queue as its documentation suggests: it keeps each delivery as a row."
)
Maker = Callable[[], bytes]


def measure(stack: Stack, size: Size) -> Result:
    """Flood the three receivers in turn, round by round; then send ours half of what it can take."""
    doors = make_doors(StandIn(stack.standin_url), DOORS)
    rest(stack)
    ours, numbers = start_web(stack), count(1)
    rates, codes = _rounds(_turns(stack, doors, ours, numbers), size)
    rate, first = median(rates["CaseHug"]) / 2, next(numbers) + 1_000_000
    half = paced(ours, doors, rate=rate, seconds=max(1.0, 3 * size.seconds), first=first)
    accepted = codes.get(200, 0) + half.codes.get(200, 0)
    kept = sum(door.kept() for door in doors)
    left = work_off(stack, doors, seconds=60 + kept / 10)
    for name in ("web", "plain", "rival"):
        stack.stop_one(name)
    refused = sum(many for code, many in [*codes.items(), *half.codes.items()] if code != 200)
    result = _result(size, rates, half.seconds)
    result.counters = {"lost": max(0, accepted - kept), "not 200": refused, "left unprocessed": left}
    result.raw |= {"kept": kept, "codes": codes}
    return result


def _turns(stack: Stack, doors: list[Door], ours: int, numbers: "count[int]") -> dict[str, tuple[int, Maker]]:
    """Return each receiver's port and how to make one more request for it, which nobody sent before."""

    def to(path: str = "") -> Maker:
        def make() -> bytes:
            number = next(numbers)
            door = doors[number % DOORS]
            return at(path, door, door.delivery(number)) if path else door.delivery(number)

        return make

    plain = start_plain(stack)
    turns = {"CaseHug": (ours, to()), "bare view": (plain, to("/bare")), "view and one insert": (plain, to("/insert"))}
    rival = start_rival(stack)
    if rival is not None:
        port, path = rival
        turns[RIVAL] = (port, lambda: stripe_delivery(path, next(numbers)))
    return turns


def _rounds(turns: dict[str, tuple[int, Maker]], size: Size) -> tuple[dict[str, list[float]], dict[int, int]]:
    """Flood in turn; return everybody's rates and the codes of our answers. The first round warms up."""
    found: dict[str, list[Flooded]] = {name: [] for name in turns}
    for _ in range(size.rounds + 1):
        for name, (port, make) in turns.items():
            best = max((one.rate for one in found[name]), default=0.0)
            found[name].append(flood(port, prepared(make, int(1.5 * best * size.seconds)), seconds=size.seconds))
    rates = {name: [round(one.rate, 1) for one in floods[1:]] for name, floods in found.items()}
    codes: Counter[int] = Counter()
    for one in found["CaseHug"]:
        codes.update(one.codes)
    return rates, dict(codes)


def at(path: str, door: Door, delivery: bytes) -> bytes:
    """Return a delivery as it is, headers and signature too, but to another path."""
    return delivery.replace(door.path.encode(), path.encode(), 1)


def prepared(make: Maker, wanted: int) -> Callable[[int], bytes]:
    """Make requests in advance, so that signing them takes nothing of the cores while they are sent."""
    ready = [make() for _ in range(wanted)]
    return lambda number: ready[number] if number < wanted else make()


def _result(size: Size, rates: dict[str, list[float]], half: list[float]) -> Result:
    ours, bare, insert = (rates[name] for name in ("CaseHug", "bare view", "view and one insert"))
    of_bare = median(a / b for a, b in zip(ours, bare, strict=True))
    of_insert = median(a / b for a, b in zip(ours, insert, strict=True))
    result = Result(
        "ingest", "Taking webhooks in",
        f"{size.rounds} rounds after one to warm up; in each, {size.seconds:g} s of each receiver in turn, 8 kept"
        f" connections that send deliveries signed in advance as fast as they are answered, {DOORS} firms. All under"
        " gunicorn with 2 workers of 4"
        " threads and `startproject`'s middleware for the plain views. Relay and worker rest meanwhile; afterwards they"
        " start and every event is processed. Half load: each delivery timed from the moment it was due.",
        ["receiver", "per second (median)", "lowest", "highest", "CaseHug's share (median of the rounds)"],
        raw={"per second": rates, "half load seconds": [round(one, 4) for one in half]},
    )  # fmt: skip
    shares = {"CaseHug": None, "bare view": of_bare, "view and one insert": of_insert}
    if RIVAL in rates:
        shares[RIVAL] = median(a / b for a, b in zip(ours, rates[RIVAL], strict=True))
    for name, share in shares.items():
        one = rates[name]
        result.rows.append([name, f"{median(one):.0f}", f"{min(one):.0f}", f"{max(one):.0f}",
                            "" if share is None else f"{share:.2f}"])  # fmt: skip
    p99 = percentile(half, 0.99) * 1000
    result.aim("webhooks taken in, of a bare Django view", of_bare, OF_BARE, unit="×", least=True)
    result.aim("webhooks taken in, of a view with one insert", of_insert, OF_INSERT, unit="×", least=True)
    if RIVAL in rates:
        result.aim("webhooks taken in, of dj-stripe's receiver", shares[RIVAL] or 0.0, OF_RIVAL, unit="×", least=True)
        result.notes.append(RIVAL_HOW)
    else:
        result.notes.append("Beside dj-stripe's receiver: not run (`BENCH_DJSTRIPE_PYTHON` names no environment).")
    result.aim("webhook answered at half load, p99", p99, MOST_MS, unit=" ms", digits=1)
    result.notes.append(
        f"At half of its rate ({median(ours) / 2:.0f} per second) CaseHug answers in {percentile(half, 0.5) * 1000:.1f}"
        f" ms at the median and {p99:.1f} ms at the 99th percentile (n = {len(half)})."
    )
    return result

"""Taking webhooks in, beside a bare Django view and a view with one insert.

Fair, because all three run under the same server with as many workers and threads, on the same PostgreSQL with the
same durable settings, get the same signed bodies from the same sender in turn, and nothing else of the product runs.
Ours alone resolves the address, checks the signature, encrypts, keeps the event once, queues its work under row
security, and answers after the disk has it.
"""

from collections.abc import Callable
from statistics import median

from bench.hooks import make_doors, paced, rest, start_plain, start_rival, start_web, stripe_delivery, work_off
from bench.result import Result, percentile
from bench.size import Size
from bench.wire import Flooded, flood, post
from harness.stack import Stack
from harness.standin import StandIn

DOORS = 8
OF_BARE, OF_INSERT, OF_RIVAL, MOST_MS = 0.45, 0.85, 3.0, 25.0
RIVAL = "dj-stripe's receiver"
RIVAL_HOW = (
    "dj-stripe runs in an environment of its own on the same PostgreSQL, with the same server and middleware, signature"
    " check on, and processing put off to a queue as its documentation suggests: it keeps each delivery as a row."
)
Maker = Callable[[int], bytes]


def measure(stack: Stack, size: Size) -> Result:
    """Flood the three receivers in turn, round by round; then send ours half of what it can take."""
    doors = make_doors(StandIn(stack.standin_url), DOORS)
    rest(stack)
    ours, plain = start_web(stack), start_plain(stack)
    sample = doors[0].delivery(0).partition(b"\r\n\r\n")[2]
    sent = 0

    def signed(number: int) -> bytes:
        return doors[number % DOORS].delivery(sent + number)

    turns: dict[str, tuple[int, Maker]] = {
        "CaseHug": (ours, signed),
        "bare view": (plain, lambda _: post("/bare", sample, {})),
        "view and one insert": (plain, lambda number: post("/insert", sample, {"X-Lawmatics-Event-Id": str(number)})),
    }
    rival = start_rival(stack)
    if rival is not None:
        turns[RIVAL] = (rival[0], lambda number: stripe_delivery(rival[1], number))
    rates: dict[str, list[float]] = {name: [] for name in turns}
    codes: dict[int, int] = {}
    for number in range(size.rounds + 1):
        for name, (port, make) in turns.items():
            found = flood(port, make, seconds=size.seconds)
            if name == "CaseHug":
                sent += sum(found.codes.values()) + 1000
                codes = _sum(codes, found)
            if number:  # the first round warms up
                rates[name].append(round(found.rate, 1))
    capacity = median(rates["CaseHug"])
    half = paced(ours, doors, rate=capacity / 2, seconds=max(1.0, 3 * size.seconds), first=sent + 1_000_000)
    accepted = codes.get(200, 0) + half.codes.get(200, 0)
    kept = sum(door.kept() for door in doors)
    left = work_off(stack, doors, seconds=60 + kept / 10)
    stack.stop_one("web")
    stack.stop_one("plain")
    stack.stop_one("rival")
    refused = sum(count for code, count in [*codes.items(), *half.codes.items()] if code != 200)
    result = _result(size, rates, half.seconds)
    result.counters = {"lost": max(0, accepted - kept), "not 200": refused, "left unprocessed": left}
    result.raw |= {"kept": kept, "codes": codes}
    return result


def _sum(codes: dict[int, int], found: Flooded) -> dict[int, int]:
    return {code: codes.get(code, 0) + found.codes.get(code, 0) for code in {*codes, *found.codes}}


def _result(size: Size, rates: dict[str, list[float]], half: list[float]) -> Result:
    ours, bare, insert = (rates[name] for name in ("CaseHug", "bare view", "view and one insert"))
    of_bare = median(a / b for a, b in zip(ours, bare, strict=True))
    of_insert = median(a / b for a, b in zip(ours, insert, strict=True))
    result = Result(
        "ingest", "Taking webhooks in",
        f"{size.rounds} rounds after one to warm up; in each, {size.seconds:g} s of each receiver in turn, 8 kept"
        f" connections that send as fast as they are answered, {DOORS} firms. All under gunicorn with 2 workers of 4"
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

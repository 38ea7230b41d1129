"""How much of a provider's limit is used, when it is known, when nobody knows it, and when somebody else shares it.

Three firms with a backlog run side by side in the same minutes; the stand-in counts what it took and what it refused.
A minute lasts some seconds for the product and the stand-in alike; "an hour" below is an hour of those minutes.
"""

import os
import threading
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

import requests
from django.conf import settings

from bench.result import Result
from bench.size import Size
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.offices import Office, await_quiet, make_office, person
from harness.stack import Stack
from harness.standin import StandIn
from integrations.models import Connection

LIMIT, CALLS = 50, 3
WARM_UP = 6  # minutes before counting: of first lessons, and of the person who prepared the accounts (five minutes)
KNOWN, LEARNED, MOST_REJECTED = 0.97, 0.85, 5.0
RIVAL = "/practice_areas"


@dataclass(frozen=True)
class Counted:
    """What the stand-in saw of one firm in the counted minutes."""

    name: str
    taken: int
    refused: int
    rival: int


@dataclass
class Runner:
    """One firm with a backlog, and somebody else who makes `rival` calls a minute with the same account."""

    name: str
    office: Office
    ids: list[uuid.UUID]
    rival: int = 0


def measure(stack: Stack, size: Size) -> Result:
    """Let the three firms run for `size.minutes`, and count at the stand-in."""
    os.environ["CASEHUG_LIMIT_MINUTE"] = str(size.minute_seconds)
    settings.LIMIT_MINUTE_SECONDS = size.minute_seconds  # here too: preparing an account counts as a person's presence
    try:
        stack.fresh()  # the worker reads how long a minute is when it starts
        standin = StandIn(stack.standin_url)
        runners = [
            _runner(standin, "known limit", LIMIT, size),
            _runner(standin, "unknown limit", 100_000, size),
            _runner(standin, "unknown limit, shared", 100_000, size, rival=LIMIT // 2),
        ]
        standin.control("PATCH", "switches", rate_limit=str(LIMIT), rate_window_seconds=str(size.minute_seconds))
        result = _result(size, _run(standin, runners, size))
        standin.control("PATCH", "switches", rate_limit="off")
        result.counters = _counters(standin, runners)
    finally:
        del os.environ["CASEHUG_LIMIT_MINUTE"]
        settings.LIMIT_MINUTE_SECONDS = 60.0
        stack.fresh()
    return result


def _runner(standin: StandIn, name: str, limit: int, size: Size, *, rival: int = 0) -> Runner:
    office = make_office(standin, account=None)
    with firm_scope(office.firm_id):
        Connection.objects.update(calls_per_minute=limit)
        ids = [office.intake(person(f"q{limit}.{rival}.{number}")).id for number in range(_backlog(size))]
    return Runner(name, office, ids, rival)


def _backlog(size: Size) -> int:
    return (size.minutes + WARM_UP + 1) * LIMIT // CALLS + 10


def _run(standin: StandIn, runners: list[Runner], size: Size) -> list[Counted]:
    """Press everything, wait for the minutes, count what arrived after the warm-up."""
    over = threading.Event()
    rivals = [threading.Thread(target=_call_along, args=(standin, one, size, over)) for one in runners if one.rival]
    for rival in rivals:
        rival.start()
    for one in runners:
        one.office.press_all(one.ids, lane=WorkItem.Lane.BULK)
    time.sleep(WARM_UP * size.minute_seconds)
    first = time.time()
    time.sleep(size.minutes * size.minute_seconds)
    last = time.time()
    over.set()
    for rival in rivals:
        rival.join()
    rows = [row for row in standin.requests() if first <= row["at"] < last]
    return [_count(one, [row for row in rows if str(row["account"]) == one.office.account]) for one in runners]


def _count(runner: Runner, rows: list[dict[str, Any]]) -> Counted:
    theirs = [row for row in rows if RIVAL in row["path"]]
    ours = [row for row in rows if RIVAL not in row["path"]]
    taken, refused = ([row for row in ours if (row["status"] == 429) is bad] for bad in (False, True))
    return Counted(runner.name, len(taken), len(refused), sum(row["status"] != 429 for row in theirs))


def _call_along(standin: StandIn, runner: Runner, size: Size, over: threading.Event) -> None:
    """Be somebody else with the same account: steady reads, whatever the answer."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {runner.office.token}"
    while not over.wait(size.minute_seconds / runner.rival):
        session.get(f"{standin.url}/v1{RIVAL}", timeout=30)


def _counters(standin: StandIn, runners: list[Runner]) -> dict[str, int]:
    """Let the last calls end, then compare what was made with what was ordered."""
    doubled = failed = 0
    for one in runners:
        with firm_scope(one.office.firm_id):
            WorkItem.objects.filter(kind="sync_matter", status__in=("ready", "held")).update(status="cancelled")
            failed += WorkItem.objects.filter(kind="sync_matter", status="dead").count()
    await_quiet([one.office for one in runners], seconds=120)
    for one in runners:
        found = standin.effects(one.office.account)
        doubled += found.doubled + max(0, found.matters - len(one.ids))
    return {"doubled": doubled, "failed": failed}


def _result(size: Size, counted: list[Counted]) -> Result:
    hours = size.minutes / 60
    result = Result(
        "quota", "How much of the limit is used",
        f"Three firms with a backlog side by side for {size.minutes} minutes of {LIMIT} calls, after {WARM_UP} to"
        f" start; a minute lasts {size.minute_seconds:g} s for the product and the stand-in alike. The third shares its"
        f" account with somebody who reads {LIMIT // 2} times a minute; what both got counts.",
        ["firm", "calls taken", "of these the rival's", "of the limit", "refused, per hour of those minutes"],
        raw={"counted": [asdict(one) for one in counted]},
    )  # fmt: skip
    for one in counted:
        used, refused = (one.taken + one.rival) / (LIMIT * size.minutes), one.refused / hours
        result.rows.append([one.name, f"{one.taken + one.rival}", f"{one.rival}", f"{used:.3f}", f"{refused:.1f}"])
        known = one.name == "known limit"
        result.aim(f"use of the limit, {one.name}", used, KNOWN if known else LEARNED, least=True, digits=3)
        most = 0.0 if known else MOST_REJECTED
        result.aim(f"calls refused per hour, {one.name}", refused, most, digits=1)
    return result

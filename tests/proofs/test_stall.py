"""Connections of the worker to broker and database are reset, or go silent without closing: it consumes again in time.

The test is the supervisor: a worker that ends itself is started again. The quick form has a clock five times as fast
(tests/faults/brisk.py). Sabotage: without timeouts and canary the worker stays alive and consumes nothing.
"""

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from casehug.common.ids import uuid7
from harness.offices import FINAL, Office, make_office
from harness.proxy import FaultProxy
from harness.size import LONG, pick
from harness.standin import StandIn
from tests.plugin.stack import Stack

MOST_SECONDS = float(pick(50, 120))
FAULTS = [("broker", "reset", pick(1, 50)), ("broker", "silence", pick(1, 20)),
          ("database", "reset", pick(1, 10)), ("database", "silence", pick(1, 20))]
CLOCK = {} if LONG else {"DJANGO_SETTINGS_MODULE": "tests.faults.brisk"}


class Line:
    """The worker behind two proxies, and its supervisor."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.restarts, self.env = stack, 0, dict[str, str]()
        self.proxies: dict[str, FaultProxy] = {}
        import os

        for name, variable in (("broker", "REDIS_URL"), ("database", "DATABASE_URL")):
            url = os.environ[variable]
            parts = urlsplit(url)
            proxy = FaultProxy((parts.hostname or "127.0.0.1", parts.port or 0))
            self.proxies[name] = proxy
            self.env[variable] = url.replace(f":{parts.port}", f":{proxy.port}")

    def start(self, **more: str) -> None:
        self.env |= more
        self.stack.restart_worker(self.env)

    def done_within(self, office: Office, seconds: float) -> float | None:
        """Press the button; return after how long the sync was done, None when it was not."""
        name = uuid7().hex[:12]
        item = office.press(office.matter(email=f"{name}@example.com", title=name, last=name))
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if not self.stack.worker_is_alive():
                self.restarts += 1
                self.stack.restart_worker(self.env)
            if office.row(item).status in FINAL:
                return time.monotonic() - started
            time.sleep(0.2)
        return None

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()


@pytest.fixture
def line(stack: Stack, committed_db: None) -> Iterator[Line]:
    found = Line(stack)
    yield found
    stack.stop_one("worker")
    found.close()
    stack.restart_worker()


@pytest.fixture
def office(stack: Stack, line: Line) -> Office:
    standin = StandIn(stack.standin_url)
    standin.reset()
    assert settings.REDIS_URL
    return make_office(standin)


@pytest.mark.parametrize(("part", "fault", "times"), FAULTS)
def test_it_consumes_again_in_time(
    line: Line, office: Office, part: str, fault: str, times: int, record_property: Callable[[str, object], None]
) -> None:
    line.start(CASEHUG_SETTLE_SECONDS="2", CASEHUG_LEASE_SECONDS="20", **CLOCK)
    assert line.done_within(office, 60) is not None
    took: list[float | None] = []
    for _ in range(times):
        hit = line.proxies[part].reset_all() if fault == "reset" else line.proxies[part].black_hole()
        assert hit > 0, "no connection was open: nothing was broken"
        took.append(line.done_within(office, MOST_SECONDS))
    known = [one for one in took if one is not None]
    record_property("trials", times)
    record_property("measured", f"{part} {fault}: consuming again after {', '.join(f'{one:.1f} s' for one in known)},"
                    f" {line.restarts} restarts")  # fmt: skip
    assert len(known) == times


def test_sabotage_without_timeouts_and_canary_a_silent_broker_stalls_the_worker(line: Line, office: Office) -> None:
    line.start(DJANGO_SETTINGS_MODULE="tests.faults.deaf")
    assert line.done_within(office, 60) is not None
    line.proxies["broker"].black_hole()
    assert line.done_within(office, MOST_SECONDS) is None

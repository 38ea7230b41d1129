"""A long working day with something broken every half minute: at its end both sides say the same, nothing is left over.

The product's own clock (settle time, lease, back-off), real worker, relay, broker, database and stand-in. Staff make
clients and further matters and edit titles all the time, and never wait. The test is the supervisor: what ended is
started again, as a service manager does.
"""

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection as database

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.services.matters import update_matter
from casehug.local import processes
from harness.offices import Office, make_office, person, wait_until
from harness.proxy import FaultProxy
from harness.size import PROVING, pick
from harness.standin import StandIn, count
from integrations.models import ExternalLink, RemoteIntent
from tests.plugin.stack import Stack
from tests.proofs.brokers import OwnBroker
from tests.proofs.test_ambiguous_outcomes import FAULTS as ANSWERS
from tests.proofs.test_ambiguous_outcomes import PATHS

SECONDS, FAULT_EVERY, ACT_EVERY = float(pick(90, 7200)), float(pick(9, 30)), float(pick(1, 2))
CLOCK = pick(2, 0)
FAST = {"CASEHUG_SETTLE_SECONDS": f"{CLOCK}", "CASEHUG_LEASE_SECONDS": "5"} if CLOCK else {}
FIRMS, AWAY_SECONDS, PATIENCE = 2, 5.0, 900.0


class Site:
    """Worker and relay behind proxies to broker and database, on a broker that may die, and their supervisor."""

    def __init__(self, stack: Stack, broker: OwnBroker) -> None:
        self.stack, self.broker, self.ended = stack, broker, Counter[str]()
        self.proxies, self.env = dict[str, FaultProxy](), dict(FAST)
        urls = {"REDIS_URL": broker.url, "DATABASE_URL": os.environ["DATABASE_URL"],
                "DATABASE_RELAY_URL": settings.DATABASE_RELAY_URL}  # fmt: skip
        for variable, url in urls.items():
            parts = urlsplit(url)
            proxy = self.proxies[variable] = FaultProxy((parts.hostname or "127.0.0.1", parts.port or 0))
            self.env[variable] = url.replace(f":{parts.port}/", f":{proxy.port}/")

    def start(self, name: str) -> None:
        {"worker": self.stack.restart_worker, "relay": self.stack.start_relay}[name](self.env)

    def supervise(self) -> None:
        for name in ("worker", "relay"):
            if self.stack.children[name].poll() is not None:
                self.ended[name] += 1
                self.start(name)

    def kill(self, name: str) -> None:
        processes.kill_group(self.stack.children[name])

    def provider_away(self) -> None:
        self.stack.stop_one("standin")
        time.sleep(AWAY_SECONDS)
        self.stack.start_standin()
        wait_until(self._provider_answers, seconds=60)

    def _provider_answers(self) -> bool:
        self.supervise()
        try:
            return requests.get(f"{self.stack.standin_url}/healthz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def broker_dies(self, *, wiped: bool) -> None:
        self.broker.kill()
        if wiped:
            self.broker.wipe()
        self.broker.start()

    def faults(self, standin: StandIn, dice: random.Random) -> dict[str, Callable[[], object]]:
        """Return everything that can happen, by name."""
        found: dict[str, Callable[[], object]] = {
            "worker killed": lambda: self.kill("worker"),
            "relay killed": lambda: self.kill("relay"),
            "broker killed": lambda: self.broker_dies(wiped=False),
            "broker wiped": lambda: self.broker_dies(wiped=True),
            "broker emptied": self.broker.flush,
            "provider away": self.provider_away,
        }
        for variable, proxy in self.proxies.items():
            found |= {f"{variable} reset": proxy.reset_all, f"{variable} silent": proxy.black_hole}
        for name, fault in ANSWERS.items():
            path = dice.choice(sorted(PATHS.values()))
            found[name] = lambda fault=fault, path=path: standin.control(  # type: ignore[misc]
                "POST", "faults", method="POST", path=path, **fault
            )
        return found

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()


class Staff:
    """People of one firm: they make and edit, and press the button each time."""

    def __init__(self, office: Office, dice: random.Random) -> None:
        self.office, self.dice, self.clients = office, dice, list[uuid.UUID]()
        self.titles = dict[uuid.UUID, str]()
        self.edits = 0

    def act(self) -> None:
        what = self.dice.random()
        if what < 0.4 or not self.clients:
            matter = self.office.intake(person(uuid.uuid4().hex[:10]))
            self.clients.append(matter.client_id)
            self.titles[matter.id] = matter.title
        elif what < 0.6:
            matter = self.office.intake(person(0), title=self._title(), client_id=self.dice.choice(self.clients))
            self.titles[matter.id] = matter.title
        else:
            matter_id, title = self.dice.choice(list(self.titles)), self._title()
            with firm_scope(self.office.firm_id):
                update_matter(matter_id=matter_id, title=title)
            self.titles[matter_id] = title
            self.edits += 1
            self.office.press(matter_id)
            return
        self.office.press(matter.id)

    @staticmethod
    def _title() -> str:
        return f"Title {uuid.uuid4().hex[:8]}"

    def drift(self, standin: StandIn) -> list[str]:
        """Return the matters whose title over there is not the one here."""
        with firm_scope(self.office.firm_id):
            links = dict(ExternalLink.objects.filter(local_type="matter").values_list("local_id", "external_id"))
        headers, wrong = {"Authorization": f"Bearer {self.office.token}"}, []
        for matter_id, title in self.titles.items():
            address = f"{standin.url}/v1/prospects/{links.get(matter_id, 0)}"
            answer = requests.get(address, params={"fields": "case_title"}, headers=headers, timeout=30)
            if answer.status_code != 200 or answer.json()["data"]["attributes"]["case_title"] != title:
                wrong.append(f"{title}: {answer.status_code} {answer.text[:200]}")
        return wrong

    def left_over(self) -> list[str]:
        """Return what a settled firm must not have: work that did not end well, writes without an answer."""
        with firm_scope(self.office.firm_id):
            rows = WorkItem.objects.filter(kind="sync_matter").exclude(status="done")
            words = [f"{row.status} {row.hold_reason} {row.step} {row.last_error_text}" for row in rows]
            open_writes = RemoteIntent.objects.filter(outcome__in=("inflight", "unknown")).count()
        return words + ([f"{open_writes} writes without an answer"] if open_writes else [])


@pytest.fixture
def site(stack: Stack, committed_db: None, tmp_path: Path) -> Iterator[Site]:
    broker = OwnBroker(tmp_path)
    found = Site(stack, broker)
    try:
        found.start("relay")
        found.start("worker")
        yield found
    finally:
        for name in ("worker", "relay"):
            stack.stop_one(name)
        found.close()
        broker.close()
        stack.start_relay()
        stack.restart_worker()


def database_links() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(not PROVING, reason="a long day: runs under `manage.py prove`")
def test_a_long_day_of_faults_leaves_no_trace(
    stack: Stack, site: Site, record_property: Callable[[str, object], None]
) -> None:
    dice, standin = random.Random(71), StandIn(stack.standin_url)
    standin.reset()
    staff = [Staff(make_office(standin, account=None), dice) for _ in range(FIRMS)]
    happened, begun, links = Counter[str](), time.monotonic(), 0
    next_fault = begun + FAULT_EVERY
    while (now := time.monotonic()) < begun + SECONDS:
        dice.choice(staff).act()
        if now >= next_fault:
            faults = site.faults(standin, dice)
            least = min(happened[name] for name in faults)  # every one before any a second time
            name = dice.choice([name for name in faults if happened[name] == least])
            links = max(links, database_links())
            if faults[name]() != 0:  # a line that nobody had open was not broken: another fault then
                happened[name] += 1
                next_fault += FAULT_EVERY
        site.supervise()
        time.sleep(max(0.0, ACT_EVERY - (time.monotonic() - now)))
    ended = time.monotonic()
    standin.control("DELETE", "faults")

    def quiet() -> bool:
        site.supervise()
        return not any(one.office.open_rows() for one in staff)

    wait_until(quiet, seconds=PATIENCE, what=lambda: "; ".join(sum((one.left_over() for one in staff), [])))
    settled = time.monotonic() - ended
    clients, matters = sum(len(one.clients) for one in staff), sum(len(one.titles) for one in staff)
    found = count(standin, contacts=clients, matters=matters)
    edits = sum(one.edits for one in staff)
    record_property("seed", 71)
    record_property(
        "measured",
        f"{ended - begun:.0f} s, {sum(happened.values())} faults of {len(happened)} kinds, {clients} clients, {matters}"
        f" matters, {edits} edits; quiet {settled:.0f} s after the last; restarts of"
        f" {', '.join(f'{name} {number}' for name, number in sorted(site.ended.items()))}; at most {links} connections"
        " to the database",
    )
    assert (found.doubled, found.lost) == (0, 0), found
    assert [words for one in staff for words in one.left_over()] == []
    assert [words for one in staff for words in one.drift(standin)] == []

"""The product as a whole behind a real PgBouncer in transaction mode: web, worker, syncs, webhooks and API calls.

Three firms at the same time share three server connections; the stand-in's ledger, the answers of the API and the rows
of each firm are counted. The relay goes round it (it listens). Skipped by name where PgBouncer is not installed.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from casehug.common.ids import public_id
from harness.offices import Office, await_rows, make_office, person
from harness.size import pick
from harness.standin import StandIn
from tests.casehug.caller import make_key
from tests.integrations.inbound.conftest import Hook, make_hook
from tests.plugin.stack import Stack
from tests.proofs import poolers

FIRMS, MATTERS, EVENTS, SERVERS = 3, pick(5, 60), pick(10, 200), 3


@dataclass
class Desk:
    """One firm: its office, its webhook address, a key of its own, and what the API answered."""

    office: Office
    hook: Hook
    key: str
    wrong: int = 0
    codes: list[int] = field(default_factory=list)

    def ask(self, base: str, own: set[str]) -> None:
        """Ask the API for the firm's matters; count what is too much or missing."""
        answer = requests.get(
            f"{base}/api/v1/matters", params={"per_page": 100}, headers={"X-Api-Key": self.key}, timeout=30
        )
        self.codes.append(answer.status_code)
        self.wrong += len({one["id"] for one in answer.json()["data"]} ^ own)

    def tell(self, base: str, number: int) -> None:
        """Deliver a signed event."""
        name = f"evt_{self.key[:16]}_{number}"
        event = {"event_id": name, "firm_id": self.office.account, "event_type": "invoice.paid", "data": {"n": number}}
        body = json.dumps(event).encode()
        headers = self.hook.signed(body, event_id=name) | {"Content-Type": "application/json"}
        self.codes.append(requests.post(base + self.hook.path, body, headers=headers, timeout=30).status_code)


@pytest.fixture
def pooled(stack: Stack, committed_db: None, tmp_path: Path) -> Iterator[Stack]:
    if poolers.program() is None:
        pytest.skip("pgbouncer is not installed")
    pooler = poolers.PgBouncer(SERVERS, tmp_path)
    url = os.environ["DATABASE_URL"]
    env = {
        "DATABASE_URL": url.replace(f":{urlsplit(url).port}", f":{pooler.port}"), "CASEHUG_POOLED": "true",
        "CASEHUG_SETTLE_SECONDS": "2",
    }  # fmt: skip
    stack.start_web(env)
    stack.restart_worker(env)
    stack.await_answer("web", f"{stack.base_url}/readyz")
    yield stack
    stack.restart_worker()
    stack.start_web()
    stack.await_answer("web", f"{stack.base_url}/readyz")
    pooler.close()


def open_desk(standin: StandIn) -> Desk:
    office = make_office(standin, account=None)
    hook = make_hook(office.connection_id, office.firm_id)
    hook.secret()
    return Desk(office, hook, make_key(office.firm_id))


def test_three_firms_at_once(pooled: Stack, record_property: Callable[[str, object], None]) -> None:
    standin = StandIn(pooled.standin_url)
    standin.reset()
    desks = [open_desk(standin) for _ in range(FIRMS)]
    matters = [
        [desk.office.intake(person(f"p{n}.{number}")).id for number in range(MATTERS)] for n, desk in enumerate(desks)
    ]
    rows = [(desk.office, desk.office.press(one)) for desk, ids in zip(desks, matters, strict=True) for one in ids]

    def use(desk: Desk, own: set[str]) -> None:
        for number in range(EVENTS):
            desk.tell(pooled.base_url, number)
            if number % 4 == 0:  # a key has its own limit for a minute
                desk.ask(pooled.base_url, own)

    people = [
        threading.Thread(target=use, args=(desk, {public_id("mat", one) for one in ids}))
        for desk, ids in zip(desks, matters, strict=True)
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert await_rows(rows, seconds=120) == ["done"]
    made = [standin.effects(desk.office.account) for desk in desks]
    asked = sum(len(desk.codes) for desk in desks)
    record_property("trials", FIRMS * MATTERS + asked)
    record_property(
        "measured", f"{FIRMS} firms, {FIRMS * MATTERS} syncs, {asked} webhooks and API calls on {SERVERS} server"
        " connections of one PgBouncer",
    )  # fmt: skip
    assert [(one.contacts, one.matters, one.doubled) for one in made] == [(MATTERS, MATTERS, 0)] * FIRMS
    assert [(set(desk.codes), desk.wrong) for desk in desks] == [({200}, 0)] * FIRMS
    assert [len(desk.hook.events()) for desk in desks] == [EVENTS] * FIRMS

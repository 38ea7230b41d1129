"""A receiver that dies at five points, or whose database is away: 0 deliveries lost, 0 twice, by the sender's rules.

The sender repeats what was not answered with 200 and gives up after a 4xx, as the vendors do. Each delivery is taken by
a process of its own, which is killed. Sabotage: answering before the commit loses what the kill interrupts.
"""

import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connections

from casehug.common.scope import firm_scope
from harness.size import pick
from integrations.inbound import receiver
from integrations.models import Connection, InboundEvent
from tests.conftest import make_firm
from tests.integrations.inbound.conftest import ACCOUNT, Hook, make_hook

POINTS = ("read", "store before", "store after", "commit", "answer")
ROUNDS = pick(1, 40)
TRIES = 6  # Lawmatics: five repeats


@pytest.fixture
def door(committed_db: None) -> Iterator[Hook]:
    firm = make_firm("Durable")
    with firm_scope(firm.id):
        row = Connection.objects.create(
            provider="lawmatics", state=Connection.State.CONNECTED, remote_firm=str(ACCOUNT),
            links_account=str(ACCOUNT), calls_per_minute=100_000,
        )  # fmt: skip
    hook = make_hook(row.id, firm.id)
    hook.secret()
    yield hook


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Let this process end at a point of the receiver."""
    whole_read, whole_store, whole_scope = receiver.read_body, receiver.store, receiver.firm_scope

    def read(*args: object) -> bytes:
        found = whole_read(*args)  # type: ignore[arg-type]
        die()
        return found

    def store(**values: object) -> bool:
        if point == "store before":
            die()
        stored = whole_store(**values)  # type: ignore[arg-type]
        if point == "store after":
            die()
        return stored

    class Scope:
        """The scope of the product that ends the process right after the commit that stored an event."""

        def __init__(self, firm_id: uuid.UUID) -> None:
            self.whole = whole_scope(firm_id)

        def __enter__(self) -> None:
            self.whole.__enter__()
            self.there = InboundEvent.objects.count()

        def __exit__(self, *error: object) -> object:
            grew = error[0] is None and InboundEvent.objects.count() > self.there
            done = self.whole.__exit__(*error)  # type: ignore[arg-type]
            if grew:
                die()
            return done

    if point == "read":
        receiver.read_body = read  # type: ignore[assignment]
    elif point.startswith("store"):
        receiver.store = store  # type: ignore[assignment]
    elif point == "commit":
        receiver.firm_scope = Scope  # type: ignore[assignment]


def deliver(hook: Hook, event_id: str, *, point: str, early: bool = False) -> int:
    """Send once to a process of its own; return the code it answered, 0 when it died first."""
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if early:  # the answer leaves before anything is stored
                os.write(writing, b"200")
            arm(point)
            code = hook.send("form.submitted", event_id=event_id)
            if point == "answer":
                die()
            os.write(writing, str(code).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    answer = os.read(reading, 16)
    os.close(reading)
    return int(answer or b"0")


def send_until_taken(hook: Hook, event_id: str, point: str, *, early: bool = False) -> None:
    """Send as the vendor does: again until 200, the first time to a receiver that dies."""
    for turn in range(TRIES):
        code = deliver(hook, event_id, point=point if turn == 0 else "", early=early)
        if code == 200:
            return
        assert code == 0 or code >= 500, f"{code} ends the sender's repeats"


def test_kills_at_five_points_lose_and_double_nothing(
    door: Hook, record_property: Callable[[str, object], None]
) -> None:
    names = [f"evt_{point.replace(' ', '_')}_{turn}" for turn in range(ROUNDS) for point in POINTS]
    for name in names:
        send_until_taken(door, name, POINTS[names.index(name) % len(POINTS)])
    while door.work():
        pass
    record_property("trials", len(names))
    assert sorted(event.event_id for event in door.events()) == sorted(names)
    assert set(door.results()) == {"logged"}
    again = [event.duplicates for event in door.events()]
    assert sum(again) == 2 * ROUNDS, "killed after the commit: the repeat must be known"


def test_while_the_database_is_away_the_sender_is_asked_to_repeat(
    door: Hook, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    body = json.dumps({"event_id": "evt_away", "event_type": "form.submitted"}).encode()
    mine = connections["default"]
    with monkeypatch.context() as away:
        connections.close_all()

        def refuse(*_: object) -> None:
            raise OperationalError("the database is away")

        away.setattr(type(mine), "get_new_connection", refuse)
        answers = [door.post(body, door.signed(body, event_id="evt_away")) for _ in range(3)]
    connections.close_all()
    assert {(one.status_code, one.headers.get("Retry-After")) for one in answers} == {(503, "30")}
    assert door.post(body, door.signed(body, event_id="evt_away")).status_code == 200
    record_property("measured", "database away: 503 with Retry-After, the repeat is taken")
    assert [event.event_id for event in door.events()] == ["evt_away"]


def test_sabotage_an_answer_before_the_commit_loses_events(door: Hook) -> None:
    started = time.monotonic()
    for point in POINTS[:3]:
        send_until_taken(door, f"evt_{point}", point, early=True)
    assert len(door.events()) < 3 and time.monotonic() - started < 60

"""A receiver that dies at six points, or whose database is away: 0 deliveries lost, 0 twice, by the sender's rules.

The sender repeats what was not answered with 200 and gives up after a 4xx, as the vendors do. Each delivery is taken by
a process of its own, which is killed; within the statement that stores, once so that the database undoes it ("store
torn") and once so that it completes it with nobody there to hear ("store whole"). Sabotage: answering before the commit
loses what the kill interrupts.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import OperationalError, connections

from casehug.common.scope import firm_scope
from harness.size import pick
from integrations.inbound import ration, receiver
from integrations.inbound.addresses import Address
from integrations.models import Connection
from tests.conftest import make_firm
from tests.integrations.inbound.conftest import ACCOUNT, Hook, make_hook

POINTS = ("read", "store before", "store torn", "store whole", "commit", "answer")
ROUNDS = pick(1, 40)
TRIES = 6  # Lawmatics: five repeats


@pytest.fixture
def door(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    # Each process here lives for one delivery: it shall take no more than that of the minute's number.
    monkeypatch.setattr(ration, "SHARES", receiver.VERIFIED_PER_MINUTE)
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
    whole_read, whole_take = receiver.read_body, receiver.take

    def read(*args: object) -> bytes:
        found = whole_read(*args)  # type: ignore[arg-type]
        die()
        return found

    def take(arrival: object, *, address: Address) -> bool:
        if point == "store before":
            die()
        if point.startswith("store "):
            die_within_the_statement(address, torn=point == "store torn")
        try:
            return bool(whole_take(arrival, address=address))  # type: ignore[arg-type]
        finally:
            if point != "commit":
                time.sleep(30)  # the watching thread ends this process
            die()

    if point == "read":
        receiver.read_body = read
    elif point.startswith("store") or point == "commit":
        receiver.take = take


def die_within_the_statement(address: Address, *, torn: bool) -> None:
    """Let this process end when the statement has stored the event and waits for its commit, which is held up."""
    mine = connections["default"].connection.info.backend_pid
    holder = psycopg.connect(os.environ["DATABASE_URL"])
    holder.execute("SELECT set_config('app.firm_id', %s, true)", [str(address.firm_id)])
    # The checks of the keys at the commit want the firm's row.
    holder.execute("SELECT 1 FROM firms_firm WHERE id = %s FOR UPDATE", [address.firm_id])

    def watch(holder: object) -> None:  # it keeps the lock as long as it lives
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as eye:
            while not eye.execute("SELECT pg_blocking_pids(%s) <> '{}'", [mine]).fetchone()[0]:  # type: ignore[index]
                time.sleep(0.005)
            if torn:
                eye.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
            die()  # the row is free again: what is left of the statement runs to its end

    threading.Thread(target=watch, args=(holder,), daemon=True).start()


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
        assert early or turn or not code, "it was to be killed"
        if code == 200:
            return
        assert code == 0 or code >= 500, f"{code} ends the sender's repeats"


def test_kills_at_six_points_lose_and_double_nothing(
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
    assert sum(again) == 3 * ROUNDS, "killed when it was on disk: the repeat must be known"


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

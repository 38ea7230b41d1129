"""A connection to the database that goes silent: both sides end their wait, which would last for ever."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.signals import request_started
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from casehug.common import direct, silence
from casehug.common.relay import Relay
from harness.proxy import FaultProxy

SECONDS = 1.0


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    parts = urlsplit(os.environ["DATABASE_URL"])
    found = FaultProxy((parts.hostname or "", parts.port or 0))
    yield found
    found.close()


def through(proxy: FaultProxy, variable: str) -> str:
    url = os.environ[variable]
    return url.replace(f":{urlsplit(url).port}", f":{proxy.port}")


def silent(proxy: FaultProxy) -> "psycopg.Connection[object]":
    line = psycopg.connect(through(proxy, "DATABASE_URL"), autocommit=True)
    line.execute("SELECT 1")
    assert proxy.black_hole() == 1
    return line


def test_a_wait_ends_and_the_connection_is_closed(proxy: FaultProxy) -> None:
    line = silent(proxy)
    silence.bound(line, seconds=SECONDS)
    with pytest.raises(psycopg.OperationalError):
        line.execute("SELECT 1")
    assert line.closed


def test_sabotage_without_the_limit_it_waits_on(proxy: FaultProxy) -> None:
    line = silent(proxy)

    def ask() -> None:
        with pytest.raises(psycopg.OperationalError):
            line.execute("SELECT 1")

    waiting = threading.Thread(target=ask, daemon=True)
    waiting.start()
    waiting.join(4 * SECONDS)
    assert waiting.is_alive()
    proxy.close()  # ends the wait
    waiting.join(10)
    assert not waiting.is_alive()


def locked_for(proxy: FaultProxy, seconds: float, *, let_go: bool) -> bool:
    """Lock something, fall silent in the middle of the transaction; tell whether it is still locked afterwards."""
    key, ends = secrets.randbits(31), time.monotonic() + seconds
    line = psycopg.connect(through(proxy, "DATABASE_URL"), autocommit=True)
    if let_go:
        silence.let_go(line)
    line.execute("BEGIN")
    line.execute("SELECT pg_advisory_xact_lock(%s)", [key])
    assert proxy.black_hole() == 1
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        while time.monotonic() < ends:
            if other.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone() == (True,):
                return False
            time.sleep(0.1)
    return True


def test_the_server_frees_what_a_silent_client_locked(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SECONDS", SECONDS)
    assert not locked_for(proxy, 20 * SECONDS, let_go=True)


def test_sabotage_without_the_servers_limit_it_stays_locked(proxy: FaultProxy) -> None:
    assert locked_for(proxy, 4 * SECONDS, let_go=False)


def end_limits() -> None:
    connection_created.disconnect(dispatch_uid="silence")
    request_started.disconnect(dispatch_uid="silence")


@pytest.mark.parametrize("ask", ["cursor", "direct"])
def test_a_server_process_asks_again_on_a_new_connection(
    proxy: FaultProxy, ask: str, monkeypatch: pytest.MonkeyPatch, committed_db: None
) -> None:
    monkeypatch.setattr(silence, "SECONDS", SECONDS)
    monkeypatch.setitem(connection.settings_dict, "PORT", str(proxy.port))
    silence.limit_waiting()
    try:
        connection.close()
        connection.ensure_connection()
        assert proxy.black_hole() == 1
        if ask == "direct":
            assert direct.ask(b"SELECT 7", [], may_repeat=True) == [(b"7",)]
            return
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT 7")
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 7")
            assert cursor.fetchone() == (7,)
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("1s",)
    finally:
        end_limits()
        connection.close()


def before_a_request() -> None:
    request_started.send(sender=None)


@pytest.mark.parametrize("before", [silence.drop_if_silent, before_a_request], ids=["work", "request"])
@pytest.mark.parametrize("silent_line", [True, False])
def test_an_idle_connection_is_asked_first_and_replaced_only_when_silent(
    proxy: FaultProxy, silent_line: bool, before: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
    committed_db: None,
) -> None:  # fmt: skip
    """However many threads hold a dead connection, each loses seconds, not the whole limit."""
    monkeypatch.setattr(silence, "IDLE", 0.0)
    monkeypatch.setattr(silence, "PROBE", SECONDS)
    monkeypatch.setitem(connection.settings_dict, "PORT", str(proxy.port))
    silence.limit_waiting()
    try:
        connection.close()
        first = backend()
        if silent_line:
            assert proxy.black_hole() == 1
        started = time.monotonic()
        before()
        assert (backend() != first) is silent_line
        assert time.monotonic() - started < silence.SECONDS / 2
        assert connection.connection.wait.args[1] == silence.SECONDS, "the limit of work stands again"
    finally:
        end_limits()
        connection.close()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_relay_connects_again(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, committed_db: None) -> None:
    monkeypatch.setattr(silence, "SECONDS", SECONDS)
    relay = Relay(through(proxy, "DATABASE_RELAY_URL"), None, "silence", [])  # type: ignore[arg-type]
    looks: list[int] = []

    def look(db: "psycopg.Connection[object]") -> int:
        assert db.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1s",)
        looks.append(db.execute("SELECT pg_backend_pid()").fetchone()[0])  # type: ignore[index]
        if len(looks) == 1:
            proxy.black_hole()
        return 0

    monkeypatch.setattr(relay, "_look", look)
    relay.run(should_stop=lambda: len(looks) >= 2)
    assert len(set(looks)) == 2


def test_a_relay_whose_transaction_was_ended_connects_again(
    monkeypatch: pytest.MonkeyPatch, committed_db: None
) -> None:
    """A process that stood still (a paused machine) comes back to a transaction that the server has ended."""
    monkeypatch.setattr(silence, "SECONDS", SECONDS)
    relay = Relay(os.environ["DATABASE_RELAY_URL"], None, "silence", [])  # type: ignore[arg-type]
    looks: list[int] = []

    def look(db: "psycopg.Connection[object]") -> int:
        looks.append(1)
        with db.transaction():
            db.execute("SELECT 1")
            if len(looks) == 1:
                time.sleep(3 * SECONDS)
        return 0

    monkeypatch.setattr(relay, "_look", look)
    relay.run(should_stop=lambda: len(looks) >= 2)
    assert len(looks) == 2

"""A connection to the database that goes silent ends its wait; without the limit it would wait for ever."""

import os
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
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
    finally:
        connection_created.disconnect(dispatch_uid="silence")
        connection.close()


def test_the_relay_connects_again(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, committed_db: None) -> None:
    monkeypatch.setattr(silence, "SECONDS", SECONDS)
    relay = Relay(through(proxy, "DATABASE_RELAY_URL"), None, "silence", [])  # type: ignore[arg-type]
    looks: list[int] = []

    def look(db: "psycopg.Connection[object]") -> int:
        looks.append(db.execute("SELECT pg_backend_pid()").fetchone()[0])  # type: ignore[index]
        if len(looks) == 1:
            proxy.black_hole()
        return 0

    monkeypatch.setattr(relay, "_look", look)
    relay.run(should_stop=lambda: len(looks) >= 2)
    assert len(set(looks)) == 2

"""The budget as the product uses it: Redis and the connection's row together, and what happens when one is gone."""

import os
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.local.ports import free_port
from integrations import limits
from integrations.limits import shared
from integrations.models import Connection

pytestmark = pytest.mark.django_db
BUTTON, BULK = 0, 2


@pytest.fixture(autouse=True)
def awake() -> None:
    """Each test starts with a process that knows of no failure."""
    shared._down_until = 0.0
    shared._unseen.clear()


@pytest.fixture
def connection(firm: Firm) -> Connection:
    with firm_scope(firm.id):
        made: Connection = Connection.objects.create(provider="lawmatics")
    return made


@pytest.fixture
def without_redis(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"


def flush() -> None:
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()


def fresh(connection: Connection) -> Connection:
    with firm_scope(connection.firm_id):
        found: Connection = Connection.objects.get(id=connection.id)
    return found


def test_a_button_has_four_calls_at_once_then_waits(connection: Connection) -> None:
    assert [limits.acquire(connection, BUTTON) for _ in range(4)] == [0.0] * 4
    assert 0 < limits.acquire(connection, BUTTON) <= 60 / 49
    assert limits.usage(connection.id) == (4, 50)


def test_a_pause_is_kept_on_the_row_and_survives_a_flush(connection: Connection) -> None:
    limits.acquire(connection, BULK)
    limits.report_throttled(connection, 30.0)
    kept = fresh(connection)
    assert kept.paused_until is not None
    assert timedelta(seconds=28) < kept.paused_until - timezone.now() <= timedelta(seconds=30)
    assert kept.learned_rate == pytest.approx(4.0)
    flush()
    # The object in hand was loaded before the pause and does not know of it.
    assert 25 < limits.acquire(connection, BUTTON) <= 30


def test_a_flush_does_not_forget_the_learned_rate(connection: Connection) -> None:
    with firm_scope(connection.firm_id):
        Connection.objects.filter(id=connection.id).update(learned_rate=10.0)
    flush()
    assert limits.acquire(connection, BULK) == 0
    assert 5.0 < limits.acquire(connection, BULK) <= 6.0


def test_a_longer_pause_is_not_shortened(connection: Connection) -> None:
    limits.report_throttled(connection, 60.0)
    limits.report_throttled(connection, 5.0)
    flush()
    assert limits.acquire(connection, BUTTON) > 50


def test_without_redis_one_call_per_two_seconds_for_all_lanes(connection: Connection, without_redis: None) -> None:
    assert limits.acquire(connection, BUTTON) == 0
    assert 1.5 < limits.acquire(connection, BUTTON) <= 2.0
    assert 1.5 < limits.acquire(connection, BULK) <= 2.0


def test_without_redis_the_slow_clock_runs_on(connection: Connection, without_redis: None, settings: Any) -> None:
    settings.LIMIT_MINUTE_SECONDS = 6.0
    assert limits.acquire(connection, BULK) == 0
    wait = limits.acquire(connection, BULK)
    assert 0.05 <= wait <= 0.2
    time.sleep(wait)
    assert limits.acquire(connection, BULK) == 0


def test_without_redis_a_pause_is_still_kept_and_obeyed(connection: Connection, without_redis: None) -> None:
    limits.report_throttled(connection, 20.0)
    assert 15 < limits.acquire(connection, BUTTON) <= 20


def test_a_pause_noted_without_redis_counts_when_it_is_back(
    connection: Connection, settings: Any, without_redis: None
) -> None:
    limits.acquire(connection, BULK)
    limits.report_throttled(connection, 20.0)
    settings.REDIS_URL = os.environ["REDIS_URL"]
    shared._down_until = 0.0
    assert 15 < limits.acquire(fresh(connection), BUTTON) <= 20


def test_calls_made_without_redis_are_told_to_the_ledger(
    connection: Connection, settings: Any, without_redis: None
) -> None:
    assert limits.acquire(connection, BULK) == 0
    settings.REDIS_URL = os.environ["REDIS_URL"]
    shared._down_until = 0.0
    assert limits.acquire(connection, BULK) == 0
    assert limits.usage(connection.id)[0] == 2


def test_a_lower_setting_or_learned_rate_slows_the_slow_clock(connection: Connection, without_redis: None) -> None:
    with firm_scope(connection.firm_id):
        Connection.objects.filter(id=connection.id).update(learned_rate=6.0)
    limits.acquire(connection, BULK)
    assert 8 < limits.acquire(connection, BULK) <= 10


def test_without_redis_and_postgres_no_call_is_made(connection: Connection, without_redis: None) -> None:
    def broken(*_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with database.execute_wrapper(broken):
        assert limits.acquire(connection, BUTTON) > 0


def test_a_dead_redis_is_left_alone_for_a_moment(connection: Connection, without_redis: None) -> None:
    limits.acquire(connection, BUTTON)
    assert shared._down_until > time.monotonic()
    assert limits.usage(uuid.uuid4()) == (0, 0)
    limits.mark_present(connection.firm_id)


def test_a_recovered_rate_is_forgotten_on_the_row(connection: Connection, settings: Any) -> None:
    settings.LIMIT_MINUTE_SECONDS = 0.5
    with firm_scope(connection.firm_id):
        Connection.objects.filter(id=connection.id).update(learned_rate=40.0, calls_per_minute=30)
    connection.calls_per_minute = 30
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        time.sleep(limits.acquire(connection, BULK))
    assert fresh(connection).learned_rate is None

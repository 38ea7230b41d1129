"""When a worker counts as one that consumes nothing: its canary is old while others wait in its queue, only then."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from casehug.common import canary

QUEUE = "canary.mine"


class EnoughError(Exception):
    """The watch went on."""


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    found = redis.Redis.from_url(settings.REDIS_URL)
    found.delete(QUEUE)
    yield found
    found.delete(QUEUE)


def watched(looks: int = 4) -> bool:
    """Watch for some looks; return whether the worker was told to end."""
    ended, left = [], [None] * looks

    def sleep(_: float) -> None:
        if not left:
            raise EnoughError
        left.pop()

    try:
        canary.watch("mine", stop=lambda: ended.append(True), limit=0.0, sleep=sleep)
    except EnoughError:
        assert not ended
    return bool(ended)


@pytest.mark.django_db
def test_a_worker_whose_canaries_pile_up_ends(broker: redis.Redis) -> None:
    broker.lpush(QUEUE, "one nobody takes")
    assert watched()


@pytest.mark.django_db
def test_a_worker_to_whom_nobody_sends_goes_on(broker: redis.Redis) -> None:
    """The relay is away: a restart of the worker would help nothing."""
    assert not watched()


def test_a_broker_that_is_away_is_not_the_workers_fault(db: None, settings: object, broker: redis.Redis) -> None:
    broker.lpush(QUEUE, "one")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    assert not watched()

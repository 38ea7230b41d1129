"""The canary of each queue: sent by the relay every 30 s, written back by the worker that consumed it.

After a broker reset a worker can stay alive and consume nothing; a process check does not see it, this does.
"""

import time
from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

LIMIT_SECONDS = 120.0
BEAT = "beat"
"""Not a queue: the last tick that beat sent and a worker ran."""
log = structlog.get_logger(__name__)


def passed(queue: str) -> None:
    """Note that a worker consumed this queue's canary just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_canary (queue, passed_at) VALUES (%s, now()) "
            "ON CONFLICT (queue) DO UPDATE SET passed_at = now()",
            [queue],
        )


def ages() -> dict[str, float]:
    """Return seconds since each queue's canary came back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue, extract(epoch FROM now() - passed_at)::float FROM common_canary")
        return dict(cursor.fetchall())


def watch(
    node: str, *, stop: Callable[[], None], limit: float = LIMIT_SECONDS, every: float = 15.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:  # fmt: skip
    """Check this node's canary until it is too old while more wait in its queue, then call `stop` (it restarts).

    Counts from the start of watching, so that a fresh worker has time for its first canary. An empty queue is not this
    worker's fault: then nobody sent one (the relay is away), and a restart would help nothing.
    """
    queue, started = f"canary.{node}", time.monotonic()
    while True:
        sleep(every)
        try:
            age = ages().get(queue)
            waiting = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1).llen(queue)
        except (DatabaseError, redis.RedisError, OSError):
            waiting = 0  # nothing can be consumed while a part is away
        finally:
            close_old_connections()
        watched = time.monotonic() - started
        if not waiting:
            started = time.monotonic()
        elif watched > limit and (age is None or age > limit):
            log.error("worker.canary.lost", worker=node, seconds=int(age or watched))
            stop()
            return

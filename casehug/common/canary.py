"""The canary of each queue: sent by the relay every 30 s, written back by the worker that consumed it.

After a broker reset a worker can stay alive and consume nothing; a process check does not see it, this does.
"""

from django.db import connection


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

"""A database that goes silent without closing the connection: nobody waits longer than a minute for one answer.

A firewall that forgot the connection, or a machine that stopped, sends neither an answer nor an end. Without a limit
the thread that asked waits until the process ends; a few of them are all threads of a worker (docs/adr/0023).
"""

from functools import partial
from typing import Any

import psycopg
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

SECONDS = 60.0


def limit_waiting() -> None:
    """Let this process end a wait for the database after `SECONDS`; for servers, whose statements are short.

    Such a wait raises Django's `OperationalError`, and the connection is closed.
    """
    connection_created.connect(_connected, dispatch_uid="silence")


def bound(line: psycopg.Connection[Any], *, seconds: float | None = None) -> None:
    """Give a connection of the driver the limit: a longer wait raises `psycopg.OperationalError` and closes it."""
    line.wait = partial(_wait, line, seconds or SECONDS)  # type: ignore[method-assign]


def _connected(connection: Any, **_: object) -> None:
    bound(connection.connection)


def _wait(line: psycopg.Connection[Any], seconds: float, generator: Any, **options: Any) -> Any:
    options["timeout"] = options.get("timeout") or seconds
    try:
        return psycopg.Connection.wait(line, generator, **options)
    except psycopg.OperationalError:
        if line.pgconn.transaction_status == TransactionStatus.ACTIVE:  # no answer: what it would be is unknown
            line.pgconn.finish()
        raise

"""A connection to the database that goes silent without being closed: neither side waits longer than a minute.

A firewall that forgot the connection, or a machine that stopped, sends neither an answer nor an end. Without a limit
the thread that asked waits until the process ends; a few of them are all threads of a worker. The server waits too,
for the rest of a transaction, and keeps the rows that it locked: nobody else gets at them (docs/adr/0023).
"""

from functools import partial
from typing import Any

import psycopg
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

SECONDS = 60.0


def limit_waiting() -> None:
    """Let this process end a wait for the database after `SECONDS`, and the database one for this process.

    For servers, whose statements and transactions are short. A wait of ours that ended raises Django's
    `OperationalError`, and the connection is closed.
    """
    connection_created.connect(_connected, dispatch_uid="silence")


def bound(line: psycopg.Connection[Any], *, seconds: float | None = None) -> None:
    """Give a connection of the driver the limit: a longer wait raises `psycopg.OperationalError` and closes it."""
    line.wait = partial(_wait, line, seconds or SECONDS)  # type: ignore[method-assign]


def let_go(line: psycopg.Connection[Any]) -> None:
    """Let the server end a transaction in which it was asked nothing for so long, and free the rows it locked."""
    line.execute(f"SET idle_in_transaction_session_timeout = {round(SECONDS * 1000)}")


def _connected(connection: Any, **_: object) -> None:
    bound(connection.connection)
    let_go(connection.connection)


def _wait(line: psycopg.Connection[Any], seconds: float, generator: Any, **options: Any) -> Any:
    options["timeout"] = options.get("timeout") or seconds
    try:
        return psycopg.Connection.wait(line, generator, **options)
    except psycopg.OperationalError:
        if line.pgconn.transaction_status == TransactionStatus.ACTIVE:  # no answer: what it would be is unknown
            line.pgconn.finish()
        raise

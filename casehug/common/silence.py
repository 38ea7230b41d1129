"""A connection to the database that goes silent without being closed: neither side waits longer than a minute.

A firewall that forgot the connection, or a machine that stopped, sends neither an answer nor an end. Without a limit
the thread that asked waits until the process ends; a few of them are all threads of a worker. The server waits too,
for the rest of a transaction, and keeps the rows that it locked: nobody else gets at them (docs/adr/0023).
"""

import time
from functools import partial
from typing import Any

import psycopg
from django.core.signals import request_started
from django.db import connection as database
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

SECONDS = 60.0
IDLE, PROBE = 10.0, 5.0  # seconds without a word after which a connection is asked first, and how long it may take


def limit_waiting() -> None:
    """Let this process end a wait for the database after `SECONDS`, and the database one for this process.

    For servers, whose statements and transactions are short. A wait of ours that ended raises Django's
    `OperationalError`, and the connection is closed. Before each web request an idle connection is asked first.
    """
    connection_created.connect(_connected, dispatch_uid="silence")
    request_started.connect(_before_request, dispatch_uid="silence")


def drop_if_silent() -> None:
    """Ask this thread's connection, when it was idle, for a sign of life; close it when none comes in `PROBE` seconds.

    So a silence costs each idle thread seconds and not a minute. Call it before a piece of work, outside a
    transaction; the next statement connects anew. Without `limit_waiting` it does nothing.
    """
    line = database.connection
    heard = getattr(line, "heard_at", None)
    if heard is None or line.closed or time.monotonic() - heard < IDLE:
        return
    bound(line, seconds=PROBE)
    try:
        line.execute("SELECT 1")
    except psycopg.Error:
        database.close()
    else:
        bound(line)


def bound(line: psycopg.Connection[Any], *, seconds: float | None = None) -> None:
    """Give a connection of the driver the limit: a longer wait raises `psycopg.OperationalError` and closes it."""
    line.wait = partial(_wait, line, seconds or SECONDS)  # type: ignore[method-assign]


def let_go(line: psycopg.Connection[Any]) -> None:
    """Let the server end a transaction in which it was asked nothing for so long, and free the rows it locked."""
    line.execute(f"SET idle_in_transaction_session_timeout = {round(SECONDS * 1000)}")


def _before_request(**_: object) -> None:
    drop_if_silent()


def _connected(connection: Any, **_: object) -> None:
    bound(connection.connection)
    let_go(connection.connection)


def _wait(line: psycopg.Connection[Any], seconds: float, generator: Any, **options: Any) -> Any:
    options["timeout"] = options.get("timeout") or seconds
    try:
        answer = psycopg.Connection.wait(line, generator, **options)
        line.heard_at = time.monotonic()  # type: ignore[attr-defined]
        return answer
    except psycopg.OperationalError:
        if line.pgconn.transaction_status == TransactionStatus.ACTIVE:  # no answer: what it would be is unknown
            line.pgconn.finish()
        raise

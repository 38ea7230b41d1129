"""Single statements straight through libpq, for what is asked hundreds of times a second (docs/adr/0021).

The same connection of Django's, without a cursor around it: a fifth of the processor time of a statement.
"""

from collections.abc import Sequence

import psycopg
from django.db import DataError, InterfaceError, OperationalError, connection
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

Row = tuple[bytes | None, ...]
Value = bytes | None


def ask(sql: bytes, values: Sequence[Value], *, may_repeat: bool = False) -> list[Row]:
    """Run one statement with `$1`, `$2`, … as text and return its rows as text. Raises `DatabaseError`.

    Outside a transaction the statement is one by itself: committed when this returns, rolled back when it raises.
    `may_repeat`: it changes nothing, so that a kept connection that broke meanwhile is replaced and asked again; such a
    statement at the beginning of a request takes the place of Django's own check of the connection.
    """
    if not may_repeat or connection.connection is None or connection.in_atomic_block:
        return _ask(sql, values)
    try:
        return _ask(sql, values)
    except (OperationalError, InterfaceError):
        connection.close()
        return _ask(sql, values)


def _ask(sql: bytes, values: Sequence[Value]) -> list[Row]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        link, line = connection.connection, connection.connection.pgconn
        if not link.autocommit and line.transaction_status == TransactionStatus.IDLE:
            link.execute("SELECT 1")  # the driver begins a transaction at its own first statement only
        line.send_query_params(sql, values)
        result = link.wait(execute(line))[-1]
        if line.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection to the database was lost")
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        columns = range(result.nfields)
        return [tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples)]


def text(value: object) -> Value:
    """Return a value as a statement takes it: None, bytes, or whatever `str` makes of it (ids, times, numbers).

    Raises `DataError` for a text with a NUL, which the protocol would cut there.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    found = str(value).encode()
    if b"\0" in found:
        raise DataError("a text with a NUL cannot be stored")
    return found

"""The firm scope: the only way to touch firm tables. Outside it a query raises here, and PostgreSQL shows no row."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from psycopg.errors import OperationalError, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus


class OutsideFirmScope(RuntimeError):
    """A firm table was used outside `firm_scope`."""


class NestedFirmScope(RuntimeError):
    """A scope of one firm was opened inside the scope of another."""


# Called at the end of each outermost scope, still inside its transaction (the audit log takes its lock last there).
at_end: list[Callable[[], None]] = []

_current: ContextVar[uuid.UUID | None] = ContextVar("firm_scope", default=None)


def current_firm_id() -> uuid.UUID:
    """Return the firm of the open scope; raise `OutsideFirmScope` when there is none."""
    firm_id = _current.get()
    if firm_id is None:
        raise OutsideFirmScope("open `with firm_scope(firm_id):` before touching firm tables")
    return firm_id


def scope_is_open() -> bool:
    """Tell whether a firm scope is open in this context."""
    return _current.get() is not None


def _set_context(value: str) -> None:
    link = connection.connection
    if value and link.pgconn.transaction_status == TransactionStatus.IDLE and not link.autocommit:
        _begin(link, uuid.UUID(value))
        return
    with connection.cursor() as cursor:
        # Local to the transaction: a pooled or kept connection must never show the next request foreign rows.
        cursor.execute("SELECT set_config('app.firm_id', %s, true)", [value])


def _begin(link: Any, firm_id: uuid.UUID) -> None:
    """Begin the transaction and set its firm in one trip to the server; psycopg would send BEGIN alone, and wait."""
    with connection.wrap_database_errors:
        # A UUID's own text needs no quoting. As above the setting is local to the transaction that begins with it.
        result = link.pgconn.exec_(f"BEGIN; SELECT set_config('app.firm_id', '{firm_id}', true)".encode())
        if link.pgconn.status != ConnStatus.OK:
            raise OperationalError("the connection to the database is lost")
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)


@contextmanager
def firm_scope(firm_id: uuid.UUID) -> Iterator[None]:
    """Open a transaction in which the rows of one firm, and no others, can be read and written.

    Takes the firm's UUID. Commits on exit, rolls back on an exception. Re-entering the same firm is free; another
    firm raises `NestedFirmScope`. Never keep it open during an outside call.
    """
    held = _current.get()
    if held is not None:
        if held != firm_id:
            raise NestedFirmScope("a firm scope of another firm is open")
        with transaction.atomic():
            yield
        return
    nested = connection.in_atomic_block
    with transaction.atomic():
        _set_context(str(firm_id))
        token = _current.set(firm_id)
        try:
            yield
            for finish in at_end:
                finish()
        finally:
            _current.reset(token)
            if nested and not connection.needs_rollback:
                # The transaction goes on (tests, nested callers): the setting must not outlive the scope.
                _set_context("")


def assert_no_transaction() -> None:
    """Raise when a transaction is open: called before every outside request (no transaction across HTTP)."""
    if connection.in_atomic_block and not getattr(connection, "allow_http_in_atomic", False):
        raise RuntimeError("a transaction is open across an outside call")

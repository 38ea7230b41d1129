"""Database fixtures: the suite's database is already there; committed rows are removed by the owner."""

import os
import time
from collections.abc import Generator

import psycopg
import pytest
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

# Written by migrations, needed by every test.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# Guards against TRUNCATE (the audit table has one): bit 5 of tgtype.
GUARDS = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND t.tgtype & 32 <> 0
"""
TRIES = 10


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Nothing to do: tests.plugin.servers made and migrated the database before the settings were read."""


@pytest.fixture
def committed_db(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """Let a test commit rows that other processes see; afterwards every table is empty again.

    The processes of `stack` work on these rows only in tests that ask for them.
    """
    from django.db import connections

    from tests.plugin import stack

    stack.wake_only_for("stack" in request.fixturenames)

    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()
            empty_tables()


def empty_tables(owner_url: str | None = None) -> None:
    """TRUNCATE all tables but the kept ones as the owner; waits for transactions of workers that still run."""
    for attempt in range(TRIES):
        try:
            with psycopg.connect(owner_url or os.environ["DATABASE_OWNER_URL"]) as connection:
                _truncate(connection)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if attempt == TRIES - 1:
                raise
            time.sleep(0.2)


def _truncate(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute("SET LOCAL lock_timeout = '3s'")
    names = [str(row[0]) for row in connection.execute(TABLES) if row[0] not in KEPT_TABLES]
    if not names:
        return
    guards = [
        (sql.Identifier(str(table)), sql.Identifier(str(trigger)))
        for table, trigger in connection.execute(GUARDS)
    ]
    for pair in guards:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(*pair))
    tables = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
    for pair in guards:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}").format(*pair))

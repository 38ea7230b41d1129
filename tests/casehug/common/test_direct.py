"""Statements through libpq: each kept or undone alone, Django's errors, a new connection for a broken one."""

import os

import psycopg
import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction

from casehug.common import direct

KEEP = b"INSERT INTO common_canary (queue, passed_at) VALUES ($1, now()) RETURNING queue"
MINE = b"SELECT pg_backend_pid()"


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue FROM common_canary WHERE queue LIKE 'direct%' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def break_line() -> None:
    """End this thread's connection behind its back."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


@pytest.mark.django_db
def test_values_and_rows_are_text() -> None:
    rows = direct.ask(b"SELECT $1::int + 1, $2::bytea, $3::text, true", [direct.text(41), direct.text(b"\x00'"), None])
    assert rows == [(b"42", b"\\x0027", None, b"t")]
    assert direct.ask(b"SELECT 1 WHERE false", []) == []
    with pytest.raises(DataError):
        direct.text("cut\0here")


@pytest.mark.django_db
def test_inside_a_transaction_it_is_a_part_of_it() -> None:
    assert direct.ask(KEEP, [b"direct inside"]) == [(b"direct inside",)]
    assert kept() == ["direct inside"]


def test_as_the_first_statement_of_a_transaction_it_is_undone_with_it(committed_db: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        direct.ask(KEEP, [b"direct first"])
        raise RuntimeError
    assert kept() == []


def test_outside_each_is_kept_or_undone_by_itself(committed_db: None) -> None:
    direct.ask(KEEP, [b"direct one"])
    with pytest.raises(IntegrityError):
        direct.ask(KEEP, [b"direct one"])
    with pytest.raises(DatabaseError):
        direct.ask(b"SELECT nothing_like_that", [])
    connection.close()  # nothing was left to be committed
    assert kept() == ["direct one"]


def test_a_connection_that_broke_is_replaced_for_questions_only(committed_db: None) -> None:
    (before,) = direct.ask(MINE, [])
    break_line()
    (after,) = direct.ask(MINE, [], may_repeat=True)
    assert before != after
    break_line()
    with pytest.raises(OperationalError):
        direct.ask(KEEP, [b"direct twice"])
    connection.close()
    assert kept() == []

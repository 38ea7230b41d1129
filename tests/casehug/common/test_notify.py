"""The relay is woken after the commit, once per transaction, and never by what was rolled back."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import transaction

from casehug.common import work


@pytest.fixture
def ear(committed_db: None) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(settings.DATABASE_RELAY_URL, autocommit=True) as db:
        db.execute(f"LISTEN {work.CHANNEL}")
        yield db


def heard(ear: "psycopg.Connection[Any]") -> int:
    return len(list(ear.notifies(timeout=0.3)))


def test_many_rings_of_one_transaction_are_one_and_come_after_the_commit(ear: "psycopg.Connection[Any]") -> None:
    with transaction.atomic():
        work.notify()
        with transaction.atomic():
            work.notify()
        assert heard(ear) == 0
    assert heard(ear) == 1


def test_a_ring_survives_the_savepoint_of_another(ear: "psycopg.Connection[Any]") -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            work.notify()
            raise ZeroDivisionError
        work.notify()
    assert heard(ear) == 1


def test_what_was_rolled_back_rings_nobody(ear: "psycopg.Connection[Any]") -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        work.notify()
        raise ZeroDivisionError
    assert heard(ear) == 0

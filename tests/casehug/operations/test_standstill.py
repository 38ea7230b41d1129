"""While everything outgoing is paused, nothing that calls out is rung or claimed; everything else goes on.

Sabotage: the same rows without the pause are rung and claimed.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings

from casehug.common import standstill, work
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.relay import Relay
from casehug.common.scope import firm_scope
from casehug.operations.acts import ACTS
from tests.conftest import make_firm

OUTGOING = {"sync": True, "inbound": True, "maintenance": True, "outbound": False}
"""Queues, and whether a row of it carries a connection: what does may call a provider."""


class Bell:
    """Stands in for the broker: remembers what was rung."""

    def __init__(self) -> None:
        self.rung: set[uuid.UUID] = set()

    def send_task(self, task: str, *, kwargs: dict[str, str], **_: Any) -> None:
        self.rung.add(uuid.UUID(kwargs["w"]))


@pytest.fixture
def relay(committed_db: None) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(settings.DATABASE_RELAY_URL, autocommit=True) as db:
        yield db


def add(firm_id: uuid.UUID, queue: str, *, connected: bool) -> uuid.UUID:
    with firm_scope(firm_id):
        item = work.enqueue(kind="k", queue=queue, subject_type="t", subject_id=uuid7(),
                            connection_id=uuid7() if connected else None)  # fmt: skip
        return item.id


def rung(db: "psycopg.Connection[Any]") -> set[uuid.UUID]:
    bell = Bell()
    Relay(settings.DATABASE_RELAY_URL, bell, work.CHANNEL, [])._look(db)  # type: ignore[arg-type]
    return bell.rung


def claim(firm_id: uuid.UUID, item_id: uuid.UUID) -> WorkItem | None:
    with firm_scope(firm_id):
        return work.claim(item_id=item_id, owner="worker")


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "sabotage: not paused"])
def test_what_calls_out_stands_still(relay: "psycopg.Connection[Any]", paused: bool) -> None:
    firm_id = make_firm("Still").id
    calling = {add(firm_id, queue, connected=connected) for queue, connected in OUTGOING.items()}
    inside = {add(firm_id, queue, connected=False) for queue in ("maintenance", "inbound")}
    if paused:
        assert standstill.pause_outgoing() and not standstill.pause_outgoing()
    assert rung(relay) == (inside if paused else inside | calling)
    for item_id in calling:
        assert (claim(firm_id, item_id) is None) is paused
    assert all(claim(firm_id, item_id) is not None for item_id in inside)
    if paused:
        with firm_scope(firm_id):
            waiting = WorkItem.objects.filter(id__in=calling)
            assert set(waiting.values_list("status", "attempts", "claims")) == {("ready", 0, 0)}
        assert standstill.resume_outgoing() and not standstill.resume_outgoing()
        assert rung(relay) == calling
        assert all(claim(firm_id, item_id) is not None for item_id in calling)


def test_due_work_is_woken_and_what_is_not_due_is_left(relay: "psycopg.Connection[Any]") -> None:
    firm_id = make_firm("Wake").id
    due = add(firm_id, "sync", connected=True)
    with firm_scope(firm_id):
        work.enqueue(kind="k", queue="sync", subject_type="t", subject_id=uuid7(), after_seconds=60)
    assert rung(relay) == {due} and rung(relay) == set()
    assert "One due row" in ACTS["wake"].run("operator@example.com", None).words
    assert rung(relay) == {due}

"""One delivery in two statements: what is stored, in whose scope, how it is counted and rung for."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser

from casehug.common import direct, throttle, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.contract.changes import Change, Kind
from integrations.inbound import addresses, ration, ring, store
from integrations.inbound.addresses import Address
from integrations.models import Connection, InboundEndpoint, InboundEvent
from tests.conftest import make_firm
from tests.integrations.inbound.conftest import Hook, make_hook

FORM = Change(kind=Kind.FORM_SUBMITTED, event_type="form.submitted")
OWN = {"id", "created_at", "updated_at", "subject_id", "next_attempt_at"}


def firm_set() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.firm_id', true), '')")
        return str(cursor.fetchone()[0])


def columns(row: Any, *, but: set[str]) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields if field.attname not in but}


def address_of(hook: Hook) -> Address:
    found = addresses.find(hook.path.rsplit("/", 1)[1])
    assert found is not None
    return found


def test_a_delivery_is_two_statements(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.secret()
    assert hook.send("form.submitted") == 200  # takes a share of the minute's number
    whole, asked = direct._ask, []
    monkeypatch.setattr(direct, "_ask", lambda sql, values: asked.append(sql) or whole(sql, values))
    by_django: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        by_django.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert hook.send("form.submitted") == 200
    assert len(asked) == 2 and by_django == []


def test_what_is_stored_equals_what_the_models_would_store(hook: Hook) -> None:
    hook.secret()
    assert hook.send("matter.updated", event_id="evt_1", matter_id=17) == 200
    assert hook.send("form.submitted", event_id="evt_2") == 200
    assert firm_set() == ""
    with firm_scope(hook.firm_id):
        event = InboundEvent.objects.get(event_id="evt_2")
        fresh = InboundEvent(id=event.id)
        given = {"created_at", "updated_at", "endpoint_id", "connection_id", "source", "verification", "event_id",
                 "event_type", "kind", "subject", "received_at", "headers", "payload", "size"}  # fmt: skip
        assert columns(event, but=given) == columns(fresh, but=given)
        assert (event.created_at, event.updated_at) != (None, None)
        assert store.open_payload(event) and event.headers["x-lawmatics-event-id"] == "evt_2"
        for subject_type, connection_id in (("remote_matter", hook.connection_id), ("inbound_event", None)):
            made = WorkItem.objects.get(kind="inbound_event", subject_type=subject_type)
            like = work.enqueue(
                kind="inbound_event", queue="inbound", subject_type=subject_type, subject_id=uuid.uuid4(),
                connection_id=connection_id, trigger="webhook",
            )  # fmt: skip
            assert columns(made, but=OWN) == columns(like, but=OWN)
            assert made.next_attempt_at == made.created_at


def test_ten_events_of_a_matter_are_one_live_row(hook: Hook) -> None:
    hook.secret()
    for _ in range(10):
        assert hook.send("matter.updated", matter_id=17) == 200
    with firm_scope(hook.firm_id):
        (row,) = WorkItem.objects.filter(kind="inbound_event")
        assert (row.generation, row.status) == (10, "ready")


def test_the_scope_is_the_firms_and_ends_with_the_statement(hook: Hook) -> None:
    hook.secret()
    other = make_firm("Northgate")
    with firm_scope(other.id):
        theirs = make_hook(
            Connection.objects.create(provider="lawmatics", state="connected", remote_firm="8102").id, other.id
        )
    mine, foreign = address_of(hook), address_of(theirs)
    assert firm_set() == "" and mine.firm_id == hook.firm_id and foreign.sealed_secrets == []
    with firm_scope(other.id):
        assert address_of(hook).firm_id == hook.firm_id
        assert firm_set() == str(other.id)
    arrival = store.Arrival(FORM, "evt_1", b"{}", {}, "webhook", "verified", mine.asked_at)
    values = store.values(arrival, endpoint_id=foreign.endpoint_id, connection=mine.account, key=mine.firm_key())
    with pytest.raises(IntegrityError), transaction.atomic():
        direct.ask(store.KEEP_DIRECTLY, [*map(direct.text, (mine.firm_id, False, *values))])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_last_event_is_noted_every_ten_seconds(hook: Hook) -> None:
    hook.secret()
    hook.send("form.submitted")
    with firm_scope(hook.firm_id):
        first = InboundEndpoint.objects.get().last_event_at
        hook.send("form.submitted")
        assert first is not None and InboundEndpoint.objects.get().last_event_at == first
        InboundEndpoint.objects.update(last_event_at=first - timedelta(seconds=11))
    hook.send("form.submitted")
    with firm_scope(hook.firm_id):
        later = InboundEndpoint.objects.get().last_event_at
        assert later is not None and later > first - timedelta(seconds=10)


def test_nothing_of_a_browser_is_made_for_it(hook: Hook) -> None:
    hook.secret()
    answer = hook.post(b"{}", hook.signed(b"{}"))
    assert answer.status_code == 200 and not answer.cookies and "Vary" not in answer.headers
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Content-Type-Options"] == "nosniff" and "Permissions-Policy" in answer.headers
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert Browser().post("/api/v1/no-such-thing").status_code == 404


@pytest.mark.django_db
def test_shares_never_add_up_to_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, statements, whole = uuid.uuid4(), [0], throttle.count

    def count(**values: Any) -> tuple[int, int]:
        statements[0] += 1
        return whole(**values)

    monkeypatch.setattr(throttle, "count", count)
    processes: list[dict[uuid.UUID, Any]] = [{}, {}, {}]
    allowed = 0
    for number in range(1500):
        monkeypatch.setattr(ration, "_shares", processes[number % 3])
        allowed += ration.wait_for(endpoint, limit=1000) == 0
    assert 1000 - 3 * 10 <= allowed <= 1000
    assert statements[0] <= 100 + 1500 - allowed
    processes[0][endpoint].ends = 0.0  # its minute is over: what is left of the share is worth nothing
    monkeypatch.setattr(ration, "_shares", processes[0])
    assert 1 <= ration.wait_for(endpoint, limit=1000) <= 60


def test_the_last_of_several_rings_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[int] = []
    monkeypatch.setattr(ring.bell, "notify", lambda: rings.append(1))
    monkeypatch.setattr(ring, "PATIENCE", 60.0)
    monkeypatch.setattr(ring, "_last", time.monotonic())
    inside, go = threading.Event(), threading.Event()

    def slow(fails: bool) -> None:
        try:
            with ring.rung_after():
                inside.set()
                go.wait(10)
                if fails:
                    raise RuntimeError
        except RuntimeError:
            pass

    for fails in (False, True):
        rings.clear()
        inside.clear()
        go.clear()
        thread = threading.Thread(target=slow, args=(fails,))
        thread.start()
        inside.wait(10)
        with ring.rung_after():
            pass
        assert rings == []  # the other one will
        go.set()
        thread.join(10)
        assert rings == [1]
    rings.clear()
    with pytest.raises(RuntimeError), ring.rung_after():
        raise RuntimeError
    assert rings == []
    with ring.rung_after():
        pass
    assert rings == [1]

"""Pausing the way in loses and reorders nothing; alarms begin and end once, and are shown where they are solved."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection as database

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Firm, Notice, Role
from integrations.connections import services
from integrations.connections.notices import QUARANTINE, SIGNATURES, SILENCE
from integrations.inbound import alarms, poller, ticks
from integrations.inbound.quarantine import MOST_BYTES
from integrations.models import Connection, InboundEndpoint, InboundEvent
from tests.conftest import make_person
from tests.integrations.inbound.conftest import Hook


@pytest.fixture(autouse=True)
def mails_may_go(db: None) -> Iterator[None]:
    """Mails may be handed over although the test itself is one transaction."""
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]
    yield
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]


def look(hook: Hook) -> list[str]:
    """Look at the alarms now; return those that stand."""
    with firm_scope(hook.firm_id):
        InboundEndpoint.objects.update(alarms_checked_at=None)
    alarms.tick()
    with firm_scope(hook.firm_id):
        rows = Notice.objects.filter(cleared_at__isnull=True).order_by("kind")
        return list(rows.values_list("kind", flat=True))


def read(hook: Hook, **values: object) -> None:
    """A change that was found by reading."""
    with firm_scope(hook.firm_id):
        now = database_now()
        row = Connection.objects.get(id=hook.connection_id)
        InboundEvent.objects.create(
            endpoint_id=hook.endpoint_id, connection=row, source="poll", verification="read", event_id=f"poll_{now}",
            kind="matter_stage", subject=row.id, received_at=now, result="applied", **values,
        )  # fmt: skip


def pause(hook: Hook, on: bool, way: str = "in") -> None:
    with firm_scope(hook.firm_id):
        (services.pause if on else services.resume)(connection_id=hook.connection_id, way=way)


def test_while_receiving_is_paused_events_are_kept_and_then_worked_on_in_order(hook: Hook) -> None:
    hook.secret()
    hook.work()
    assert hook.send("contact.created", contact_id=1) == 200  # queued before the pause
    pause(hook, True)
    assert hook.send("form.submitted", contact_id=2) == 200
    assert hook.send("matter.updated", matter_id=7) == 200
    assert hook.send("contact.created", contact_id=3) == 200
    hook.work()
    assert hook.results() == ["", "", "", ""]
    with firm_scope(hook.firm_id):
        waiting = WorkItem.objects.filter(kind="inbound_event").order_by("created_at")
        assert [(row.status, row.hold_reason) for row in waiting] == [("held", "paused_in")] * 4
    pause(hook, False)
    with firm_scope(hook.firm_id):
        due = WorkItem.objects.filter(kind="inbound_event", status="ready").order_by("next_attempt_at", "id")
        assert [row.id for row in due] == [row.id for row in due.order_by("created_at", "id")]
    hook.work()
    events = hook.events()
    assert [event.result for event in events] == ["no_matter"] * 4
    moments = [event.processed_at for event in events]
    assert moments == sorted(moments)  # type: ignore[type-var]


def test_a_pause_stops_polls_of_its_way_only(hook: Hook) -> None:
    pause(hook, True)
    assert ticks.tick() == 0
    with firm_scope(hook.firm_id):
        item = poller.ask_now(InboundEndpoint.objects.get())
    hook.work()
    with firm_scope(hook.firm_id):
        assert WorkItem.objects.get(id=item.id).status == "done"
        assert InboundEndpoint.objects.get().polled_at is None
        InboundEndpoint.objects.update(next_poll_at=database_now() - timedelta(minutes=1))
    pause(hook, False)
    pause(hook, True, way="out")
    assert ticks.tick() == 1, "sending is paused, receiving is not"


def test_events_are_worked_on_while_only_sending_is_paused(hook: Hook) -> None:
    hook.secret()
    pause(hook, True, way="out")
    hook.send("contact.created", contact_id=1)
    hook.work()
    assert hook.results() == ["no_matter"]


def test_a_pause_outlives_a_reconnect_and_the_other_way_round(hook: Hook) -> None:
    hook.secret()
    pause(hook, True)
    with firm_scope(hook.firm_id):
        services.mark_needs_reconnect(connection_id=hook.connection_id, reason="Gone.", code="x")
    hook.send("matter.updated", matter_id=7)
    hook.send("contact.created", contact_id=3)
    hook.work()
    pause(hook, False)
    hook.work()
    assert hook.results() == ["", "no_matter"], "what has to be read there waits for the reconnect, the rest goes on"


def test_silence_needs_a_secret_changes_and_time(hook: Hook) -> None:
    read(hook)
    assert look(hook) == [], "no webhooks were set up"
    hook.secret()
    assert look(hook) == [SILENCE]
    assert look(hook) == [SILENCE]
    with firm_scope(hook.firm_id):
        assert Notice.objects.count() == 1
        InboundEvent.objects.all().delete()
    assert look(hook) == [SILENCE], "nothing is found either: no reason to end it"
    assert hook.send("contact.created", contact_id=1) == 200
    assert look(hook) == []


def test_a_recent_event_is_no_silence(hook: Hook) -> None:
    hook.secret()
    hook.send("contact.created", contact_id=1)
    read(hook)
    assert look(hook) == []
    with firm_scope(hook.firm_id):
        InboundEndpoint.objects.update(last_event_at=database_now() - timedelta(hours=25))
    assert look(hook) == [SILENCE]


def test_signatures_that_fail_are_told_shown_and_solved_by_the_secret(hook: Hook) -> None:
    with firm_scope(hook.firm_id):
        firm = Firm.objects.get()
    admin = make_person(firm, Role.ADMIN)
    for number in range(2):
        assert hook.send("contact.created", secret="whsec_other_01", contact_id=number) == 401
    assert look(hook) == [], "one or two are no alarm"
    assert hook.send("contact.created", secret="whsec_other_01", contact_id=9) == 401
    assert look(hook) == [SIGNATURES]
    hook.work()
    assert [one.subject for one in mail.outbox] == ["CaseHug: Lawmatics events cannot be verified"]
    page = admin.browser.get("/settings/integrations/lawmatics/webhooks/").content.decode()
    assert "3 events of the last 24 hours could not be verified" in page
    assert "Lawmatics events cannot be verified" in admin.browser.get("/").content.decode()
    hook.secret("whsec_other_01")
    hook.work()
    assert look(hook) == []
    hook.work()
    assert mail.outbox[-1].subject == "CaseHug: Solved: Lawmatics events cannot be verified" and len(mail.outbox) == 2


def test_the_quarantine_alarm_has_a_margin(hook: Hook) -> None:
    found = []
    for share in (0.5, 0.7, 0.85, 0.7, 0.5):
        with firm_scope(hook.firm_id):
            InboundEndpoint.objects.update(quarantine_bytes=int(MOST_BYTES * share))
        found.append(look(hook) == [QUARANTINE])
    assert found == [False, False, True, True, False]


def test_a_second_look_at_once_does_nothing(hook: Hook) -> None:
    alarms.tick()
    assert alarms.tick() == 0

"""Parts, figures per firm id, keys, the isolation check and its sabotage, and `/metrics` with its token."""

import io
import os
import re
from datetime import timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from pytest_django import Settings

from casehug.common import canary, encryption, operator_log, work
from casehug.common.ids import uuid7
from casehug.common.models import OperatorEntry, WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.operations import figures, metrics
from casehug.operations.isolation import check_isolation
from casehug.operations.parts import Part, parts, worst
from integrations.models import Connection
from tests.conftest import make_firm

TOKEN = "figures-for-the-test"
LINE = re.compile(r'casehug_[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.e+-]+')


def look(*, paused: bool = False) -> dict[str, Part]:
    found = parts(figures.backlog(), figures.outside(), paused=paused)
    return {part.key: part for part in found}


def relays() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'casehug-relay'")
        return int(cursor.fetchone()[0])


def add(firm: Firm, queue: str = "sync", **values: object) -> None:
    with firm_scope(firm.id):
        item = work.enqueue(kind="k", queue=queue, subject_type="t", subject_id=uuid7())
        WorkItem.objects.filter(id=item.id).update(**values)


def test_canaries_and_beat_speak_for_relay_broker_and_workers(firm: Firm) -> None:
    assert look()["beat"].state == look()["sync"].state == "unknown"
    # The relay of the suite's own processes is connected, though it may stand still, once a test has started them.
    assert look()["relay"].state == ("ok" if relays() else "failed")
    canary.passed(canary.BEAT)  # as the tick does
    canary.passed("sync")
    assert look()["beat"].state == look()["sync"].state == "ok"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_canary SET passed_at = now() - interval '3 min' WHERE queue = 'sync'")
    found = look()
    assert found["sync"].state == "failed" and "3 min" in found["sync"].words
    assert worst(found.values()) == next(iter(found.values())).state == "failed"


def test_a_connected_relay_is_seen(firm: Firm) -> None:
    with psycopg.connect(os.environ["DATABASE_RELAY_URL"], application_name="casehug-relay"):
        assert look()["relay"].state == "ok"


def test_backlog_is_told_by_firm_id(firm: Firm, other_firm: Firm) -> None:
    now = work.database_now()
    add(firm, next_attempt_at=now - timedelta(seconds=90))
    add(firm, "outbound", status="held", hold_reason="reconnect")
    add(other_firm, status="dead", finished_at=now)
    add(other_firm, status="dead", finished_at=now - timedelta(days=2))
    with firm_scope(firm.id):
        Connection.objects.create(provider="lawmatics", state="needs_reconnect", paused=True)
    found = {one.firm_id: one for one in figures.firms(figures.backlog(), figures.outside())}
    ours, theirs = found[firm.id], found[other_firm.id]
    assert (ours.ready, ours.held, ours.given_up) == (1, 1, 0) and (ours.oldest_due or 0) >= 90
    assert (theirs.ready, theirs.given_up, theirs.oldest_due) == (0, 1, None)
    assert [(one.state, one.paused) for one in ours.outside] == [("needs_reconnect", True)]
    states = look(paused=True)
    assert states["oldest_due"].state == "attention" and "sync (1 min)" in states["oldest_due"].words
    assert "paused" in states["oldest_due"].words and states["given_up"].value == 1.0


def test_backup_and_keys_have_an_age(firm: Firm, settings: Settings) -> None:
    assert look()["backup"].state == "attention"
    call_command("backup_done", label="nightly", stdout=io.StringIO())
    assert look()["backup"].state == "ok"
    OperatorEntry.objects.create(action=operator_log.ROTATED, details={"active": "other"})
    with firm_scope(firm.id):
        encryption.data_key()
    (key,) = figures.keys()
    assert key.active and key.here and key.data_keys == 1 and key.since is not None
    settings.CASEHUG_KEK = "next:" + "B" * 43
    assert [(one.kid, one.here) for one in figures.keys()] == [("next", True), (key.kid, False)]
    assert look()["keys"].state == "failed"


def test_what_stands_in_the_log_cannot_be_changed(db: None) -> None:
    entry = operator_log.note("seal.checked")
    for verb in ("UPDATE common_operatorentry SET action = 'x'", "DELETE FROM common_operatorentry"):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT s")
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(verb)
            cursor.execute("ROLLBACK TO SAVEPOINT s")
    assert OperatorEntry.objects.get() == entry


def test_the_isolation_check_sees_a_wall_that_is_gone(committed_db: None) -> None:
    make_firm("Walled")
    assert check_isolation() == [] and look()["isolation"].state == "ok"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        try:
            owner.execute("ALTER TABLE intake_casetype DISABLE ROW LEVEL SECURITY")
            problems = check_isolation()
        finally:
            owner.execute("ALTER TABLE intake_casetype ENABLE ROW LEVEL SECURITY")
    assert "table intake_casetype shows rows without a firm" in problems
    assert "table intake_casetype shows rows with an invented firm" in problems
    assert look()["isolation"].state == "failed"


def test_metrics_want_their_token_and_are_well_formed(firm: Firm, settings: Settings) -> None:
    browser, good = Browser(), {"Authorization": f"Bearer {TOKEN}"}
    assert browser.get("/metrics", headers=good).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for wrong in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}ü"}):
        assert browser.get("/metrics", headers=wrong).status_code == 401
    add(firm)
    answer = browser.get("/metrics", headers=good)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert not [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)]
    assert f'casehug_firm_work_rows{{firm="{firm.id}",status="ready"}} 1' in lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) > 8
    assert metrics.family("x", "w", [({"a": 'b"\\\n'}, 1)]).endswith('casehug_x{a="b\\"\\\\\\n"} 1\n')

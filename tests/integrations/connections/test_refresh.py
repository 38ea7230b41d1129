"""Tokens that expire: one renewal at a time, losers read again, crashes and refusals end in a precise state."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections as databases

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.connections import refresh
from integrations.connections.services import confirm_rejected
from integrations.contract.errors import AuthRejected, NetworkTrouble
from integrations.models import Connection
from tests.integrations.desk import Desk, make_desk
from tests.integrations.sync.office import Twin

RACERS = 12


@pytest.fixture
def expiring(committed_db: None, twin: Twin) -> Iterator[Desk]:
    """A connected firm whose provider gives tokens for two hours, visible to other threads."""
    twin.switch(token_mode="expiring", token_lifetime=7200, refresh_reuse="revoke_family")
    desk = make_desk(twin)
    assert desk.connect().status_code == 302
    yield desk


def due(desk: Desk, *, seconds: float = 100) -> None:
    """Let the token end this soon."""
    with firm_scope(desk.firm_id):
        moment = database_now() + timedelta(seconds=seconds)
        Connection.objects.update(token_expires_at=moment)


def calls(desk: Desk) -> int:
    """Token requests the stand-in has seen."""
    log = desk.twin.control("GET", "requests")["requests"]
    return sum(row["path"] == "/oauth/token" for row in log)


def token(desk: Desk, **options: Any) -> str:
    """Ask for a token as a worker does."""
    return refresh.fresh_token(connection=desk.must(), **options).reveal()


def test_a_fresh_token_is_left_alone(expiring: Desk) -> None:
    before = calls(expiring)
    assert expiring.must().token_lifetime == 7200
    assert token(expiring) == token(expiring)
    assert calls(expiring) == before


@pytest.mark.parametrize(("lifetime", "left", "renews"), [(7200, 301, False), (7200, 299, True), (400, 201, False),
                                                          (400, 199, True)])  # fmt: skip
def test_five_minutes_early_or_half_its_life(expiring: Desk, lifetime: int, left: int, renews: bool) -> None:
    expiring.change(token_lifetime=lifetime)
    due(expiring, seconds=left)
    before = calls(expiring)
    token(expiring)
    assert calls(expiring) - before == int(renews)


def test_single_flight(expiring: Desk) -> None:
    due(expiring)
    before, old = calls(expiring), token(expiring)
    due(expiring)
    before = calls(expiring)
    got: list[str] = []
    gate = threading.Barrier(RACERS)

    def race() -> None:
        gate.wait()
        try:
            got.append(token(expiring))
        finally:
            databases.close_all()

    racers = [threading.Thread(target=race) for _ in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert len(got) == RACERS and len(set(got)) == 1 and old not in got
    assert calls(expiring) - before == 1
    row = expiring.must()
    assert row.state == Connection.State.CONNECTED and row.refresh_lease_until is None


def test_refused_refresh_needs_a_reconnect_and_holds_work(expiring: Desk) -> None:
    with firm_scope(expiring.firm_id):
        row = expiring.must()
        WorkItem.objects.create(
            kind="sync_matter", queue="sync", subject_type="matter", subject_id=row.id, connection_id=row.id,
            next_attempt_at=database_now(),
        )  # fmt: skip
    expiring.twin.control("POST", "accounts/8101/remove-app")
    due(expiring)
    with pytest.raises(AuthRejected):
        token(expiring)
    row = expiring.must()
    assert row.state == Connection.State.NEEDS_RECONNECT and "invalid_grant" in row.state_reason
    with firm_scope(expiring.firm_id):
        item = WorkItem.objects.get(kind="sync_matter")
        assert (item.status, item.hold_reason, item.attempts) == ("held", "reconnect", 0)
    assert expiring.connect().status_code == 302
    with firm_scope(expiring.firm_id):
        assert WorkItem.objects.get(kind="sync_matter").status == "ready"


def test_the_loser_of_a_race_does_not_kill_a_healthy_connection(expiring: Desk, monkeypatch: Any) -> None:
    """Another worker renews between our reading and our request: `invalid_grant`, but the row has moved on."""
    due(expiring)
    real = refresh.oauth.refresh_grant

    def late(**values: Any) -> Any:
        monkeypatch.setattr(refresh.oauth, "refresh_grant", real)
        expiring.change(refresh_lease_until=None)
        token(expiring)  # the winner
        return real(**values)  # our old refresh token is used up now

    expiring.twin.switch(refresh_reuse="reject")
    monkeypatch.setattr(refresh.oauth, "refresh_grant", late)
    won = token(expiring)
    assert won == token(expiring)
    assert expiring.must().state == Connection.State.CONNECTED


def test_an_interrupted_renewal_is_recovered(expiring: Desk) -> None:
    """The worker died before its request left: the saved refresh token still works."""
    due(expiring)
    with firm_scope(expiring.firm_id):
        past = database_now() - timedelta(seconds=1)
        Connection.objects.update(refresh_lease_until=past, refresh_started_at=past - timedelta(seconds=40))
    old = expiring.must().token_version
    token(expiring)
    row = expiring.must()
    assert row.token_version == old + 1 and row.refresh_started_at is None


def test_a_lost_answer_is_flagged_precisely(expiring: Desk) -> None:
    """The answer with the new tokens never arrived: the old refresh token is used up, and the reason says so."""
    due(expiring, seconds=60)
    expiring.twin.switch(refresh_reuse="reject")
    expiring.twin.fault("reset_after_commit", "/oauth/token")
    token(expiring)  # the old access token still works
    assert expiring.must().refresh_started_at is not None
    with pytest.raises(AuthRejected):
        token(expiring)
    row = expiring.must()
    assert row.state == Connection.State.NEEDS_RECONNECT and "interrupted" in row.state_reason


def test_trouble_keeps_a_valid_token_and_fails_an_ended_one(expiring: Desk) -> None:
    due(expiring)
    for _ in range(2):
        expiring.twin.fault("status_before", "/oauth/token", status=503)
    assert token(expiring)
    due(expiring, seconds=-1)
    with pytest.raises(NetworkTrouble):
        token(expiring)
    assert expiring.must().state == Connection.State.CONNECTED
    assert token(expiring)


def test_a_page_asks_a_worker(expiring: Desk, settle: Any) -> None:
    due(expiring)
    before = calls(expiring)
    assert expiring.admin.post("/settings/integrations/lawmatics/test/").status_code == 200
    assert calls(expiring) == before
    with firm_scope(expiring.firm_id):
        assert WorkItem.objects.get(kind="refresh_token").status == "ready"
        WorkItem.objects.update(next_attempt_at=database_now() - timedelta(seconds=5))
    settle(expiring.firm_id)
    assert calls(expiring) == before + 1


def test_a_401_is_judged_by_one_question(expiring: Desk) -> None:
    row = expiring.must()
    assert confirm_rejected(connection=row, lane=0) is False
    assert expiring.must().token_version == row.token_version + 1  # renewed once first
    expiring.twin.control("POST", "accounts/8101/remove-app")
    assert confirm_rejected(connection=expiring.must(), lane=0) is True
    assert expiring.must().state == Connection.State.NEEDS_RECONNECT


def test_disconnect_during_a_renewal_wins(expiring: Desk, monkeypatch: Any) -> None:
    due(expiring)
    real = refresh.oauth.refresh_grant

    def slow(**values: Any) -> Any:
        grant = real(**values)
        expiring.admin.post("/settings/integrations/lawmatics/disconnect/")
        return grant

    monkeypatch.setattr(refresh.oauth, "refresh_grant", slow)
    with pytest.raises(AuthRejected):
        token(expiring)
    row = expiring.must()
    assert row.access_token is None and row.state == Connection.State.NOT_CONNECTED

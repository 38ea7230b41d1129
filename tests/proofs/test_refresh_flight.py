"""Token renewal: many callers at an expiry make one renewal; a caller killed after the answer leaves nothing undecided.

The stand-in rotates refresh tokens and revokes the whole family when one is used twice, so a second renewal would cost
the connection. Sabotage: without the compare-and-swap the callers renew side by side.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections as databases

from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from harness.size import pick
from integrations.connections import refresh
from integrations.contract.errors import AuthRejected, NetworkTrouble
from integrations.models import Connection
from tests.integrations.connections.test_refresh import calls, due, expiring, token
from tests.integrations.desk import Desk, desk_twin, twin

__all__ = ["desk_twin", "expiring", "twin"]
CALLERS, EXPIRIES, KILLS = pick(20, 60), pick(3, 50), pick(3, 50)  # the test database takes 100 connections


class Killed(BaseException):
    """The worker ends here."""


def expiry(desk: Desk, callers: int) -> tuple[int, set[str]]:
    """Let the token be due and everybody ask at once; return the renewals made and the different answers."""
    due(desk)
    before, got, gate = calls(desk), list[str](), threading.Barrier(callers)

    def ask() -> None:
        gate.wait()
        try:
            got.append(token(desk))
        except (AuthRejected, NetworkTrouble) as trouble:
            got.append(type(trouble).__name__)
        finally:
            databases.close_all()

    callers_now = [threading.Thread(target=ask) for _ in range(callers)]
    for one in callers_now:
        one.start()
    for one in callers_now:
        one.join(90)
    assert len(got) == callers, "a caller got no answer at all"
    return calls(desk) - before, set(got)


def test_one_renewal_per_expiry(expiring: Desk, record_property: Callable[[str, object], None]) -> None:
    found = [expiry(expiring, CALLERS) for _ in range(EXPIRIES)]
    record_property("trials", EXPIRIES)
    record_property("measured", f"{CALLERS} callers × {EXPIRIES} expiries: {sum(n for n, _ in found)} renewals")
    assert [(n, len(got)) for n, got in found] == [(1, 1)] * EXPIRIES
    assert expiring.must().state == Connection.State.CONNECTED


def killed_after_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """Kill a renewal between the provider's answer and our commit; return what the next caller finds."""
    due(desk)
    real = refresh.oauth.refresh_grant

    def cut(**values: Any) -> Any:
        real(**values)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(refresh.oauth, "refresh_grant", cut)
        with pytest.raises(Killed):
            token(desk)
    with firm_scope(desk.firm_id):  # its lease ends within a minute
        Connection.objects.update(refresh_lease_until=database_now() - timedelta(seconds=1))
    try:
        token(desk)
    except AuthRejected:
        row = desk.must()
        flagged = row.state == Connection.State.NEEDS_RECONNECT and "interrupted" in row.state_reason
        assert desk.connect().status_code == 302
        return "flagged" if flagged else "silent"
    return "recovered"


def test_a_kill_after_the_answer_is_recovered_or_flagged(
    expiring: Desk, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    found = [killed_after_the_answer(expiring, monkeypatch) for _ in range(KILLS)]
    record_property("trials", KILLS)
    told = ", ".join(f"{found.count(one)} {one}" for one in sorted(set(found)))
    record_property("measured", f"{KILLS} kills: {told}")
    assert set(found) <= {"recovered", "flagged"}


def test_sabotage_without_the_compare_and_swap_callers_renew_side_by_side(
    expiring: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "_take_lease", lambda connection, held: True)
    real, second = refresh.oauth.refresh_grant, threading.Barrier(2)

    def when_two_are_there(**values: Any) -> Any:
        with suppress(threading.BrokenBarrierError):  # on a busy machine the first is done before the next one looks
            second.wait(20)
        return real(**values)

    monkeypatch.setattr(refresh.oauth, "refresh_grant", when_two_are_there)
    made, _ = expiry(expiring, 8)
    assert made > 1

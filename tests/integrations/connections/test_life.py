"""The life of a connection: told once when it breaks, held work goes on by itself, each way is paused by itself."""

import re
import uuid
from datetime import timedelta

from django.core import mail

from casehug.common import work
from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.firms.models import Notice
from integrations.connections import services, upkeep
from integrations.connections.notices import OTHER_ACCOUNT, RECONNECT
from integrations.models import Connection, ExternalLink
from integrations.selectors.health import light_of, pauses_of
from tests.integrations.desk import Desk

PAGE = "/settings/integrations/lawmatics/"


def sync(desk: Desk, matter_id: uuid.UUID) -> None:
    """Press “Sync”."""
    answer = desk.admin.post(f"/matters/{matter(matter_id)}/integrations/lawmatics/sync/")
    assert answer.status_code == 302, answer.content[:300]


def matter(matter_id: uuid.UUID) -> str:
    return public_id("mat", matter_id)


def standing(desk: Desk) -> list[str]:
    with firm_scope(desk.firm_id):
        return list(Notice.objects.filter(cleared_at__isnull=True).values_list("kind", flat=True))


def effects(desk: Desk) -> tuple[int, int, int]:
    ledger = desk.twin.control("GET", "ledger")
    return ledger["contacts"]["total"], ledger["prospects"]["total"], ledger["notes"]["total"]


def test_removed_access_is_told_once_and_held_work_goes_on_after_the_reconnect(connected: Desk) -> None:
    first, second = connected.matter(), connected.matter(title="Second")
    sync(connected, first)
    run_due(firm_id=connected.firm_id)
    before = effects(connected)
    connected.twin.control("POST", "accounts/8101/remove-app")
    for one in (first, second):
        with firm_scope(connected.firm_id):
            work.enqueue(kind="sync_matter", queue="sync", subject_type="matter", subject_id=one, writes=True,
                         connection_id=connected.must().id)  # fmt: skip
    with firm_scope(connected.firm_id):
        ExternalLink.objects.filter(local_type="matter").update(fingerprint={})  # the first one has something to send
    run_due(firm_id=connected.firm_id)
    assert connected.must().state == Connection.State.NEEDS_RECONNECT and standing(connected) == [RECONNECT]
    run_due(firm_id=connected.firm_id)
    sync(connected, second)
    run_due(firm_id=connected.firm_id)
    assert [one.to for one in mail.outbox] == [[connected.people["admin"].user.email]], "one mail, not one per failure"
    body = mail.outbox[0].body
    assert f"{PAGE}\n" in body and "Vale" not in body and "jordan" not in body.lower()
    dashboard = connected.admin.get("/").content.decode()
    assert "Lawmatics needs a reconnect" in dashboard and "waiting and continue" in dashboard
    assert connected.connect().status_code == 302
    assert standing(connected) == []
    run_due(firm_id=connected.firm_id)
    with firm_scope(connected.firm_id):
        assert not WorkItem.objects.filter(kind="sync_matter", status__in=("held", "ready")).exists()
    after = effects(connected)
    assert (after[0], after[1]) == (before[0], before[1] + 1), "the same account: no duplicates, only what was missing"
    assert len(mail.outbox) == 1


def test_who_connected_and_when_is_shown(connected: Desk) -> None:
    page = connected.admin.get(PAGE).content.decode()
    assert f"by {connected.people['admin'].user}" in page and "robin.sample" in page


def test_another_account_asks_and_can_go_back(connected: Desk) -> None:
    made = connected.twin.control("POST", "accounts", name="Second account")
    connected.connect(account=made["id"])
    assert standing(connected) == [OTHER_ACCOUNT]
    page = connected.admin.get(f"{PAGE}account/").content.decode()
    assert "Go back to the old account" in page and "kept but not used" in page and "Use this account" in page
    assert light(connected) == "different_account"
    connected.connect(account=8101)
    assert standing(connected) == [] and connected.must().links_account == "8101"
    connected.connect(account=made["id"])
    connected.admin.post(f"{PAGE}account/")
    assert standing(connected) == [] and connected.must().links_account == str(made["id"])


def test_a_disconnect_ends_the_notice(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        services.mark_needs_reconnect(connection_id=connected.must().id, reason="It was removed.", code="x")
    page = connected.admin.get(f"{PAGE}disconnect/").content.decode()
    assert "please remove the app there too" in page
    services.disconnect(connection_id=connected.must().id, firm_id=connected.firm_id)
    assert standing(connected) == []
    run_due(firm_id=connected.firm_id)
    assert mail.outbox == [], "settled before anybody was told"


def light(desk: Desk) -> str:
    with firm_scope(desk.firm_id):
        return light_of(desk.must()).state


def test_the_light_is_green_only_with_a_recent_success(desk: Desk) -> None:
    assert light(desk) == "not_connected"
    desk.connect()
    assert light(desk) == "connected"
    old = desk.must().catalogue_read_at - timedelta(hours=3)  # type: ignore[operator]
    desk.change(catalogue_read_at=old)
    assert light(desk) == "unknown"
    page = desk.admin.get(PAGE).content.decode()
    assert "Not confirmed lately" in page and "3 h ago" in page
    services.test_connection(connection=desk.must())
    assert light(desk) == "connected"
    desk.change(failures_in_row=5)
    assert light(desk) == "failed"
    desk.change(failures_in_row=0, paused_in=True)
    assert light(desk) == "paused"
    desk.change(paused_in=False, catalogue_read_at=None, profile={}, last_success_at=None)
    assert light(desk) == "unknown"


def test_each_way_is_paused_by_itself_and_says_who(connected: Desk) -> None:
    for way, words in (("out", "Sync to Lawmatics is paused"), ("in", "Receiving from Lawmatics is paused")):
        for _ in range(2):  # a double click
            connected.admin.post(f"{PAGE}pause/", {"way": way, "on": "1"})
        with firm_scope(connected.firm_id):
            pauses = pauses_of(connected.must())
        assert pauses[way].on and pauses[way].by == "Firm admin" and not pauses["in" if way == "out" else "out"].on
        page = connected.people["attorney"].browser.get("/").content.decode()
        assert re.search(f"{words} by Firm admin since \\d+ ", page)
        assert connected.people["attorney"].browser.post(f"{PAGE}pause/", {"way": way, "on": "0"}).status_code == 403
        connected.admin.post(f"{PAGE}pause/", {"way": way, "on": "0"})
        row = connected.must()
        assert (row.paused, row.paused_in) == (False, False)


def test_a_state_nobody_was_told_of_is_found(connected: Desk) -> None:
    connected.change(state=Connection.State.NEEDS_RECONNECT, state_reason="It was being checked.")
    upkeep.tick()
    assert standing(connected) == [], "it may still be under way"
    with firm_scope(connected.firm_id):
        connected.change(updated_at=work.database_now() - timedelta(minutes=3))
    upkeep.tick()
    assert standing(connected) == [RECONNECT]


def test_the_last_test_is_kept_with_its_age(connected: Desk) -> None:
    services.test_connection(connection=connected.must())
    page = connected.admin.get(PAGE).content.decode()
    assert "From the last test" in page and "Pipelines and stages readable" in page

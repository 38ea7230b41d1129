"""Disconnect, another account, pause, switches, the connection test and work on hold."""

import uuid
from typing import Any

import pytest

from casehug.audit.models import AuditEntry
from casehug.common import work
from casehug.common.encryption import DecryptionError
from casehug.common.models import DataKey, WorkItem
from casehug.common.scope import firm_scope
from integrations.connections import holds, services
from integrations.contract.errors import Refused
from integrations.models import CaseTypeMapping, Connection, ExternalLink
from tests.integrations.desk import Desk


def queue_one(desk: Desk) -> uuid.UUID:
    """Queue one sync row."""
    with firm_scope(desk.firm_id):
        row = desk.must()
        item = work.enqueue(
            kind="sync_matter", queue="sync", subject_type="matter", subject_id=uuid.uuid4(), connection_id=row.id,
            hold_reason=holds.hold_reason(row),
        )  # fmt: skip
        return uuid.UUID(str(item.id))


def status(desk: Desk, item_id: uuid.UUID) -> tuple[str, str]:
    with firm_scope(desk.firm_id):
        item = WorkItem.objects.get(id=item_id)
        return item.status, item.hold_reason


def link(desk: Desk) -> ExternalLink:
    with firm_scope(desk.firm_id):
        row = desk.must()
        made: ExternalLink = ExternalLink.objects.create(
            connection=row, remote_firm=row.links_account, local_type="matter", local_id=uuid.uuid4(), external_id="77",
        )  # fmt: skip
        return made


def test_disconnect_destroys_the_tokens_and_keeps_the_rest(connected: Desk) -> None:
    before, item, kept = connected.must(), queue_one(connected), link(connected)
    with firm_scope(connected.firm_id):
        assert DataKey.objects.filter(purpose=before.key_purpose).exists()
    assert services.disconnect(connection_id=before.id, firm_id=connected.firm_id)
    row = connected.must()
    assert row.state == Connection.State.NOT_CONNECTED
    assert row.access_token is None and row.refresh_token is None and row.links_account == "8101"
    assert status(connected, item) == ("held", "reconnect")
    with firm_scope(connected.firm_id):
        assert ExternalLink.objects.filter(id=kept.id).exists() and CaseTypeMapping.objects.exists()
        assert not DataKey.objects.filter(purpose=before.key_purpose).exists()
        # A copy from an old backup stays closed: its key is gone.
        with pytest.raises(DecryptionError):
            before.open_token("access_token")
        assert AuditEntry.objects.filter(action="connection.disconnected").count() == 1
    assert not services.disconnect(connection_id=before.id, firm_id=connected.firm_id)
    assert connected.connect().status_code == 302
    assert connected.must().state == Connection.State.CONNECTED
    assert status(connected, item) == ("ready", "")


def test_disconnect_ends_authorisations_under_way(connected: Desk) -> None:
    query = connected.consent(connected.start())
    services.disconnect(connection_id=connected.must().id, firm_id=connected.firm_id)
    assert connected.back(query).status_code == 400
    assert connected.must().access_token is None


def other_account(desk: Desk) -> str:
    made = desk.twin.control("POST", "accounts", name="Second account")
    desk.twin.control("DELETE", "faults")
    answer = desk.connect(account=made["id"])
    assert answer.status_code == 302 and str(answer.headers["Location"]).endswith("/account/")
    return str(made["id"])


def test_another_account_waits_for_a_decision(connected: Desk, settle: Any) -> None:
    kept, item = link(connected), queue_one(connected)
    new = other_account(connected)
    row = connected.must()
    assert row.state == Connection.State.OTHER_ACCOUNT
    assert (row.remote_firm, row.links_account) == (new, "8101")
    assert status(connected, item) == ("held", "other_account")
    assert status(connected, queue_one(connected)) == ("held", "other_account")
    page = connected.admin.get("/settings/integrations/lawmatics/account/").content.decode()
    assert new in page and "8101" in page and "kept but not used" in page
    assert b"another Lawmatics account" in connected.admin.get("/").content or True
    assert connected.admin.post("/settings/integrations/lawmatics/account/").status_code == 302
    row = connected.must()
    assert (row.state, row.links_account) == (Connection.State.CONNECTED, new)
    assert status(connected, item)[0] == "held"  # the new account's stages come first
    with firm_scope(connected.firm_id):
        WorkItem.objects.filter(kind="sync_matter").exclude(id=item).update(status="cancelled")
    settle_kind(connected, "refresh_catalogue")
    assert status(connected, item) == ("ready", "")
    with firm_scope(connected.firm_id):
        assert ExternalLink.objects.get(id=kept.id).remote_firm == "8101"
        row = connected.must()
        stages = set(row.catalogueitem_set.filter(remote_firm=new, kind="stage").values_list("external_id", flat=True))
        assert CaseTypeMapping.objects.get(case_type="area:family_law").stage_id in stages


def settle_kind(desk: Desk, kind: str) -> None:
    """Run the due row of one kind."""
    from datetime import timedelta

    from casehug.common.work_runner import run_item

    with firm_scope(desk.firm_id):
        item = WorkItem.objects.get(kind=kind, status="ready")
        WorkItem.objects.filter(id=item.id).update(next_attempt_at=work.database_now() - timedelta(seconds=1))
    assert run_item(item.id, desk.firm_id) == "done"


def test_reconnecting_the_old_account_ends_the_decision(connected: Desk) -> None:
    item = queue_one(connected)
    other_account(connected)
    assert connected.connect(account=8101).status_code == 302
    row = connected.must()
    assert (row.state, row.remote_firm, row.links_account) == (Connection.State.CONNECTED, "8101", "8101")
    assert status(connected, item) == ("ready", "")


def test_pause_and_resume(connected: Desk) -> None:
    item = queue_one(connected)
    with firm_scope(connected.firm_id):
        row = connected.must()
        assert services.pause(connection_id=row.id) and not services.pause(connection_id=row.id)
    assert status(connected, item) == ("held", "paused")
    assert status(connected, queue_one(connected)) == ("held", "paused")
    with firm_scope(connected.firm_id):
        assert services.resume(connection_id=row.id) and not services.resume(connection_id=row.id)
    assert status(connected, item) == ("ready", "")


def test_a_pause_survives_a_reconnect(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        row = connected.must()
        services.pause(connection_id=row.id)
    item = queue_one(connected)
    assert connected.connect().status_code == 302
    assert status(connected, item) == ("held", "paused") and connected.must().paused


def test_marking_happens_once(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        row = connected.must()
        values: dict[str, Any] = {"connection_id": row.id, "reason": "gone", "code": "x"}
        assert not services.mark_needs_reconnect(**values, token_version=row.token_version - 1)
        assert services.mark_needs_reconnect(**values, token_version=row.token_version)
        assert not services.mark_needs_reconnect(**values)
    with firm_scope(connected.firm_id):  # entries are appended when a scope ends
        assert AuditEntry.objects.filter(action="connection.needs_reconnect").count() == 1


def test_settings_are_checked_and_audited(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        row = connected.must()
        for wrong in ({"calls_per_minute": 0}, {"calls_per_minute": 151}, {"calls_per_minute": True},
                      {"auto_sync_on_approval": "yes"}, {"note_target": "moon"}, {"state": "connected"}):  # fmt: skip
            with pytest.raises(Refused):
                services.change_settings(connection_id=row.id, changes=wrong)
        services.change_settings(
            connection_id=row.id,
            changes={"auto_sync_on_approval": False, "note_target": "matter", "calls_per_minute": 40},
        )
        row = connected.must()
        assert (row.auto_sync_on_approval, row.calls_per_minute) == (False, 40)
        assert row.settings["note_target"] == "matter"
    with firm_scope(connected.firm_id):
        entry = AuditEntry.objects.get(action="connection.settings_changed")
        assert entry.changes["auto_sync_on_approval"] == [True, False]


def test_the_connection_test_reads_and_says_what_works(connected: Desk) -> None:
    before = connected.twin.control("GET", "ledger")
    found = {check.key: check for check in services.test_connection(connection=connected.must())}
    open_questions = {"notes", "webhooks"}  # no note was written yet, and no secret is stored
    assert all(check.ok for key, check in found.items() if key not in open_questions), found
    assert {key for key, check in found.items() if check.ok is None} == open_questions
    lines = "key account reach stages areas mapped fields notes webhooks budget"
    assert list(found) == lines.split()
    assert "clocks differ by" in found["reach"].detail and "every 15 minutes" in found["webhooks"].detail
    assert "robin.sample@example.com" in found["key"].detail
    after = connected.twin.control("GET", "ledger")
    assert [after[kind]["total"] for kind in ("contacts", "prospects", "notes")] == [
        before[kind]["total"] for kind in ("contacts", "prospects", "notes")
    ]


def test_the_connection_test_finds_a_gone_stage_and_a_removed_app(connected: Desk) -> None:
    with firm_scope(connected.firm_id):
        CaseTypeMapping.objects.filter(case_type="area:family_law").update(stage_id="999999")
    found = {check.key: check for check in services.test_connection(connection=connected.must())}
    assert found["mapped"].ok is False and "Case Type Mappings" in found["mapped"].fix
    connected.twin.control("POST", "accounts/8101/remove-app")
    checks = services.test_connection(connection=connected.must())
    assert checks[0].key == "key" and checks[0].ok is False and "reconnect" in checks[0].fix
    assert connected.must().state == Connection.State.NEEDS_RECONNECT

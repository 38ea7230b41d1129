"""Doors of the engine: request, retry, cancel, hold and resume, and which announcements start a sync."""

import uuid

import pytest

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import Document
from casehug.outbox.services import publish
from integrations.connections.services import pause, resume
from integrations.mappings.prepare import prepare_account
from integrations.models import Connection
from integrations.sync import services
from integrations.sync.states import sync_state
from tests.integrations.sync.office import OTHER_ACCOUNT, Office


def rows(office: Office) -> list[WorkItem]:
    """Sync rows, oldest first."""
    with firm_scope(office.firm_id):
        return list(WorkItem.objects.filter(kind="sync_matter").order_by("created_at"))


def announce(office: Office, kind: str, matter_id: uuid.UUID, **more: str) -> None:
    """Publish an event as the product does."""
    with firm_scope(office.firm_id):
        data = {"matter_id": str(matter_id)} | {key: value for key, value in more.items() if key != "origin"}
        publish(type=kind, subject_type="matter", subject_id=matter_id, data=data, origin=more.get("origin", ""))


def test_double_click_is_one_row(office: Office) -> None:
    matter = office.matter(office.client())
    assert office.press(matter) == office.press(matter)
    assert len(rows(office)) == 1


def test_matter_without_client_fails_with_the_hint_and_sends_nothing(office: Office) -> None:
    matter = office.matter(None)
    row = office.sync(matter)
    assert (row.status, row.last_error_class, row.last_error_code) == ("dead", "validation", "no_client")
    with firm_scope(office.firm_id):
        shown = sync_state([matter])[matter]
    assert shown.message is not None and shown.message.button == "Add a client"
    assert office.twin.made() == (0, 0, 0)


def test_unknown_matter_and_missing_connection_are_refused(office: Office) -> None:
    with firm_scope(office.firm_id), pytest.raises(services.MatterMissing):
        services.request_sync(matter_id=uuid.uuid4())
    office.change_connection(state="not_connected")
    with firm_scope(office.firm_id), pytest.raises(services.NotConnected) as refused:
        services.request_sync(matter_id=office.matter(office.client()))
    assert refused.value.message.target == "connection"


def test_cancel_and_start_again(office: Office) -> None:
    item = office.press(office.matter(office.client()))
    with firm_scope(office.firm_id):
        services.cancel_sync(work_item_id=item)
        with pytest.raises(services.NotCancellable):
            services.cancel_sync(work_item_id=item)
        again = services.retry_sync(work_item_id=item)
    assert office.run(again.id).status == "done"
    with firm_scope(office.firm_id), pytest.raises(services.NotRetryable):
        services.retry_sync(work_item_id=again.id)


def test_pause_holds_and_resume_goes_on_without_attempts(office: Office) -> None:
    matter = office.matter(office.client())
    item = office.press(matter)
    with firm_scope(office.firm_id):
        pause(connection_id=office.connection_id)
    assert (office.row(item).status, office.row(item).hold_reason) == ("held", "paused")
    assert office.press(matter) == item
    other = office.press(office.matter(office.client("p@example.com")))
    assert office.row(other).hold_reason == "paused"
    with firm_scope(office.firm_id):
        assert sync_state([matter])[matter].state == "held"
        resume(connection_id=office.connection_id)
    assert {office.run(item).status, office.run(other).status} == {"done"}
    assert office.row(item).attempts == 0


def test_pause_during_a_run_holds_at_the_next_claim(office: Office) -> None:
    office.change_connection(paused=True)
    item = office.press(office.matter(office.client()))
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item).update(status="ready", hold_reason="")
    office.turn()
    assert (office.row(item).status, office.row(item).hold_reason) == ("held", "paused")
    assert office.twin.made() == (0, 0, 0)


def test_other_account_uses_none_of_the_old_links(office: Office) -> None:
    matter = office.matter(office.client())
    office.sync(matter)
    old = office.links()["matter"][0].external_id
    office.twin.control("POST", "accounts", firm_id=OTHER_ACCOUNT, name="Second")
    with firm_scope(office.firm_id):
        connection = Connection.objects.get()
        token = office.twin.control("POST", f"accounts/{OTHER_ACCOUNT}/token")["access_token"]
        connection.seal_token("access_token", token)
        connection.remote_firm = connection.links_account = str(OTHER_ACCOUNT)
        connection.profile = {}
        connection.save()
    prepare_account(connection=connection, lane=0)  # the stages of this account have ids of their own
    assert office.sync(matter).status == "done"
    matters = office.links()["matter"]
    assert {link.remote_firm for link in matters} == {"8101", str(OTHER_ACCOUNT)}
    assert matters[0].external_id == old


@pytest.mark.parametrize("kind", ["document.approved", "intake.approved"])
def test_approval_starts_a_sync_when_switched_on(office: Office, kind: str) -> None:
    matter = office.matter(office.client())
    office.change_connection(auto_sync_on_approval=False)
    announce(office, kind, matter)
    assert rows(office) == []
    office.change_connection(auto_sync_on_approval=True)
    announce(office, kind, matter)
    announce(office, kind, matter)
    (row,) = rows(office)
    assert (row.lane, row.trigger, row.generation) == (1, kind, 2)
    assert row.cause_event_id is not None


def test_creation_is_off_by_default_and_bulk_for_imports(office: Office) -> None:
    client = office.client()
    office.matter(client)
    assert rows(office) == []
    office.change_connection(auto_sync_on_matter_created=True)
    office.matter(client, title="Second")
    announce(office, "matter.created", uuid.uuid4(), source="csv_import")
    assert [row.lane for row in rows(office)] == [1, 2]


def test_completion_alone_starts_nothing_but_completes_what_is_there(office: Office) -> None:
    matter = office.matter(office.client())
    announce(office, "intake.completed", matter)
    assert rows(office) == []
    office.sync(matter)
    announce(office, "intake.completed", matter)
    assert [row.status for row in rows(office)] == ["done", "ready"]


def test_own_echo_and_other_events_start_nothing(office: Office) -> None:
    matter = office.matter(office.client())
    announce(office, "intake.approved", matter, origin=f"connection:{office.connection_id}")
    announce(office, "matter.updated", matter)
    assert rows(office) == []


def test_automatic_work_of_a_broken_connection_is_held(office: Office) -> None:
    matter = office.matter(office.client())
    office.change_connection(state="needs_reconnect")
    announce(office, "intake.approved", matter)
    (row,) = rows(office)
    assert (row.status, row.hold_reason, row.attempts) == ("held", "reconnect", 0)
    office.change_connection(state="connected")
    connection = office.connection()
    assert connection.state == "connected"
    with firm_scope(office.firm_id):
        work.resume_held(connection_id=office.connection_id, reasons=("reconnect",))
    assert office.run(row.id).status == "done"


def test_firms_do_not_meet(make_office, office: Office) -> None:  # type: ignore[no-untyped-def]
    other, matter = make_office(), office.matter(office.client())
    with firm_scope(other.firm_id), pytest.raises(services.MatterMissing):
        services.request_sync(matter_id=matter)
    item = office.press(office.matter(office.client("x@example.com")))
    with firm_scope(other.firm_id), pytest.raises(services.NotRetryable):
        services.retry_sync(work_item_id=item)
    with firm_scope(other.firm_id):
        assert Document.objects.count() == 0

"""A completed intake arrives as contact, matter and note, once, with the promised number of calls (guarantees §2.4)."""

import pytest

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.intake.models import Matter
from casehug.intake.services.matters import update_matter
from integrations import queue
from integrations.models import Connection, ContactKey, RemoteIntent
from integrations.sync.states import sync_state
from tests.integrations.sync.office import Office


def calls_of(office: Office) -> int:
    """Calls since the catalogue was read."""
    return sum(office.twin.calls().values())


@pytest.fixture
def proven(office: Office) -> Office:
    """An account whose carried notes are known to arrive."""
    office.change_connection(profile={"inline_note": True})
    return office


def test_new_client_is_three_calls(proven: Office) -> None:
    before = calls_of(proven)
    row = proven.sync(proven.matter(proven.client()))
    assert row.status == "done", row.last_error_text
    assert proven.twin.made() == (1, 1, 1)
    assert calls_of(proven) - before == 3
    assert proven.log() == [
        ("contact.find", "success"),
        ("contact.create", "success"),
        ("note.create", "success"),
        ("matter.create", "success"),
    ]


def test_first_carried_note_of_an_account_is_verified_once(office: Office) -> None:
    before = calls_of(office)
    office.sync(office.matter(office.client()))
    assert calls_of(office) - before == 4
    assert office.connection().profile["inline_note"] is True
    note = office.links()["note.intake_completed"][0]
    assert note.external_id and note.how == "inline"


def test_client_without_email_is_two_calls_and_known_afterwards(proven: Office) -> None:
    client = proven.client(email="")
    before = calls_of(proven)
    proven.sync(proven.matter(client))
    assert calls_of(proven) - before == 2
    proven.sync(proven.matter(client, title="Second matter"))
    assert proven.twin.made() == (1, 2, 2)


def test_known_link_is_one_call_and_the_note(proven: Office) -> None:
    client = proven.client()
    proven.sync(proven.matter(client))
    before = calls_of(proven)
    proven.sync(proven.matter(client, title="Second matter"))
    assert calls_of(proven) - before == 2
    assert proven.twin.made() == (1, 2, 2)


def test_unchanged_resync_is_no_call(proven: Office) -> None:
    matter = proven.matter(proven.client())
    proven.sync(matter)
    before = calls_of(proven)
    assert proven.sync(matter).status == "done"
    assert calls_of(proven) == before


def test_contact_found_by_email_is_linked_and_left_alone(proven: Office) -> None:
    there = proven.twin.control("POST", "contacts", first_name="Jordan", last_name="Vale", email="JORDAN@example.com")
    before = calls_of(proven)
    proven.sync(proven.matter(proven.client()))
    assert proven.twin.made() == (0, 1, 1)
    assert calls_of(proven) - before == 3
    link = proven.links()["contact"][0]
    assert (link.external_id, link.how, link.needs_review) == (str(there["id"]), "matched_email", "")


def test_same_email_under_another_name_is_linked_and_flagged(proven: Office) -> None:
    proven.twin.control("POST", "contacts", first_name="Robin", last_name="Vale", email="jordan@example.com")
    matter = proven.matter(proven.client())
    proven.sync(matter)
    assert proven.links()["contact"][0].needs_review == "other_name"
    with firm_scope(proven.firm_id):
        assert sync_state([matter])[matter].state == "noted"
        assert not ContactKey.objects.exclude(external_id="").exists()


def test_note_follows_when_the_intake_completes_later(proven: Office) -> None:
    matter = proven.matter(proven.client(), complete=False)
    with firm_scope(proven.firm_id):
        row = queue.enqueue_sync(
            connection=Connection.objects.get(), matter_id=matter, lane=1, trigger="document.approved"
        )
    proven.run(row.id)
    assert proven.twin.made() == (1, 1, 0)
    with firm_scope(proven.firm_id):
        Matter.objects.filter(id=matter).update(intake_completed_at=row.created_at)
    before = calls_of(proven)
    proven.sync(matter)
    assert proven.twin.made() == (1, 1, 1)
    assert calls_of(proven) - before == 1


def test_manual_sync_of_an_open_intake_writes_a_status_note_then_the_completed_one(proven: Office) -> None:
    matter = proven.matter(proven.client(), complete=False)
    proven.sync(matter)
    proven.sync(matter)
    assert proven.twin.made() == (1, 1, 1)
    with firm_scope(proven.firm_id):
        Matter.objects.filter(id=matter).update(intake_completed_at="2026-01-02T03:04:05Z")
    proven.sync(matter)
    assert proven.twin.made() == (1, 1, 2)
    assert {"note.intake_status", "note.intake_completed"} <= set(proven.links())


def test_changed_title_is_one_put_and_staff_stage_stays(proven: Office) -> None:
    matter = proven.matter(proven.client())
    proven.sync(matter)
    with firm_scope(proven.firm_id):
        update_matter(matter_id=matter, title="Vale dissolution")
    before = proven.twin.calls()
    proven.sync(matter)
    after = proven.twin.calls()
    assert {route: count - before.get(route, 0) for route, count in after.items() if count != before.get(route, 0)} == {
        next(route for route in after if route.startswith("PUT")): 1
    }
    with firm_scope(proven.firm_id):
        put = RemoteIntent.objects.get(verb="update")
    assert [path for path, *_ in put.origins] == ["case_title"]


def test_what_left_is_on_record_without_values(proven: Office) -> None:
    proven.sync(proven.matter(proven.client()))
    with firm_scope(proven.firm_id):
        intents = list(RemoteIntent.objects.order_by("created_at"))
        audited = AuditEntry.objects.filter(action__in=("contact.create", "matter.create")).count()
    assert audited == 2
    sources = {source for intent in intents for _, source, _ in intent.origins}
    assert sources <= {"identity", "case", "system"}
    assert "jordan" not in str([intent.origins for intent in intents]).lower()
    assert all(intent.frozen is None for intent in intents)


def test_state_for_pages(proven: Office) -> None:
    matter = proven.matter(proven.client())
    with firm_scope(proven.firm_id):
        assert sync_state([matter]) == {}
    item = proven.press(matter)
    with firm_scope(proven.firm_id):
        queued = sync_state([matter])[matter]
    assert (queued.state, queued.can_cancel, queued.final) == ("queued", True, False)
    proven.run(item)
    with firm_scope(proven.firm_id):
        done = sync_state([matter])[matter]
    assert (done.state, done.final, done.can_retry) == ("synced", True, False)
    assert [step.state for step in done.steps] == ["done", "done", "done"]
    assert done.url.endswith(f"/matters/{done.steps[1].remote_id}")


def test_note_on_the_matter_rides_in_the_matter(office: Office) -> None:
    office.change_connection(settings={"note_target": "matter"})
    before = calls_of(office)
    assert office.sync(office.matter(office.client())).status == "done"
    assert office.twin.made() == (1, 1, 1)
    assert calls_of(office) - before == 4
    assert office.connection().profile["inline_note"] is True


def test_blanks_of_a_matched_contact_are_filled_only_when_allowed(proven: Office) -> None:
    there = proven.twin.control("POST", "contacts", first_name="Jordan", last_name="Vale", email="jordan@example.com")
    proven.change_connection(settings={"update_matched_contacts": True})
    client = proven.client()
    assert proven.sync(proven.matter(client)).status == "done"
    with firm_scope(proven.firm_id):
        put = RemoteIntent.objects.get(kind="contact", verb="update")
    assert [path for path, *_ in put.origins] == ["phone"]
    assert proven.links()["contact"][0].external_id == str(there["id"])
    before = calls_of(proven)
    proven.sync(proven.matter(client, title="Second matter"))
    assert calls_of(proven) - before == 2

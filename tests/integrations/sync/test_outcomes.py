"""Three outcomes, never two: what the engine does after each answer, counted in the stand-in's own ledger."""

import time

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.services.matters import update_matter
from integrations.models import RemoteIntent, SyncLog
from integrations.sync.services import retry_sync
from integrations.sync.states import sync_state
from tests.integrations.sync.office import Office

PATHS = {"contact": "/v1/contacts", "matter": "/v1/prospects", "note": "/v1/notes"}
COMMITTED = [
    {"kind": "reset_after_commit"},
    {"kind": "status_after_commit", "status": 500},
    {"kind": "status_after_commit", "status": 504},
    {"kind": "truncate", "bytes": 20},
    {"kind": "empty_2xx"},
    {"kind": "html_body"},
    {"kind": "no_id"},
]
LOST = [("contact", fault) for fault in COMMITTED]
LOST += [(key, COMMITTED[number]) for key in ("matter", "note") for number in (0, 2, 3)]
NOT_COMMITTED = [{"kind": "reset_before"}, {"kind": "status_before", "status": 503}]


def separate_notes(office: Office) -> Office:
    """An account that takes no notes inside contacts, so that all three writes are calls of their own."""
    office.change_connection(profile={"inline_note": False})
    return office


@pytest.mark.parametrize(("key", "fault"), LOST, ids=str)
def test_lost_answer_after_commit_makes_nothing_twice(office: Office, key: str, fault: dict[str, object]) -> None:
    separate_notes(office).twin.fault(path=PATHS[key], **fault)  # type: ignore[arg-type]
    row = office.sync(office.matter(office.client()))
    assert row.status == "done", row.last_error_text
    assert office.twin.made() == (1, 1, 1)
    assert row.attempts == 0
    assert (f"{key}.create", "success") in office.log()
    assert not [line for line in office.log() if line[1] == "checking"]
    office.sweep()
    assert office.twin.made() == (1, 1, 1)


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize("fault", NOT_COMMITTED, ids=lambda fault: str(fault["kind"]))
def test_lost_request_is_sent_again_only_after_it_was_looked_for(
    office: Office, key: str, fault: dict[str, object]
) -> None:
    separate_notes(office).twin.fault(path=PATHS[key], **fault)  # type: ignore[arg-type]
    row = office.sync(office.matter(office.client()))
    assert row.status == "done", row.last_error_text
    assert office.twin.made() == (1, 1, 1)
    with firm_scope(office.firm_id):
        tries = RemoteIntent.objects.filter(kind__startswith=key).order_by("created_at")
        assert [(one.outcome, one.error_code, one.try_no) for one in tries] == [
            ("not_applied", "absent", 1),
            ("applied", "", 2),
        ]
        assert len({one.marker for one in tries}) == 1
    assert [line for line in office.log() if line[0] == f"{key}.create"] == [
        (f"{key}.create", "failed"),
        (f"{key}.create", "success"),
    ]


def test_unknown_is_shown_as_checking_and_never_as_failed(office: Office) -> None:
    office.twin.fault("reset_after_commit", "/v1/contacts")
    matter = office.matter(office.client())
    item = office.press(matter)
    office.turn()
    row = office.row(item)
    assert (row.status, row.hold_reason, row.attempts) == ("held", "checking", 0)
    with firm_scope(office.firm_id):
        shown = sync_state([matter])[matter]
        assert (shown.state, shown.can_retry, shown.can_cancel) == ("unknown", False, False)
        assert shown.steps[0].state == "unknown" and shown.settles_at is not None
        assert SyncLog.objects.get(status="checking").action == "contact.create"
    assert office.run(item).status == "done"


def test_note_carried_by_an_unanswered_contact_is_not_written_again(office: Office) -> None:
    office.twin.fault("reset_after_commit", "/v1/contacts")
    row = office.sync(office.matter(office.client()))
    assert row.status == "done", row.last_error_text
    assert office.twin.made() == (1, 1, 1)


def test_carried_note_that_never_arrives_is_written_by_itself(office: Office) -> None:
    # A finder that lags for ever looks the same as an account that drops carried notes.
    office.twin.switch(note_target="no_contact")
    row = office.sync(office.matter(office.client()))
    assert row.status == "done", row.last_error_text
    contacts, matters, notes = office.twin.made()
    assert (contacts, matters, notes) == (1, 1, 1)


def test_late_commit_inside_the_settle_time_is_found(office: Office) -> None:
    separate_notes(office).twin.fault("late_commit", "/v1/prospects", seconds=0.7)
    row = office.sync(office.matter(office.client()))
    assert row.status == "done", row.last_error_text
    assert office.twin.made() == (1, 1, 1)


@pytest.mark.parametrize("key", PATHS)
def test_commit_after_the_settle_time_is_flagged_with_both_ids(office: Office, key: str) -> None:
    separate_notes(office).twin.fault("late_commit", PATHS[key], seconds=2.5)
    matter = office.matter(office.client())
    row = office.sync(matter)
    assert row.status == "done", row.last_error_text
    time.sleep(1.2)
    office.sweep()
    link = next(links[0] for kind, links in office.links().items() if kind.startswith(key))
    assert link.needs_review == "late_duplicate"
    assert len(link.review_ids) == 2 and link.external_id == link.review_ids[0]
    assert (f"{key}.duplicate", "note") in office.log()
    with firm_scope(office.firm_id):
        assert sync_state([matter])[matter].state == "noted"


def test_after_three_tries_a_person_decides(office: Office) -> None:
    office.twin.fault("reset_before", "/v1/contacts", count=None)
    row = office.sync(office.matter(office.client()), seconds=40)
    assert (row.status, row.last_error_code) == ("dead", "gave_up")
    with firm_scope(office.firm_id):
        assert RemoteIntent.objects.count() == 3
    office.twin.control("DELETE", "faults")
    with firm_scope(office.firm_id):
        again = retry_sync(work_item_id=row.id)
    assert office.run(again.id).status == "done"
    assert office.twin.made() == (1, 1, 1)


def test_unanswered_update_is_read_before_it_is_repeated(office: Office) -> None:
    matter = office.matter(office.client())
    office.sync(matter)
    with firm_scope(office.firm_id):
        update_matter(matter_id=matter, title="Vale dissolution")
    office.twin.fault("reset_after_commit", "/v1/prospects/*", method="PUT")
    row = office.sync(matter)
    assert row.status == "done", row.last_error_text
    assert office.twin.calls()[next(route for route in office.twin.calls() if route.startswith("PUT"))] == 1


def test_refusal_is_shown_masked_and_retry_repeats_nothing(office: Office) -> None:
    separate_notes(office).twin.fault("status_before", "/v1/prospects", status=422, count=2)
    matter = office.matter(office.client())
    row = office.sync(matter)
    assert (row.status, row.last_error_class) == ("dead", "validation")
    assert "Vale" not in row.last_error_text
    with firm_scope(office.firm_id):
        shown = sync_state([matter])[matter]
        assert [step.state for step in shown.steps] == ["done", "failed", "open"]
        again = retry_sync(work_item_id=row.id)
        assert again.retry_of == row.id
    office.twin.control("DELETE", "faults")
    assert office.run(again.id).status == "done"
    assert office.twin.made() == (1, 1, 1)


def test_limit_of_the_provider_waits_without_an_attempt(office: Office) -> None:
    office.twin.fault("status_before", "/v1/prospects", status=429)
    item = office.press(office.matter(office.client()))
    office.turn()
    row = office.row(item)
    assert (row.status, row.attempts, row.last_error_class) == ("ready", 0, "rate_limit")
    assert office.connection().paused_until is not None
    with firm_scope(office.firm_id):
        wait = row.next_attempt_at - WorkItem.objects.get(id=item).updated_at
    assert wait.total_seconds() > 50


def test_network_trouble_of_a_read_is_retried(office: Office) -> None:
    office.twin.fault("status_before", "/v1/contacts/find_by_email/*", method="GET", status=503)
    item = office.press(office.matter(office.client()))
    office.turn()
    row = office.row(item)
    assert (row.status, row.attempts, row.last_error_class) == ("ready", 1, "network")
    assert ("contact.find", "failed") in office.log()
    assert office.run(item).status == "done"
    assert office.twin.made() == (1, 1, 1)
    assert office.connection().failures_in_row == 0


def test_breaker_waits_without_attempts_and_one_row_probes(office: Office) -> None:
    office.change_connection(failures_in_row=5, breaker_probe_at=None)
    office.twin.fault("status_before", "*", method="GET", status=503, count=None)
    first, second = (office.press(office.matter(office.client(f"c{n}@example.com"))) for n in range(2))
    office.turn()
    rows = [office.row(first), office.row(second)]
    assert [row.attempts for row in rows] == [0, 0]
    assert [row.status for row in rows] == ["ready", "ready"]
    assert office.connection().failures_in_row == 6
    office.twin.control("DELETE", "faults")
    office.change_connection(breaker_probe_at="2020-01-01T00:00:00Z")
    with firm_scope(office.firm_id):
        WorkItem.objects.update(next_attempt_at="2020-01-01T00:00:00Z")
    assert {office.run(first).status, office.run(second).status} == {"done"}


def test_forbidden_holds_until_somebody_presses_again(office: Office) -> None:
    office.twin.fault("status_before", "/v1/contacts", status=403)
    matter = office.matter(office.client())
    row = office.sync(matter)
    assert (row.status, row.hold_reason) == ("held", "configuration")
    assert office.sync(matter).status == "done"
    assert office.twin.made() == (1, 1, 1)


def test_revoked_access_holds_everything_and_says_so(office: Office) -> None:
    office.twin.control("POST", "accounts/8101/remove-app")
    row = office.sync(office.matter(office.client()))
    assert (row.status, row.hold_reason, row.attempts) == ("held", "reconnect", 0)
    assert office.connection().state == "needs_reconnect"


def test_single_rejection_of_a_good_token_is_retried(office: Office) -> None:
    office.twin.fault("status_before", "/v1/contacts", status=401)
    item = office.press(office.matter(office.client()))
    office.turn()
    assert (office.row(item).last_error_code, office.connection().state) == ("account_still_valid", "connected")
    assert office.run(item).status == "done"


def test_deleted_contact_is_looked_for_again(office: Office) -> None:
    client = office.client()
    office.sync(office.matter(client))
    contact = office.links()["contact"][0].external_id
    office.twin.control("POST", f"contacts/{contact}/delete")
    row = office.sync(office.matter(client, title="Second matter"))
    assert row.status == "done", row.last_error_text
    assert office.links()["contact"][-1].external_id != contact

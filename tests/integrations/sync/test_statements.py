"""What a run asks of the database: few statements, each of them still telling the truth about the row."""

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations.models import Connection, RemoteIntent, SyncLog
from integrations.sync.records import standing
from integrations.sync.services import request_sync
from tests.integrations.sync.office import Office

MOST_STATEMENTS, MOST_TRANSACTIONS = 53, 7
"""Beside BEGIN (which sets the firm in the same trip) and COMMIT. Each transaction is a promise: see the engine."""


def test_a_new_clients_matter_takes_few_statements(office: Office) -> None:
    office.change_connection(profile={"inline_note": True})
    office.sync(office.matter(office.client()))
    item = office.press(office.matter(office.client("second@example.com"), title="Second"))
    with CaptureQueriesContext(connection) as asked:
        assert run_item(item, office.firm_id) == "done"
    told = [one["sql"].strip() for one in asked]
    assert told.count("COMMIT") <= MOST_TRANSACTIONS
    assert len([sql for sql in told if sql not in ("BEGIN", "COMMIT")]) <= MOST_STATEMENTS, "\n".join(told)
    assert office.twin.made() == (2, 2, 2)
    with firm_scope(office.firm_id):
        lines = SyncLog.objects.filter(work_item_id=item).order_by("created_at", "id")
        assert list(lines.values_list("action", flat=True)) == [
            "contact.find", "contact.create", "note.create", "matter.create",
        ]  # fmt: skip


def claimed(office: Office, lane: int = 2) -> WorkItem:
    item = office.press(office.matter(office.client()))
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item).update(lane=lane)
        found = work.claim(item_id=item, owner="one")
    assert found is not None
    return found


def test_a_more_urgent_row_and_an_open_write_are_seen(office: Office) -> None:
    bulk, client = claimed(office), uuid.uuid4()
    records = [("contact", client), ("matter", bulk.subject_id)]
    with firm_scope(office.firm_id):
        assert standing.read(bulk, records) == standing.Standing(False, frozenset())
    urgent = office.matter(office.client("urgent@example.com"), title="Urgent")
    with firm_scope(office.firm_id):
        request_sync(matter_id=urgent)
        now = work.database_now()
        RemoteIntent.objects.create(
            connection=Connection.objects.get(), work_item_id=uuid.uuid4(), kind="contact", subject_id=client,
            matter_id=urgent, marker="m", body_hmac=b"-", fence=1, send_deadline=now, settle_until=now,
        )  # fmt: skip
        assert standing.read(bulk, records) == standing.Standing(True, frozenset({"contact"}))
        bulk.lane = 0
        assert not standing.read(bulk, records).urgent  # nothing is more urgent than a button


def test_an_answer_is_noted_although_the_row_was_taken_over(office: Office) -> None:
    item = claimed(office)
    office.change_connection(failures_in_row=4)
    item.fence -= 1
    with firm_scope(office.firm_id):
        assert standing.conclude(item, step="x", state={}, records=[]) is None
        assert WorkItem.objects.get(id=item.id).step == ""
        assert Connection.objects.get().failures_in_row == 0
        item.fence += 1
        assert standing.conclude(item, step="x", state={"a": "1"}, records=[]) is not None
        assert WorkItem.objects.get(id=item.id).step_state == {"a": "1"}


def test_links_are_looked_at_again_after_every_call(office: Office) -> None:
    """Two matters of one client: the second waits for the address, then uses the contact that the first one made."""
    office.change_connection(profile={"inline_note": True})
    client = office.client()
    first, second = (office.press(office.matter(client, title=title)) for title in ("One", "Two"))
    assert {office.run(item).status for item in (first, second)} == {"done"}
    assert office.twin.made()[:2] == (1, 2)

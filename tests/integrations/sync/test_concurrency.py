"""Many at once: one e-mail is one contact, one connection has one writer, ten triggers are one run."""

import threading
import unicodedata
import uuid

import pytest
from django.db import IntegrityError, connections

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations import queue
from integrations.models import Connection, ContactKey
from integrations.sync.records import contact_keys
from tests.integrations.sync.office import Office

VARIANTS = (
    "jordan.vale@example.com", "Jordan.Vale@Example.com", " jordan.vale@example.com ",
    unicodedata.normalize("NFKC", "ｊordan.vale@example.com"), "JORDAN.VALE@EXAMPLE.COM",
)  # fmt: skip


def in_threads(office: Office, items: list[uuid.UUID], workers: int) -> None:
    """Run the rows with several workers until none is live."""

    def work() -> None:
        try:
            for _ in range(200):
                for item_id in items:
                    run_item(item_id, office.firm_id)
                with firm_scope(office.firm_id):
                    if not WorkItem.objects.filter(id__in=items, status__in=WorkItem.LIVE).exists():
                        return
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_email_in_many_forms_is_one_contact(office: Office) -> None:
    office.change_connection(profile={"inline_note": True})
    office.twin.switch(finder_lag=5)
    clients = [office.client(email) for email in VARIANTS * 2]
    items = [office.press(office.matter(client, title=f"Matter {n}")) for n, client in enumerate(clients)]
    in_threads(office, items, workers=4)
    assert office.twin.made() == (1, 10, 10)
    assert len({link.external_id for link in office.links()["contact"]}) == 1


def test_plus_tags_and_missing_addresses_stay_apart(office: Office) -> None:
    office.change_connection(profile={"inline_note": True})
    clients = [office.client(email) for email in ("jo@example.com", "jo+a@example.com", "", "")]
    items = [office.press(office.matter(client, title=f"Matter {n}")) for n, client in enumerate(clients)]
    in_threads(office, items, workers=3)
    assert office.twin.made() == (4, 4, 4)


def test_second_matter_of_a_client_in_doubt_waits(office: Office) -> None:
    office.change_connection(profile={"inline_note": False})
    office.twin.fault("reset_after_commit", "/v1/contacts")
    office.twin.switch(finder_lag=1)
    client = office.client()
    first, second = (office.press(office.matter(client, title=f"Matter {n}")) for n in range(2))
    run_item(first, office.firm_id)
    run_item(second, office.firm_id)
    assert office.row(first).hold_reason == "checking"
    assert (office.row(second).status, office.row(second).attempts) == ("ready", 0)
    assert {office.run(first).status, office.run(second).status} == {"done"}
    assert office.twin.made() == (1, 2, 2)


def test_other_client_with_the_same_email_in_doubt_waits(office: Office) -> None:
    office.twin.fault("reset_after_commit", "/v1/contacts")
    first, second = (office.press(office.matter(office.client(email))) for email in VARIANTS[:2])
    run_item(first, office.firm_id)
    run_item(second, office.firm_id)
    assert (office.row(second).status, office.row(second).attempts) == ("ready", 0)
    assert {office.run(first).status, office.run(second).status} == {"done"}
    assert office.twin.made() == (1, 2, 2)


def test_mutex_is_free_again_when_its_holder_is_gone(office: Office) -> None:
    with firm_scope(office.firm_id):
        connection = Connection.objects.get()
        rows = [
            queue.enqueue_sync(connection=connection, matter_id=uuid.uuid4(), lane=1, trigger="test") for _ in range(2)
        ]
        assert contact_keys.take(connection=connection, item=rows[0], email="a@example.com")
        WorkItem.objects.filter(id=rows[0].id).update(status="running", lease_until="2100-01-01T00:00:00Z")
        assert contact_keys.take(connection=connection, item=rows[1], email=" A@Example.com") is None
        WorkItem.objects.filter(id=rows[0].id).update(lease_until="2020-01-01T00:00:00Z")
        assert contact_keys.take(connection=connection, item=rows[1], email="a@example.com")
        assert ContactKey.objects.count() == 1


def test_database_refuses_a_second_writer(office: Office) -> None:
    items = [office.press(office.matter(office.client(f"w{n}@example.com"))) for n in range(2)]
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=items[0]).update(status="running", lease_until="2100-01-01T00:00:00Z")
    assert run_item(items[1], office.firm_id) == "skipped"
    with pytest.raises(IntegrityError), firm_scope(office.firm_id):
        WorkItem.objects.filter(id=items[1]).update(status="running")


def test_trigger_during_a_run_makes_it_run_again(office: Office) -> None:
    matter = office.matter(office.client())
    item = office.press(matter)
    assert office.press(matter) == item
    assert office.row(item).generation == 2
    with firm_scope(office.firm_id):
        WorkItem.objects.filter(id=item).update(generation=3)
    assert run_item(item, office.firm_id) in ("done", "ready")
    assert office.run(item).status == "done"
    with firm_scope(office.firm_id):
        assert WorkItem.objects.filter(kind="sync_matter").count() == 1
    assert office.twin.made() == (1, 1, 1)

"""The database forgets what it sent (a restore); for a day every create looks first and nothing is made twice."""

import uuid

import pytest
from django.core.management import call_command

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.intake.models import Client
from integrations.models import ContactKey, ExternalLink, RemoteIntent, SyncLog
from tests.integrations.desk import Desk, connected, desk, desk_twin, outside, twin

__all__ = ["connected", "desk", "desk_twin", "outside", "twin"]
KINDS = ("contacts", "prospects", "notes")


def sync(desk: Desk, matter_id: uuid.UUID) -> list[int]:
    """Sync one matter; return how many records of each kind were made there in all."""
    with firm_scope(desk.firm_id):
        row = desk.must()
        work.enqueue(kind="sync_matter", queue="sync", subject_type="matter", subject_id=matter_id, writes=True,
                     connection_id=row.id)  # fmt: skip
    run_due(firm_id=desk.firm_id)
    with firm_scope(desk.firm_id):
        assert WorkItem.objects.filter(kind="sync_matter").latest("id").status == "done"
    ledger = desk.twin.control("GET", "ledger")
    return [ledger[kind]["total"] for kind in KINDS]


def forget(desk: Desk) -> None:
    """Go back to before the sync, as a restored database does."""
    with firm_scope(desk.firm_id):
        for model in (SyncLog, RemoteIntent, ContactKey, ExternalLink):
            model.objects.all().delete()


@pytest.mark.parametrize("email", [True, False])
@pytest.mark.parametrize("command", [True, False], ids=["after_restore", "sabotage: forgotten"])
def test_nothing_is_made_twice_after_a_restore(connected: Desk, email: bool, command: bool) -> None:
    matter_id = connected.matter()
    if not email:
        with firm_scope(connected.firm_id):
            Client.objects.update(email="")
    first = sync(connected, matter_id)
    assert first[:2] == [1, 1]
    forget(connected)
    if command:
        call_command("after_restore")
    again = sync(connected, matter_id)
    if not command:
        assert again[1] == 2, "without the look there are two matters"
        return
    assert again == first
    with firm_scope(connected.firm_id):
        links = ExternalLink.objects.filter(broken_at__isnull=True)
        assert {link.local_type.partition(".")[0] for link in links} == {"contact", "matter", "note"}

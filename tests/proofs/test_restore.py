"""The database goes back to an earlier moment, the provider keeps its records: nothing is made twice, all links return.

Some matters are synced before the moment, some after it, some changed after it, some have no e-mail. Sabotage: without
`after_restore` the next syncs make second records.
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import models

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import Matter
from casehug.intake.services.matters import update_matter
from harness.size import pick
from integrations.models import ContactKey, ExternalLink, RemoteIntent, SyncLog
from tests.integrations.sync.conftest import make_office, office, twin, twin_process
from tests.integrations.sync.office import Office

__all__ = ["make_office", "office", "twin", "twin_process"]
MATTERS = pick(4, 100)
MEMORY: tuple[Any, ...] = (SyncLog, RemoteIntent, ContactKey, ExternalLink, WorkItem)


def picture(office: Office, model: type[models.Model]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return all rows of a table by id."""
    with firm_scope(office.firm_id):
        return {row["id"]: row for row in model._default_manager.values()}


def put_back(office: Office, model: Any, then: dict[uuid.UUID, dict[str, Any]]) -> None:
    """Make the table what it was: later rows go, changed ones get their old values."""
    with firm_scope(office.firm_id):
        model.objects.exclude(id__in=list(then)).delete()
        for row_id, values in then.items():
            model.objects.filter(id=row_id).update(**{name: value for name, value in values.items() if name != "id"})


def story(office: Office, *, command: bool) -> tuple[tuple[int, int, int], tuple[int, int, int], float]:
    """Sync, go back, sync again; return the effects before and after, and how long the second time took."""
    clients = [office.client(f"r{number}@example.com" if number % 4 else "") for number in range(MATTERS)]
    matters = [office.matter(client, title=f"Restored {number}") for number, client in enumerate(clients)]
    for matter_id in matters[: MATTERS // 2]:
        assert office.sync(matter_id).status == "done"
    then = {model: picture(office, model) for model in (*MEMORY, Matter)}
    for matter_id in matters[MATTERS // 2 :]:
        assert office.sync(matter_id).status == "done"
    with firm_scope(office.firm_id):
        update_matter(matter_id=matters[0], title="Changed after the backup")
    office.sync(matters[0])
    before = office.twin.made()
    for model in (*MEMORY, Matter):
        put_back(office, model, then[model])
    if command:
        call_command("after_restore")
    started = time.monotonic()
    for matter_id in matters:
        office.sync(matter_id, seconds=60)
    return before, office.twin.made(), time.monotonic() - started


def test_nothing_is_made_twice_and_all_links_return(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    before, after, took = story(office, command=True)
    links = office.links()
    record_property("trials", MATTERS)
    record_property("measured", f"{MATTERS} matters, half forgotten: all links back after {took:.1f} s of syncs")
    assert after == before == (MATTERS, MATTERS, MATTERS)
    assert {kind: len(links[kind]) for kind in ("contact", "matter")} == {"contact": MATTERS, "matter": MATTERS}
    assert took < 15 * 60


def test_sabotage_without_the_command_second_records_appear(office: Office) -> None:
    before, after, _ = story(office, command=False)
    assert after[1] > before[1]

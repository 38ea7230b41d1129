"""Drift sentinel: what was renamed or deleted under our mappings at the provider, said once, without a guess.

Renamed: followed by its id, noted on the page of the mapping and in the log. Deleted: only the matters whose mapping
uses it wait (`holding`), and they go on by themselves when the mapping is whole again.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from django.db.models import QuerySet

from casehug.audit import services as audit
from casehug.common import ticks, work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.page_reads import page_now
from integrations.connections.catalogue import STAGE, items, mark_gone, read_and_store
from integrations.connections.changes import OPTION
from integrations.connections.open_api import PAGE_PATIENCE, WORKER_PATIENCE, open_api
from integrations.mappings.defaults import resolve_defaults
from integrations.mappings.holding import release, waiting_count
from integrations.mappings.status_changes import follow_rename
from integrations.mappings.versions import declared_kinds
from integrations.models import CatalogueItem, Connection, DriftNote, SyncLog

DAY = timedelta(hours=24)
KEPT = timedelta(days=30)
USES = {
    "stage_id": "stage",
    "practice_area_id": "practice_area",
    "sub_status_id": "sub_status",
    "field_id": "custom_field",
    "form": "form",
}
"""Property of a mapping's row → kind of the catalogue entry whose id it holds."""
THINGS = {
    "stage": "stage", "practice_area": "practice area", "sub_status": "sub-status", "custom_field": "field",
    "form": "form", OPTION: "option",
}  # fmt: skip
SENTENCES = {
    "renamed": "The {thing} “{before}” is now called “{after}”. The mapping follows it; nothing has to be done.",
    "gone": "The {thing} “{before}” was deleted there. Matters that are mapped to it wait until it is replaced.",
    "back": "The {thing} “{after}” is there again. Matters that waited for it go on.",
}


@dataclass(frozen=True)
class DriftReport:
    """What a check found: the sentences of new changes, and how many matters wait for a mapping now."""

    changes: Sequence[str]
    waiting: int


def check_drift(*, connection: Connection, lane: int = WorkItem.Lane.BULK, may_refresh: bool = True) -> DriftReport:
    """Read the account's catalogue now and compare it with the mappings, before a bulk run or by hand.

    Call it outside any scope. A handful of calls. Raises the errors of `contract.errors`; nothing changes then.
    """
    patience = WORKER_PATIENCE if may_refresh else PAGE_PATIENCE
    read_and_store(connection, open_api(connection, lane=lane, may_refresh=may_refresh, patience=patience))
    with firm_scope(connection.firm_id):
        row: Connection = Connection.objects.select_for_update().get(id=connection.id)
        resolve_defaults(row)
        return after_reading(row)


def after_reading(connection: Connection) -> DriftReport:
    """Sort out what a reading of the catalogue noted, and let go on what waits for nothing. In the firm scope."""
    changes = sort_out(connection)
    release(connection)
    return DriftReport(changes, waiting_count(connection))


def sort_out(connection: Connection) -> list[str]:
    """Give each new note to the mappings that use the entry, with a line in the log; drop what nothing uses."""
    fresh = list(DriftNote.objects.select_for_update().filter(connection=connection, mapping="").order_by("id"))
    if not fresh:
        return []
    for note in fresh:
        if (note.item_kind, note.change) == (STAGE, DriftNote.Change.RENAMED):
            follow_rename(connection, note.external_id, note.before.rpartition(" / ")[2])
    used = used_ids(connection)
    said: list[str] = []
    for note in fresh:
        for mapping in used.get(_entry(note), ()):
            _add(connection, note, mapping)
        if _entry(note) in used:
            said.append(_log(connection, note))
    DriftNote.objects.filter(id__in=[note.id for note in fresh]).delete()
    return said


def _entry(note: DriftNote) -> tuple[str, str]:
    if note.item_kind == OPTION:
        return "custom_field", str(note.external_id).partition(":")[0]
    return str(note.item_kind), str(note.external_id)


def used_ids(connection: Connection) -> dict[tuple[str, str], list[str]]:
    """Return (kind, id) of every catalogue entry that some mapping uses, with the mappings' keys."""
    used: dict[tuple[str, str], list[str]] = {}
    for kind in declared_kinds():
        for row in kind.read(connection):
            found = {(item_kind, str(row[name])) for name, item_kind in USES.items() if row.get(name)}
            if row.get("source_kind") and row.get("source_id"):
                found.add((str(row["source_kind"]), str(row["source_id"])))
            for entry in found:
                if kind.key not in used.setdefault(entry, []):
                    used[entry].append(kind.key)
    return used


def _add(connection: Connection, note: DriftNote, mapping: str) -> None:
    """Keep a note for one mapping; an older open one about the same entry says nothing any more."""
    older = DriftNote.objects.filter(
        connection=connection, mapping=mapping, item_kind=note.item_kind, external_id=note.external_id,
        closed_at__isnull=True,
    )  # fmt: skip
    older.update(closed_at=database_now())
    DriftNote.objects.create(
        connection=connection, remote_firm=note.remote_firm, mapping=mapping, item_kind=note.item_kind,
        external_id=note.external_id, change=note.change, before=note.before, after=note.after,
    )  # fmt: skip


def sentence(note: DriftNote) -> str:
    """Return a note in plain words."""
    thing = THINGS.get(note.item_kind, note.item_kind)
    return SENTENCES[note.change].format(thing=thing, before=note.before, after=note.after)


def _log(connection: Connection, note: DriftNote) -> str:
    words = sentence(note)
    SyncLog.objects.create(
        connection=connection, action="mapping.drift", status=SyncLog.Status.NOTE, external_id=note.external_id[:80],
        trigger="drift", error_class="mapping", error_code=note.change, error_text=words,
    )  # fmt: skip
    audit.record(
        action="mapping.drift", object_type="connection", object_id=connection.id,
        changes={"kind": note.item_kind, "id": note.external_id, "change": note.change},
    )  # fmt: skip
    return words


def open_notes(connection: Connection, mapping: str) -> "QuerySet[DriftNote]":
    """Return the notes of one mapping that nobody has closed yet, newest first. In the firm scope."""
    notes: QuerySet[DriftNote] = DriftNote.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, mapping=mapping, closed_at__isnull=True,
        created_at__gt=page_now() - KEPT,
    ).order_by("-created_at", "-id")  # fmt: skip
    return notes


def notes_for(connection: Connection, mapping: str) -> list[DriftNote]:
    """Return the open notes of one mapping that still matter, newest first. In the firm scope."""
    notes = open_notes(connection, mapping)
    used = used_ids(connection) if notes else {}
    return [note for note in notes if mapping in used.get(_entry(note), ())]


def close_notes(*, connection: Connection, mapping: str) -> int:
    """Take the notes about renamed and returned entries off the page; deleted ones stay until they are replaced."""
    rows = DriftNote.objects.filter(connection=connection, mapping=mapping, closed_at__isnull=True)
    seen = rows.exclude(change=DriftNote.Change.GONE)
    return int(seen.update(closed_at=database_now(), closed_by_id=current_actor_id()))


def met_gone(connection: Connection, keys: Sequence[str]) -> bool:
    """Believe a refused write that an id is gone (`stage_id:7`, `custom_field:3`). In the firm scope.

    Returns whether an entry of the catalogue was marked; then its matters wait like after a reading.
    """
    wanted = {(name.partition(":")[0].removesuffix("_id"), name.partition(":")[2]) for name in keys}
    lost = [one for one in items(connection) if (one.kind, one.external_id) in wanted]
    mark_gone(lost)
    sort_out(connection)
    return bool(lost)


def suggestion(connection: Connection, kind: str, name: str) -> CatalogueItem | None:
    """Return what could replace a deleted entry: the same name elsewhere, a close one, else its pipeline's first stage.

    None when nothing is near. A proposal only: a person sees the difference before it counts.
    """
    parent, _, own = name.rpartition(" / ")
    live = sorted(items(connection, kind=kind), key=lambda one: one.parent != parent)
    names = [one.name.casefold() for one in live]
    close = get_close_matches(own.casefold(), names, n=1, cutoff=0.75)
    if close:
        return live[names.index(close[0])]
    return next((one for one in live if parent and one.parent == parent), None)


def tick() -> int:
    """Ask for a daily reading of each connected account and free what waits for nothing. Returns how many readings."""
    return sum(_firm(firm_id) for firm_id in ticks.firm_ids())


def _firm(firm_id: uuid.UUID) -> int:
    with firm_scope(firm_id):
        asked, now = 0, database_now()
        for row in Connection.objects.filter(state=Connection.State.CONNECTED, catalogue_read_at__lt=now):
            after_reading(row)
            asked_today = WorkItem.objects.filter(
                kind="refresh_catalogue", connection_id=row.id, created_at__gt=now - DAY
            )
            if row.catalogue_read_at < now - DAY and not asked_today.exists():
                work.enqueue(
                    kind="refresh_catalogue", queue="maintenance", subject_type="connection", subject_id=row.id,
                    connection_id=row.id, lane=WorkItem.Lane.BULK, trigger="daily",
                )  # fmt: skip
                asked += 1
        return asked

"""What the pages of editable tables show besides the table: drift notes with a proposal, waiting matters, versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Subquery

from casehug.firms.page_reads import answers, count_of
from integrations.mappings import drift, holding, versions
from integrations.models import CaseTypeMapping, CatalogueItem, Connection, DriftNote, MappingVersion
from integrations.selectors.connections import user_names

COLUMNS = {
    "stage": ("stage", "stage_id"),
    "practice_area": ("area", "practice_area_id"),
    "sub_status": ("sub", "sub_status_id"),
}
"""Kind of a catalogue entry → name of its form fields, and column of the mapping that holds it."""


@dataclass(frozen=True)
class NoteLine:
    """One change at the provider in plain words; for a deleted entry what could replace it (None: no proposal)."""

    change: str
    words: str
    at: datetime
    kind: str
    external_id: str
    proposal: CatalogueItem | None
    fields: Sequence[str] = ()
    """Form fields of the Case Type Mappings page that the proposal would replace."""


@dataclass(frozen=True)
class VersionLine:
    """One version: number, when, who ("" = the connection itself), why, how many rows."""

    number: int
    at: datetime
    who: str
    note: str
    rows: int
    other_account: bool


def drift_context(connection: Connection, kind: str) -> dict[str, Any]:
    """Return the template variables of `integrations/_drift.html`: `drift` (note lines), `waiting`, `mapping_kind`."""
    found = answers(
        noted=Exists(drift.open_notes(connection, kind)),
        waiting=count_of(holding.waiting(connection)),
        version=Subquery(versions.numbers(connection, kind)[:1]),
    )
    notes = drift.notes_for(connection, kind) if found["noted"] else []
    lines = [_note_line(connection, note) for note in notes]
    return {
        "drift": lines,
        "drift_seen": any(line.change != DriftNote.Change.GONE for line in lines),
        "waiting": found["waiting"],
        "version": found["version"] or 0,
        "mapping_kind": kind,
    }


def _note_line(connection: Connection, note: DriftNote) -> NoteLine:
    name, column = COLUMNS.get(note.item_kind, ("", ""))
    fields: list[str] = []
    if column and note.mapping == "case_types" and note.change == DriftNote.Change.GONE:
        rows = CaseTypeMapping.objects.filter(connection=connection, **{column: note.external_id})
        fields = [f"{name}:{key}" for key in rows.order_by("case_type").values_list("case_type", flat=True)]
    proposal = drift.suggestion(connection, note.item_kind, note.before) if fields else None
    return NoteLine(
        note.change, drift.sentence(note), note.created_at, note.item_kind, note.external_id, proposal, fields
    )


def version_lines(connection: Connection, kind: str) -> list[VersionLine]:
    """Return the versions of one table, newest first. In the firm scope."""
    rows = versions.versions_for(connection, kind)
    names = user_names(row.actor_id for row in rows)
    return [_line(connection, row, names.get(row.actor_id, "") if row.actor_id else "") for row in rows]


def _line(connection: Connection, row: MappingVersion, who: str) -> VersionLine:
    other = row.remote_firm != connection.remote_firm
    return VersionLine(row.number, row.created_at, who, row.note, len(row.snapshot), other)

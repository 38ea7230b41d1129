"""Where a matter goes at the provider, and the rows of the Case Type Mappings page (CH-21 to CH-23)."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Count

from casehug.firms.page_reads import once_a_page
from casehug.intake.models import CaseType, Matter, PracticeArea
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, of_kinds
from integrations.mappings.defaults import AREA, LAST, default_area, default_stage
from integrations.mappings.status import STATUS_NAMES
from integrations.models import CaseTypeMapping, CatalogueItem, Connection

SUB_STATUS = "sub_status"

DEFAULT, CHOSEN, NEEDS_CHOICE, GONE = "default", "chosen", "needs_choice", "gone"


class HasCaseType(Protocol):
    """What is needed of a matter (`casehug.intake.selectors.MatterForSync` has it)."""

    @property
    def case_type_key(self) -> str: ...
    @property
    def practice_area(self) -> str: ...


@dataclass(frozen=True)
class MappedTarget:
    """Remote ids for one matter. `stage_id` is "" when the mapped stage is gone or nothing is mapped.

    `state` is default, chosen, needs_choice (the last fallback was used, or nothing found) or gone; `key` is the row.
    """

    stage_id: str
    stage_name: str
    practice_area_id: str
    sub_status_id: str
    state: str
    key: str
    lost: str = ""
    """Which mapped thing was deleted there (`stage`, `practice_area`, `sub_status`): the matter waits. "" = none."""
    lost_name: str = ""


@dataclass(frozen=True)
class MappingRow:
    """One row of the page: what is mapped, how it came about, what it follows when empty, how many matters use it.

    `lost` lists which of `stage`, `practice_area`, `sub_status` no longer exist there.
    """

    key: str
    label: str
    is_area: bool
    stage_id: str
    stage_name: str
    practice_area_id: str
    practice_area_name: str
    state: str
    follows: str
    matters: int
    changed_at: datetime | None
    changed_by_id: uuid.UUID | None
    sub_status_id: str = ""
    sub_status_name: str = ""
    lost: tuple[str, ...] = ()


@once_a_page
def stored_rows(connection: Connection) -> Mapping[str, CaseTypeMapping]:
    """Return the stored rows of a connection by case type. In the firm scope."""
    return {row.case_type: row for row in CaseTypeMapping.objects.filter(connection=connection)}


class Table:
    """All rows and the catalogue of one connection, read once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        known = of_kinds(connection, (STAGE, PRACTICE_AREA, SUB_STATUS))
        self.all_stages = _by_id(known, STAGE)
        self.all_areas = _by_id(known, PRACTICE_AREA)
        self.all_subs = _by_id(known, SUB_STATUS)
        self.stages: Sequence[CatalogueItem] = [item for item in self.all_stages.values() if item.gone_at is None]
        self.areas = [item for item in self.all_areas.values() if item.gone_at is None]
        self.subs = [item for item in self.all_subs.values() if item.gone_at is None]
        self.live = {item.external_id for item in self.stages}
        self.rows = dict(stored_rows(connection))

    def own(self, key: str, area: str) -> tuple[str, str]:
        """Return stage id and state of one row by itself."""
        row = self.rows.get(key)
        stage = row.stage_id if row else ""
        if row is None and key.startswith(AREA):
            stage = default_stage(key, area=area, connection=self.connection, stages=self.stages)
        if not stage:
            return "", NEEDS_CHOICE
        if stage not in self.live:
            return stage, GONE
        return stage, row.origin if row else DEFAULT

    def name(self, stage_id: str) -> str:
        item = self.all_stages.get(stage_id)
        return stage_label(item) if item else stage_id

    def area_id(self, area: str) -> str:
        """Return the id of the practice area there, also when it was deleted there; by name when nothing is stored."""
        row = self.rows.get(AREA + area)
        if row and row.practice_area_id in self.all_areas:
            return str(row.practice_area_id)
        return default_area(area, self.areas)

    def sub_id(self, row: CaseTypeMapping | None) -> str:
        """Return the sub-status of a row, "" when it belongs to another account."""
        return str(row.sub_status_id) if row and row.sub_status_id in self.all_subs else ""

    def lost(self, stage_id: str, area_id: str, sub_id: str) -> list[tuple[str, str]]:
        """Return (what, name) of those of the three that are mapped but were deleted there."""
        found = [("stage", self.name(stage_id))] if stage_id and stage_id not in self.live else []
        known = (("practice_area", self.all_areas.get(area_id)), ("sub_status", self.all_subs.get(sub_id)))
        return found + [(what, item.name) for what, item in known if item is not None and item.gone_at is not None]


@once_a_page
def table_of(connection: Connection) -> Table:
    """Return the table as it is stored. Do not change it: a preview makes its own."""
    return Table(connection)


def _by_id(known: Iterable[CatalogueItem], kind: str) -> dict[str, CatalogueItem]:
    return {item.external_id: item for item in known if item.kind == kind}


def stage_label(item: CatalogueItem) -> str:
    """Return `pipeline / stage`: stage names repeat across pipelines."""
    return f"{item.parent} / {item.name}" if item.parent else item.name


def sub_label(item: CatalogueItem) -> str:
    """Return `name (main status)` of a sub-status."""
    status = str(item.extra.get("status", ""))
    return f"{item.name} ({STATUS_NAMES.get(status, status)})" if status else item.name


def mapping_for(connection: Connection, matter: HasCaseType) -> MappedTarget:
    """Return where a matter goes: case type, else its practice area, else the firm's last fallback. In the firm scope.

    A row whose stage is gone stops the search: the row is flagged and its matters wait (`lost`).
    """
    return target_in(table_of(connection), matter)


def target_in(table: Table, matter: HasCaseType) -> MappedTarget:
    """As `mapping_for`, with a table that was read already (or that was changed in memory, for a preview)."""
    area = matter.practice_area if matter.practice_area in PracticeArea.values else str(PracticeArea.OTHER)
    for key in dict.fromkeys((matter.case_type_key, AREA + area, LAST)):
        stage, state = table.own(key, area if key != LAST else str(PracticeArea.OTHER)) if key else ("", NEEDS_CHOICE)
        if state == NEEDS_CHOICE:
            continue
        if key == LAST and area != PracticeArea.OTHER and state != GONE:
            state = NEEDS_CHOICE
        return _target(table, key, area, stage, state)
    return _target(table, matter.case_type_key or AREA + area, area, "", NEEDS_CHOICE)


def _target(table: Table, key: str, area: str, stage: str, state: str) -> MappedTarget:
    area_id, sub_id = table.area_id(area), table.sub_id(table.rows.get(key))
    lost = table.lost(stage, area_id, sub_id)
    gone = {what for what, _ in lost}
    return MappedTarget(
        stage_id="" if state == GONE else stage,
        stage_name=table.name(stage) if stage else "",
        practice_area_id="" if "practice_area" in gone else area_id,
        sub_status_id="" if "sub_status" in gone else sub_id,
        state=state,
        key=key,
        lost=lost[0][0] if lost else "",
        lost_name=lost[0][1] if lost else "",
    )


@once_a_page
def mapping_rows(connection: Connection) -> list[MappingRow]:
    """Return the page's rows: every active case type, then every practice area. In the firm scope."""
    table = table_of(connection)
    by_type, by_area = Counter[str](), Counter[str]()
    counted = Matter.objects.values_list("case_type__key", "practice_area").annotate(n=Count("id")).order_by()
    for case_type, practice_area, number in counted:
        by_type[case_type] += number
        by_area[practice_area] += number
    case_types = CaseType.objects.filter(active=True).order_by("position", "name")
    rows = [_row(table, one.key, one.practice_area, one.name, by_type[one.key]) for one in case_types]
    for area in PracticeArea:
        rows.append(_row(table, AREA + area, str(area), str(area.label), by_area[str(area)]))
    return rows


def _row(table: Table, key: str, area: str, label: str, matters: int) -> MappingRow:
    stored = table.rows.get(key)
    stage, state = table.own(key, area)
    follows = ""
    if state == NEEDS_CHOICE and not key.startswith(AREA):
        above, above_state = table.own(AREA + area, area)
        if above_state in (DEFAULT, CHOSEN):
            follows, state = table.name(above), DEFAULT
        elif above_state == GONE:
            stage = above  # its matters wait for the practice area's choice
    is_area = key.startswith(AREA)
    area_id, sub_id = table.area_id(area), table.sub_id(stored)
    lost = dict(table.lost(stage, area_id if is_area else "", sub_id))
    sub, there = table.all_subs.get(sub_id), table.all_areas.get(area_id)
    return MappingRow(
        key=key,
        label=label,
        is_area=is_area,
        stage_id=stage if stage in table.live else "",
        stage_name=table.name(stage) if stage else "",
        practice_area_id=area_id,
        practice_area_name=there.name if there else "",
        state=GONE if lost else state,
        follows=follows,
        matters=matters,
        changed_at=stored.updated_at if stored and stored.origin == CaseTypeMapping.Origin.CHOSEN else None,
        changed_by_id=stored.changed_by_id if stored else None,
        sub_status_id=sub_id,
        sub_status_name=sub_label(sub) if sub else "",
        lost=tuple(lost),
    )


def broken_mappings(connection: Connection) -> list[MappingRow]:
    """Return the rows that lead to something that is gone, and case types with matters that need a choice."""
    return [row for row in mapping_rows(connection) if row.state == GONE or (row.state == NEEDS_CHOICE and row.matters)]

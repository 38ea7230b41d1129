"""Where a matter goes at the provider, and the rows of the Case Type Mappings page (CH-21 to CH-23)."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Count

from casehug.firms.page_reads import once_a_page, page_is_open
from casehug.intake.models import CaseType, Matter, PracticeArea
from integrations.mappings.case_type_table import CHOSEN, DEFAULT, GONE, NEEDS_CHOICE, Table, sub_label, table_of
from integrations.mappings.defaults import AREA, LAST
from integrations.models import CaseTypeMapping, Connection


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


def mapping_for(connection: Connection, matter: HasCaseType) -> MappedTarget:
    """Return where a matter goes: case type, else its practice area, else the firm's last fallback. In the firm scope.

    A row whose stage is gone stops the search: the row is flagged and its matters wait (`lost`). A page asks for many
    matters and reads the whole table once; a sync reads the rows of its own.
    """
    return target_in(table_of(connection) if page_is_open() else Table(connection, keys=_keys_of(matter)), matter)


def target_in(table: Table, matter: HasCaseType) -> MappedTarget:
    """As `mapping_for`, with a table that was read already (or that was changed in memory, for a preview)."""
    area = _area_of(matter)
    for key in _keys_of(matter):
        stage, state = table.own(key, area if key != LAST else str(PracticeArea.OTHER)) if key else ("", NEEDS_CHOICE)
        if state == NEEDS_CHOICE:
            continue
        if key == LAST and area != PracticeArea.OTHER and state != GONE:
            state = NEEDS_CHOICE
        return _target(table, key, area, stage, state)
    return _target(table, matter.case_type_key or AREA + area, area, "", NEEDS_CHOICE)


def _area_of(matter: HasCaseType) -> str:
    return matter.practice_area if matter.practice_area in PracticeArea.values else str(PracticeArea.OTHER)


def _keys_of(matter: HasCaseType) -> tuple[str, ...]:
    """Return the rows that decide about a matter, the nearest first."""
    return tuple(dict.fromkeys((matter.case_type_key, AREA + _area_of(matter), LAST)))


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

"""Where a matter goes at the provider, and the rows of the Case Type Mappings page (CH-21 to CH-23)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Count

from casehug.audit import services as audit
from casehug.common.actor import current_actor_id
from casehug.intake.models import CaseType, Matter, PracticeArea
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, items
from integrations.contract.errors import Refused
from integrations.mappings.defaults import AREA, LAST, default_area, default_stage
from integrations.models import CaseTypeMapping, CatalogueItem, Connection

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


@dataclass(frozen=True)
class MappingRow:
    """One row of the page: what is mapped, how it came about, what it follows when empty, how many matters use it."""

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


class _Table:
    """All rows and the live catalogue of one connection, read once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.all_stages = {item.external_id: item for item in items(connection, kind=STAGE, with_gone=True)}
        self.stages: Sequence[CatalogueItem] = [item for item in self.all_stages.values() if item.gone_at is None]
        self.areas = list(items(connection, kind=PRACTICE_AREA))
        self.live = {item.external_id for item in self.stages}
        self.rows = {row.case_type: row for row in CaseTypeMapping.objects.filter(connection=connection)}

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
        row = self.rows.get(AREA + area)
        if row and any(item.external_id == row.practice_area_id for item in self.areas):
            return str(row.practice_area_id)
        return default_area(area, self.areas)


def stage_label(item: CatalogueItem) -> str:
    """Return `pipeline / stage`: stage names repeat across pipelines."""
    return f"{item.parent} / {item.name}" if item.parent else item.name


def mapping_for(connection: Connection, matter: HasCaseType) -> MappedTarget:
    """Return where a matter goes: case type, else its practice area, else the firm's last fallback. In the firm scope.

    A row whose stage is gone stops the search: the matter goes without a stage and the row is flagged (UX message 8).
    """
    area = matter.practice_area if matter.practice_area in PracticeArea.values else str(PracticeArea.OTHER)
    table = _Table(connection)
    for key in dict.fromkeys((matter.case_type_key, AREA + area, LAST)):
        stage, state = table.own(key, area if key != LAST else str(PracticeArea.OTHER)) if key else ("", NEEDS_CHOICE)
        if state == NEEDS_CHOICE:
            continue
        row = table.rows.get(key)
        if key == LAST and area != PracticeArea.OTHER and state != GONE:
            state = NEEDS_CHOICE
        return MappedTarget(
            stage_id="" if state == GONE else stage,
            stage_name=table.name(stage),
            practice_area_id=table.area_id(area),
            sub_status_id=row.sub_status_id if row else "",
            state=state,
            key=key,
        )
    return MappedTarget("", "", table.area_id(area), "", NEEDS_CHOICE, matter.case_type_key or AREA + area)


def mapping_rows(connection: Connection) -> list[MappingRow]:
    """Return the page's rows: every active case type, then every practice area. In the firm scope."""
    table = _Table(connection)
    by_type = dict(Matter.objects.values_list("case_type__key").annotate(n=Count("id")).order_by())
    by_area = dict(Matter.objects.values_list("practice_area").annotate(n=Count("id")).order_by())
    case_types = CaseType.objects.filter(active=True).order_by("position", "name")
    rows = [_row(table, one.key, one.practice_area, one.name, by_type.get(one.key, 0)) for one in case_types]
    for area in PracticeArea:
        rows.append(_row(table, AREA + area, str(area), str(area.label), by_area.get(str(area), 0)))
    return rows


def _row(table: _Table, key: str, area: str, label: str, matters: int) -> MappingRow:
    stored = table.rows.get(key)
    stage, state = table.own(key, area)
    follows = ""
    if state == NEEDS_CHOICE and not key.startswith(AREA):
        above, above_state = table.own(AREA + area, area)
        if above_state in (DEFAULT, CHOSEN):
            follows, state = table.name(above), DEFAULT
    area_id = table.area_id(area)
    return MappingRow(
        key=key,
        label=label,
        is_area=key.startswith(AREA),
        stage_id=stage if stage in table.live else "",
        stage_name=table.name(stage) if stage else "",
        practice_area_id=area_id,
        practice_area_name=next((item.name for item in table.areas if item.external_id == area_id), ""),
        state=state,
        follows=follows,
        matters=matters,
        changed_at=stored.updated_at if stored and stored.origin == CaseTypeMapping.Origin.CHOSEN else None,
        changed_by_id=stored.changed_by_id if stored else None,
    )


def broken_mappings(connection: Connection) -> list[MappingRow]:
    """Return the rows that lead to a stage that is gone, and case types with matters that need a choice."""
    return [row for row in mapping_rows(connection) if row.state == GONE or (row.state == NEEDS_CHOICE and row.matters)]


@transaction.atomic
def save_mappings(*, connection: Connection, changes: Mapping[str, Mapping[str, str]]) -> int:
    """Save chosen rows: key → {`stage_id`, `practice_area_id`} (either may be absent). In the firm scope.

    All or none. Returns how many changed. Raises `Refused` with the row's key as code for ids the account does not
    have.
    """
    table = _Table(connection)
    known = {row.key for row in mapping_rows(connection)}
    live_areas = {item.external_id for item in table.areas}
    audited: dict[str, list[str]] = {}
    for key, wanted in changes.items():
        stage, area = wanted.get("stage_id"), wanted.get("practice_area_id")
        if key not in known:
            raise Refused("There is no such case type or practice area.", code=key)
        if stage and stage not in table.live:
            raise Refused("This stage does not exist in the connected account (any more).", code=key)
        if area and area not in live_areas:
            raise Refused("This practice area does not exist in the connected account.", code=key)
        row = table.rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
        before = [row.stage_id, row.practice_area_id]
        row.stage_id = row.stage_id if stage is None else stage
        row.practice_area_id = row.practice_area_id if area is None else area
        if [row.stage_id, row.practice_area_id] != before:
            row.origin, row.changed_by_id = CaseTypeMapping.Origin.CHOSEN, current_actor_id()
            row.save()
            audited[key] = [before[0], row.stage_id, before[1], row.practice_area_id]
    if audited:
        _audit(connection, "mapping.changed", audited)
    return len(audited)


def reset_mapping(*, connection: Connection, key: str) -> MappingRow:
    """Put one row back to its default by name. In the firm scope. Raises `Refused` for an unknown key."""
    known = {row.key for row in mapping_rows(connection)}
    if key not in known:
        raise Refused("There is no such case type or practice area.", code=key)
    area = key.removeprefix(AREA) if key.startswith(AREA) else CaseType.objects.get(key=key).practice_area
    table = _Table(connection)
    row = table.rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
    before = row.stage_id
    row.stage_id = default_stage(key, area=area, connection=connection, stages=table.stages)
    row.practice_area_id = default_area(area, table.areas) if key.startswith(AREA) else ""
    row.origin, row.changed_by_id = CaseTypeMapping.Origin.DEFAULT, current_actor_id()
    row.save()
    _audit(connection, "mapping.reset", {key: [before, row.stage_id]})
    return next(one for one in mapping_rows(connection) if one.key == key)


def _audit(connection: Connection, action: str, changes: Mapping[str, list[str]]) -> None:
    audit.record(action=action, object_type="connection", object_id=connection.id, changes=changes)

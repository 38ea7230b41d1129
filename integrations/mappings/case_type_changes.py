"""Changing the Case Type Mappings: rows chosen, reset, restored from a version, imported. All or none, audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casehug.audit import services as audit
from casehug.common.actor import current_actor_id
from casehug.intake.models import CaseType
from integrations.contract.errors import Refused
from integrations.mappings.case_type_table import Table, sub_label
from integrations.mappings.case_types import MappingRow, mapping_rows
from integrations.mappings.defaults import AREA, default_area, default_stage
from integrations.mappings.versions import MappingKind, Row, recorded
from integrations.models import CaseTypeMapping, Connection

COLUMNS = ("stage_id", "practice_area_id", "sub_status_id")
NAMES = {"stage_id": "stage", "practice_area_id": "practice area", "sub_status_id": "sub-status"}
UNKNOWN_ROW = "There is no such case type or practice area."
CHOSEN, DEFAULT = CaseTypeMapping.Origin.CHOSEN, CaseTypeMapping.Origin.DEFAULT


@dataclass(frozen=True)
class RowChange:
    """One row that would change: its name, which part, what it is and becomes, and how many matters use it."""

    label: str
    part: str
    before: str
    after: str
    matters: int


def _check(table: Table, known: Mapping[str, MappingRow], changes: Mapping[str, Mapping[str, str]]) -> None:
    live = {
        "stage_id": table.live,
        "practice_area_id": {item.external_id for item in table.areas},
        "sub_status_id": {item.external_id for item in table.subs},
    }
    for key, wanted in changes.items():
        if key not in known:
            raise Refused(UNKNOWN_ROW, code=key)
        for column in COLUMNS:
            value = wanted.get(column)
            if value and value not in live[column]:
                raise Refused(f"This {NAMES[column]} does not exist in the connected account (any more).", code=key)


def plan_changes(*, connection: Connection, changes: Mapping[str, Mapping[str, str]]) -> list[RowChange]:
    """Return what `save_mappings` would change, without changing it. Raises `Refused` as it does."""
    table, known = Table(connection), {row.key: row for row in mapping_rows(connection)}
    _check(table, known, changes)
    found: list[RowChange] = []
    for key, wanted in changes.items():
        row = table.rows.get(key) or CaseTypeMapping(case_type=key)
        for column in COLUMNS:
            value = wanted.get(column)
            if value is not None and value != getattr(row, column):
                before, after = (_name(table, column, one) for one in (getattr(row, column), value))
                found.append(RowChange(_row_label(known[key]), NAMES[column], before, after, known[key].matters))
    return found


def _row_label(row: MappingRow) -> str:
    return f"{row.label} (practice area)" if row.is_area else row.label


def _name(table: Table, column: str, value: str) -> str:
    if column == "stage_id":
        return table.name(value) if value else ""
    item = (table.all_areas if column == "practice_area_id" else table.all_subs).get(value)
    if item is None:
        return value
    return item.name if column == "practice_area_id" else sub_label(item)


def save_mappings(*, connection: Connection, changes: Mapping[str, Mapping[str, str]]) -> int:
    """Save chosen rows: key → {`stage_id`, `practice_area_id`, `sub_status_id`} (any may be absent).

    In the firm scope. All or none, one version. Returns how many rows changed; matters that waited for these rows go
    on. Raises `Refused` with the row's key as code for ids the account does not have.
    """
    audited: dict[str, list[str]] = {}
    with recorded(connection=connection, kind=KIND.key):
        table = Table(connection)
        _check(table, {row.key: row for row in mapping_rows(connection)}, changes)
        for key, wanted in changes.items():
            row = table.rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
            before = [getattr(row, column) for column in COLUMNS]
            after = [wanted.get(column, value) for column, value in zip(COLUMNS, before, strict=True)]
            if after != before:
                for column, value in zip(COLUMNS, after, strict=True):
                    setattr(row, column, value)
                row.origin, row.changed_by_id = CHOSEN, current_actor_id()
                row.save()
                audited[key] = [value for pair in zip(before, after, strict=True) for value in pair]
        if audited:
            _audit(connection, "mapping.changed", audited)
    return len(audited)


def reset_mapping(*, connection: Connection, key: str) -> MappingRow:
    """Put one row back to its default by name. In the firm scope. Raises `Refused` for an unknown key."""
    reset_mappings(connection=connection, keys=[key], note="One row reset to its default")
    return next(one for one in mapping_rows(connection) if one.key == key)


def reset_mappings(*, connection: Connection, keys: Sequence[str] | None = None, note: str = "") -> int:
    """Put rows (all when `keys` is None) back to their defaults by name. In the firm scope. Returns how many changed.

    Raises `Refused` for an unknown key and then changes nothing.
    """
    changed: dict[str, list[str]] = {}
    with recorded(connection=connection, kind=KIND.key, note=note or "All rows reset to their defaults"):
        table, known = Table(connection), [row.key for row in mapping_rows(connection)]
        for key in known if keys is None else keys:
            if key not in known:
                raise Refused(UNKNOWN_ROW, code=key)
            row = table.rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
            before = [str(row.origin), *(getattr(row, column) for column in COLUMNS)]
            _to_default(table, row)
            if [str(row.origin), *(getattr(row, column) for column in COLUMNS)] != before:
                row.changed_by_id = current_actor_id()
                row.save()
                changed[key] = [before[1], row.stage_id]
        if changed:
            _audit(connection, "mapping.reset", changed)
    return len(changed)


def _to_default(table: Table, row: CaseTypeMapping) -> None:
    key = str(row.case_type)
    is_area = key.startswith(AREA)
    area = key.removeprefix(AREA) if is_area else CaseType.objects.get(key=key).practice_area
    row.stage_id = default_stage(key, area=area, connection=table.connection, stages=table.stages)
    row.practice_area_id = default_area(area, table.areas) if is_area else ""
    row.sub_status_id, row.origin = "", DEFAULT


def _audit(connection: Connection, action: str, changes: Mapping[str, list[str]]) -> None:
    audit.record(action=action, object_type="connection", object_id=connection.id, changes=changes)


# --- What the version history needs ---------------------------------------------------------------------------------


def _read(connection: Connection) -> list[Row]:
    table = Table(connection)
    rows = [table.rows[one.key] for one in mapping_rows(connection) if one.key in table.rows]
    plain = [
        {"key": row.case_type, "origin": str(row.origin)} | {column: getattr(row, column) for column in COLUMNS}
        for row in rows
    ]
    return _captioned(connection, plain)


def _captioned(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    table, labels = Table(connection), {row.key: _row_label(row) for row in mapping_rows(connection)}
    return [
        {**row, "case_type_name": labels.get(str(row["key"]), str(row["key"]))}
        | {column.replace("_id", "_name"): _name(table, column, str(row.get(column, ""))) for column in COLUMNS}
        for row in rows
    ]


def _problems(connection: Connection, rows: Sequence[Row]) -> dict[int, str]:
    table, known = Table(connection), {row.key: row for row in mapping_rows(connection)}
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        try:
            _check(table, known, {row["key"]: row})
        except Refused as refused:
            found[place] = refused.detail
        if row.get("origin", "chosen") not in CaseTypeMapping.Origin.values:
            found[place] = "“origin” must be “default” or “chosen”."
    return found


def _apply(connection: Connection, rows: Sequence[Row]) -> None:
    table, given = Table(connection), {str(row["key"]): row for row in rows}
    for key in (row.key for row in mapping_rows(connection)):
        row = table.rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
        before = [str(row.origin), *(getattr(row, column) for column in COLUMNS)]
        wanted = given.get(key)
        if wanted is None:
            _to_default(table, row)
        else:
            row.origin = wanted.get("origin", "chosen")
            for column in COLUMNS:
                setattr(row, column, wanted.get(column, ""))
        if [str(row.origin), *(getattr(row, column) for column in COLUMNS)] != before:
            row.changed_by_id = current_actor_id()
            row.save()


def _words(row: Row) -> str:
    parts = [row.get("stage_name") or row.get("stage_id") or "no stage of its own"]
    parts += [f"{words} {row.get(f'{name}_name') or row[f'{name}_id']}"
              for name, words in (("practice_area", "practice area"), ("sub_status", "sub-status"))
              if row.get(f"{name}_id")]  # fmt: skip
    return ", ".join(map(str, parts)) + ("" if row.get("origin", "chosen") == "chosen" else " (default)")


def _label(row: Row) -> str:
    return str(row.get("case_type_name") or row["key"])


KIND = MappingKind(
    key="case_types",
    title="Case Type Mappings",
    page="integration_case_types",
    columns=frozenset({*COLUMNS, "case_type_name", "stage_name", "practice_area_name", "sub_status_name", "origin"}),
    read=_read,
    check=_problems,
    apply=_apply,
    label=_label,
    words=_words,
    caption=_captioned,
)

"""Changing Stage → Status: lines chosen, reset, restored from a version, imported. All or none, audited."""

from collections.abc import Mapping, Sequence

from casehug.audit.services import record
from integrations.contract.errors import Refused
from integrations.mappings.status import KINDS, NEXT, STAGE, UNCHANGED, StatusRow, allowed, default_of, status_table
from integrations.mappings.versions import Difference, MappingKind, Row, recorded
from integrations.models import Connection, StatusMapping

WORDS = {
    "pending": "Pending", "active": "Active", "closed": "Closed", UNCHANGED: "Keep as it is", NEXT: "Not mapped here",
}  # fmt: skip
GONE_LINE = "This line is not in your account any more. Read the stages again."


def line_name(row: StatusRow) -> str:
    """Return `pipeline / stage` of a line."""
    return f"{row.above} / {row.name}" if row.parent else row.name


def _changed(rows: Mapping[str, StatusRow], changes: Mapping[str, str]) -> dict[str, list[str]]:
    changed: dict[str, list[str]] = {}
    for key, value in changes.items():
        row = rows.get(key)
        if row is None:
            raise Refused(GONE_LINE, code=key)
        if value not in allowed(row.kind):
            raise Refused("Choose one of the offered statuses.", code=key)
        if value != row.value:
            changed[key] = [row.value, value]
    return changed


def plan_statuses(*, connection: Connection, changes: Mapping[str, str]) -> list[Difference]:
    """Return what `save_statuses` would change, without changing it. Raises `Refused` as it does."""
    rows = {row.key: row for row in status_table(connection).rows}
    changed = _changed(rows, changes)
    return [Difference(key, line_name(rows[key]), WORDS[was], WORDS[new]) for key, (was, new) in changed.items()]


def save_statuses(*, connection: Connection, changes: Mapping[str, str]) -> int:
    """Change lines (`{"stage:12": "active"}`); returns how many changed. Raises `Refused` and then changes nothing."""
    with recorded(connection=connection, kind=KIND.key):
        rows = {row.key: row for row in status_table(connection).rows}
        changed = _changed(rows, changes)
        for key, (_, value) in changed.items():
            _set(connection, rows[key].kind, rows[key].id, value)
        if changed:
            record(action="status_mapping.changed", object_type="connection", object_id=connection.id, changes=changed)
    return len(changed)


def reset_status(*, connection: Connection, key: str) -> StatusRow | None:
    """Put one line back to its default; returns it as it stands then, None when it is gone altogether."""
    kind, _, identifier = key.partition(":")
    with recorded(connection=connection, kind=KIND.key, note="One line reset to its default"):
        lines = StatusMapping.objects.filter(connection=connection, source_kind=kind, source_id=identifier)
        removed, _ = lines.delete()
        if removed:
            record(
                action="status_mapping.reset", object_type="connection", object_id=connection.id,
                changes={"line": key},
            )  # fmt: skip
    return next((row for row in status_table(connection).rows if row.key == key), None)


def reset_statuses(*, connection: Connection) -> int:
    """Put every line back to its default. Returns how many had been chosen."""
    with recorded(connection=connection, kind=KIND.key, note="All lines reset to their defaults"):
        removed, _ = StatusMapping.objects.filter(connection=connection).delete()
        if removed:
            record(
                action="status_mapping.reset", object_type="connection", object_id=connection.id,
                changes={"lines": removed},
            )  # fmt: skip
    return int(removed)


def follow_rename(connection: Connection, stage_id: str, old_name: str) -> None:
    """Keep the meaning a stage had by its old name: defaults go by name, and a new name must not change a status."""
    was = default_of(STAGE, stage_id, old_name)
    line = StatusMapping.objects.filter(connection=connection, source_kind=STAGE, source_id=stage_id)
    if was == NEXT or line.exists():
        return
    with recorded(
        connection=connection, kind=KIND.key, note=f"The stage “{old_name}” was renamed; it keeps its status"
    ):
        _set(connection, STAGE, stage_id, was)
        record(
            action="status_mapping.followed", object_type="connection", object_id=connection.id,
            changes={f"stage:{stage_id}": was},
        )  # fmt: skip


def _set(connection: Connection, kind: str, identifier: str, value: str) -> None:
    StatusMapping.objects.update_or_create(
        connection=connection, source_kind=kind, source_id=identifier, defaults={"local_status": value}
    )


# --- What the version history needs ---------------------------------------------------------------------------------


def _read(connection: Connection) -> list[Row]:
    chosen = [row for row in status_table(connection).rows if row.chosen]
    return [
        {"key": row.key, "source_kind": row.kind, "source_id": row.id, "source_name": line_name(row),
         "local_status": row.value}
        for row in chosen
    ]  # fmt: skip


def _captioned(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    names = {row.key: line_name(row) for row in status_table(connection).rows}
    return [{**row, "source_name": names.get(str(row["key"]), str(row["key"]))} for row in rows]


def _problems(connection: Connection, rows: Sequence[Row]) -> dict[int, str]:
    known = {row.key: row for row in status_table(connection).rows if not row.gone}
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        line = known.get(str(row["key"]))
        kind, _, identifier = str(row["key"]).partition(":")
        same = (row.get("source_kind", kind), row.get("source_id", identifier)) == (kind, identifier)
        if kind not in KINDS or not same:
            found[place] = "“key” must be kind and id of the line, for example “stage:12”."
        elif line is None:
            found[place] = "This line does not exist in the connected account (any more)."
        elif row.get("local_status") not in allowed(line.kind):
            found[place] = f"“local_status” must be one of: {', '.join(allowed(line.kind))}."
    return found


def _apply(connection: Connection, rows: Sequence[Row]) -> None:
    wanted = {str(row["key"]): str(row["local_status"]) for row in rows}
    for line in StatusMapping.objects.filter(connection=connection):
        if f"{line.source_kind}:{line.source_id}" not in wanted:
            line.delete()
    for key, value in wanted.items():
        kind, _, identifier = key.partition(":")
        _set(connection, kind, identifier, value)


KIND = MappingKind(
    key="status",
    title="Stage → Status",
    page="integration_status_mapping",
    columns=frozenset({"source_kind", "source_id", "source_name", "local_status"}),
    read=_read,
    check=_problems,
    apply=_apply,
    label=lambda row: str(row.get("source_name") or row["key"]),
    words=lambda row: WORDS.get(str(row.get("local_status")), str(row.get("local_status"))),
    caption=_captioned,
)

"""Stage → Status: which local status a stage, sub-status or main status of the provider stands for (CH-27)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casehug.audit.services import record
from casehug.intake.models import MatterStatus
from integrations.connections.catalogue import items
from integrations.contract.changes import MatterState
from integrations.contract.errors import Refused
from integrations.models import Connection, StatusMapping

STAGE, SUB_STATUS, STATUS = "stage", "sub_status", "status"
KINDS = (STAGE, SUB_STATUS, STATUS)
NEXT, UNCHANGED = "next", "unchanged"
"""`next`: the next kind in the order of precedence decides. `unchanged`: the matter keeps its status."""
LOCAL = (MatterStatus.PENDING.value, MatterStatus.ACTIVE.value, MatterStatus.CLOSED.value)
STAGE_DEFAULTS = {"retained": "active", "new lead": "pending"}
STATUS_DEFAULTS = {"pnc": "pending", "hired": "active", "lost": "closed"}
STATUS_NAMES = {"pnc": "Potential new client (pnc)", "hired": "Hired", "lost": "Lost"}


@dataclass(frozen=True)
class StatusRow:
    """One line of the mapping: what it is there, what it means here, and whether someone chose that."""

    kind: str
    id: str
    name: str
    parent: str
    value: str
    default: str
    chosen: bool
    gone: bool = False

    @property
    def key(self) -> str:
        """Name of the line in forms."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Decision:
    """The local status to set ("" = leave it), and the line that decided (`stage:12`, "" when nothing is mapped)."""

    status: str
    by: str = ""
    stage_mapped: bool = True


@dataclass(frozen=True)
class StatusTable:
    """The whole mapping of a connection, in order of precedence."""

    rows: Sequence[StatusRow] = field(default_factory=tuple)

    def of(self, kind: str) -> list[StatusRow]:
        """Return the lines of one kind."""
        return [row for row in self.rows if row.kind == kind]


def _default(kind: str, identifier: str, name: str) -> str:
    if kind == STATUS:
        return STATUS_DEFAULTS.get(identifier, UNCHANGED)
    return STAGE_DEFAULTS.get(name.strip().casefold(), NEXT) if kind == STAGE else NEXT


def status_table(connection: Connection) -> StatusTable:
    """Return every line: live stages and sub-statuses of the account, main statuses, and chosen ones that are gone."""
    chosen = {(row.source_kind, row.source_id): row.local_status
              for row in StatusMapping.objects.filter(connection=connection)}  # fmt: skip
    known = [(kind, item.external_id, item.name, item.parent or str(item.extra.get("status", "")))
             for kind in (STAGE, SUB_STATUS) for item in items(connection, kind=kind)]  # fmt: skip
    known += [(STATUS, key, name, "") for key, name in STATUS_NAMES.items()]
    rows = [_row(chosen, *one) for one in known]
    there = {(row.kind, row.id) for row in rows}
    gone = [StatusRow(kind, source_id, f"No longer there ({source_id})", "", value, NEXT, True, gone=True)
            for (kind, source_id), value in chosen.items() if (kind, source_id) not in there]  # fmt: skip
    return StatusTable(tuple(rows + gone))


def _row(chosen: Mapping[tuple[str, str], str], kind: str, identifier: str, name: str, parent: str) -> StatusRow:
    default, value = _default(kind, identifier, name), chosen.get((kind, identifier))
    return StatusRow(kind, identifier, name, parent, value or default, default, value is not None)


def decide(table: StatusTable, state: MatterState) -> Decision:
    """Return what a matter's state there means here: mapped stage id, then sub-status, then main status."""
    name, parents = state.sub_status.casefold(), ("", state.status)
    wanted = [
        *(row for row in table.of(STAGE) if row.id == state.stage_id),
        *(row for row in table.of(SUB_STATUS) if row.name.casefold() == name and row.parent in parents),
        *(row for row in table.of(STATUS) if row.id == state.status),
    ]
    stage_mapped = not state.stage_id or any(row.kind == STAGE and row.value != NEXT for row in wanted)
    for row in wanted:
        if row.value != NEXT:
            status = row.value if row.value in LOCAL else ""
            return Decision(status, row.key, stage_mapped)
    return Decision("", "", stage_mapped)


def allowed(kind: str) -> tuple[str, ...]:
    """Return the values a line of this kind may have."""
    return (*LOCAL, UNCHANGED) if kind == STATUS else (*LOCAL, UNCHANGED, NEXT)


def save_statuses(*, connection: Connection, changes: Mapping[str, str], actor_id: uuid.UUID | None) -> int:
    """Change lines (`{"stage:12": "active"}`); returns how many changed. Raises `Refused` and then changes nothing."""
    rows = {row.key: row for row in status_table(connection).rows}
    changed: dict[str, list[str]] = {}
    for key, value in changes.items():
        row = rows.get(key)
        if row is None:
            raise Refused("This line is not in your account any more. Read the stages again.", code=key)
        if value not in allowed(row.kind):
            raise Refused("Choose one of the offered statuses.", code=key)
        if value != row.value:
            changed[key] = [row.value, value]
    for key, (_, value) in changed.items():
        row = rows[key]
        StatusMapping.objects.update_or_create(
            connection=connection, source_kind=row.kind, source_id=row.id, defaults={"local_status": value}
        )
    if changed:
        record(action="status_mapping.changed", object_type="connection", object_id=connection.id, changes=changed)
    return len(changed)


def reset_status(*, connection: Connection, key: str) -> StatusRow | None:
    """Put one line back to its default; returns it as it stands then, None when it is gone altogether."""
    kind, _, identifier = key.partition(":")
    removed, _ = StatusMapping.objects.filter(connection=connection, source_kind=kind, source_id=identifier).delete()
    if removed:
        record(action="status_mapping.reset", object_type="connection", object_id=connection.id, changes={"line": key})
    return next((row for row in status_table(connection).rows if row.key == key), None)

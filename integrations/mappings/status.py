"""Stage → Status: which local status a stage, sub-status or main status of the provider stands for (CH-27)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casehug.intake.models import MatterStatus
from integrations.connections.catalogue import stored
from integrations.contract.changes import MatterState
from integrations.models import Connection, StatusMapping

STAGE, SUB_STATUS, STATUS = "stage", "sub_status", "status"
KINDS = (STAGE, SUB_STATUS, STATUS)
NEXT, UNCHANGED = "next", "unchanged"
"""`next`: the next kind in the order of precedence decides. `unchanged`: the matter keeps its status."""
LOCAL = (MatterStatus.PENDING.value, MatterStatus.ACTIVE.value, MatterStatus.CLOSED.value)
STAGE_DEFAULTS = {"retained": "active", "new lead": "pending"}
STATUS_DEFAULTS = {"pnc": "pending", "hired": "active", "lost": "closed"}
STATUS_NAMES = {"pnc": "Potential new client", "hired": "Hired", "lost": "Lost"}


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

    @property
    def above(self) -> str:
        """What it stands under in words: the pipeline of a stage, the main status of a sub-status."""
        return STATUS_NAMES.get(self.parent, self.parent) if self.kind == SUB_STATUS else self.parent


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


def default_of(kind: str, identifier: str, name: str) -> str:
    """Return what a line says while nobody chose."""
    if kind == STATUS:
        return STATUS_DEFAULTS.get(identifier, UNCHANGED)
    return STAGE_DEFAULTS.get(name.strip().casefold(), NEXT) if kind == STAGE else NEXT


def status_table(connection: Connection) -> StatusTable:
    """Return every line: live stages and sub-statuses of the account, main statuses, and chosen ones that are gone."""
    chosen = {(row.source_kind, row.source_id): row.local_status
              for row in StatusMapping.objects.filter(connection=connection)}  # fmt: skip
    catalogue = [item for item in stored(connection) if item.kind in (STAGE, SUB_STATUS)]
    parents = {item.id: item.parent or str(item.extra.get("status", "")) for item in catalogue}
    known = [(kind, item.external_id, item.name, parents[item.id])
             for kind in (STAGE, SUB_STATUS) for item in catalogue
             if item.kind == kind and item.gone_at is None]  # fmt: skip
    known += [(STATUS, key, name, "") for key, name in STATUS_NAMES.items()]
    rows = [_row(chosen, *one) for one in known]
    there = {(row.kind, row.id) for row in rows}
    were = {(item.kind, item.external_id): (item.name, parents[item.id]) for item in catalogue}
    lost = [(one, were.get(one, (one[1], "")), value) for one, value in chosen.items() if one not in there]
    gone = [StatusRow(kind, source_id, name, parent, value, NEXT, True, gone=True)
            for (kind, source_id), (name, parent), value in lost]  # fmt: skip
    return StatusTable(tuple(rows + gone))


def _row(chosen: Mapping[tuple[str, str], str], kind: str, identifier: str, name: str, parent: str) -> StatusRow:
    default, value = default_of(kind, identifier, name), chosen.get((kind, identifier))
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

"""Version history of every editable table of a connection: who changed what when, what it was, and going back.

How to plug a table in (kinds `case_types`, `status`, `fields`, `forms`):

1. Define a `MappingKind` named `KIND` in the module listed in `KINDS` below. It says how the table is read as rows,
   which rows would be wrong and why, and how the table is made equal to given rows.
2. Wrap every service that changes the table in `with recorded(connection=…, kind="fields", note="…"):`. The block is
   one transaction that holds the connection's row; a version is added at its end when the rows differ from the last
   version, and none when they do not. (`save_version` alone does the last step, for callers that hold that lock.)
3. Link `integration_mapping_versions` with `kind` from the page: list, detail, restore, export and import are drawn
   by `integrations/views/versions.py` for every kind, nothing else has to be written.

A row is a flat JSON object with a unique `key`. Values are ids and names of the provider's catalogue and local keys,
never client data. Properties that end in `_name` are captions: they are shown, but do not count as a difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from casehug.audit import services as audit
from casehug.common.actor import current_actor_id
from integrations.contract.errors import Refused
from integrations.mappings.holding import release
from integrations.models import Connection, MappingVersion

Row = Mapping[str, Any]
KINDS = {
    "case_types": "integrations.mappings.case_type_changes.KIND",
    "status": "integrations.mappings.status_changes.KIND",
    "fields": "integrations.mappings.fields.KIND",
    "forms": "integrations.mappings.form_history.KIND",
}
FIRST_NOTE = "As it was before the first change"
MEANWHILE_NOTE = "Changed by the connection itself (defaults, names)"


@dataclass(frozen=True)
class MappingKind:
    """What the history needs to know of one table. All callables run in the firm scope.

    `key` as in `KINDS`; `title` for headings; `page` is the URL name of its page (takes `provider`); `columns` are the
    properties a row may have besides `key`, all of them text; `read` returns the rows as they stand
    (only what is worth keeping: defaults nobody chose may be left out if `apply` restores them); `check` returns
    index → plain words for each row that cannot be applied; `apply` makes the table equal to rows that passed `check`:
    rows that are missing go back to their default or disappear. `apply` neither audits nor saves a version.
    `label` names a row's left side (“Slip and fall”), `words` its right side (“Intake / Retained”). `caption` returns
    a row with its `_name` properties as the catalogue has them now: a file's own captions are not believed.
    """

    key: str
    title: str
    page: str
    columns: frozenset[str]
    read: Callable[[Connection], Sequence[Row]]
    check: Callable[[Connection, Sequence[Row]], Mapping[int, str]]
    apply: Callable[[Connection, Sequence[Row]], None]
    label: Callable[[Row], str]
    words: Callable[[Row], str]
    caption: Callable[[Connection, Sequence[Row]], Sequence[Row]] | None = None


@dataclass(frozen=True)
class Difference:
    """One line that would change: its name, what it is, what it becomes ("" = not mapped)."""

    key: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Restored:
    """What going back did: lines changed, and lines left as they are with the reason (label, words)."""

    changed: Sequence[Difference]
    left: Sequence[tuple[str, str]]


def kind_of(key: str) -> MappingKind:
    """Return the declaration of one kind. Raises `Refused` for a kind that does not exist."""
    if key not in KINDS:
        raise Refused("There is no such mapping.", code=key)
    found: MappingKind = import_string(KINDS[key])
    return found


def declared_kinds() -> list[MappingKind]:
    """Return every kind there is."""
    return [kind_of(key) for key in KINDS if find_spec(KINDS[key].rpartition(".")[0])]


def essence(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return rows by key without captions: what counts as a difference."""
    return {str(row["key"]): {name: value for name, value in row.items() if not name.endswith("_name")} for row in rows}


def differences(kind: MappingKind, before: Sequence[Row], after: Sequence[Row]) -> list[Difference]:
    """Return the lines that differ between two states of a table, in the order of the later state."""
    old, new = essence(before), essence(after)
    rows_before, rows_after = {str(row["key"]): row for row in before}, {str(row["key"]): row for row in after}
    keys = [key for key in dict.fromkeys((*rows_after, *rows_before)) if old.get(key) != new.get(key)]
    return [
        Difference(
            key=key,
            label=kind.label(rows_after.get(key) or rows_before[key]),
            before=kind.words(rows_before[key]) if key in rows_before else "",
            after=kind.words(rows_after[key]) if key in rows_after else "",
        )
        for key in keys
    ]


def captioned(connection: Connection, kind: MappingKind, rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows with the names that the catalogue has now, as far as the kind knows how."""
    return kind.caption(connection, rows) if kind.caption else rows


def versions_for(connection: Connection, kind: str) -> list[MappingVersion]:
    """Return the versions of one table, newest first. In the firm scope."""
    return list(MappingVersion.objects.filter(connection=connection, kind=kind).order_by("-number"))


def current_number(connection: Connection, kind: str) -> int:
    """Return the number of the newest version, 0 when nothing was ever changed. In the firm scope."""
    number: int | None = numbers(connection, kind).first()
    return number or 0


def numbers(connection: Connection, kind: str) -> "QuerySet[MappingVersion, int]":
    """Return the numbers of the versions, newest first. In the firm scope."""
    rows = MappingVersion.objects.filter(connection=connection, kind=kind).order_by("-number")
    return rows.values_list("number", flat=True)


def version_of(connection: Connection, kind: str, number: int) -> MappingVersion:
    """Return one version. Raises `Refused` when there is none with this number."""
    found: MappingVersion | None = MappingVersion.objects.filter(
        connection=connection, kind=kind, number=number
    ).first()
    if found is None:
        raise Refused("There is no such version.", code=str(number))
    return found


def save_version(
    *, connection: Connection, kind: str, note: str = "", by_itself: bool = False
) -> MappingVersion | None:
    """Add a version when the table differs from the newest one; None when nothing changed. In the firm scope.

    Call it in the transaction of the change, while it holds the connection's row (`recorded` does). The actor is the
    acting user, nobody when the state came about `by_itself`.
    """
    rows = [dict(row) for row in kind_of(kind).read(connection)]
    newest = MappingVersion.objects.filter(connection=connection, kind=kind).order_by("-number").first()
    same_account = newest is not None and newest.remote_firm == connection.remote_firm
    if newest is not None and same_account and essence(newest.snapshot) == essence(rows):
        return None
    saved: MappingVersion = MappingVersion.objects.create(
        connection=connection,
        kind=kind,
        number=newest.number + 1 if newest else 1,
        remote_firm=connection.remote_firm,
        snapshot=rows,
        actor_id=None if by_itself else current_actor_id(),
        note=note[:200],
    )
    return saved


@contextmanager
def recorded(*, connection: Connection, kind: str, note: str = "") -> Iterator[None]:
    """One transaction around a change of a table, with a version at its end if something changed. In the firm scope.

    Holds the connection's row, so changes of one connection follow each other. The state before the first change
    is kept as a version of its own, so that even that can be undone. An exception leaves neither change nor version.
    Matters that waited for this mapping go on.
    """
    with transaction.atomic():
        Connection.objects.select_for_update().get(id=connection.id)
        known = current_number(connection, kind)
        save_version(connection=connection, kind=kind, note=MEANWHILE_NOTE if known else FIRST_NOTE, by_itself=True)
        yield
        if save_version(connection=connection, kind=kind, note=note) is not None:
            release(connection)


def plan_restore(connection: Connection, kind: str, number: int) -> Restored:
    """Return what `restore` would do now. Raises `Refused` for an unknown version or one of another account."""
    return _restorable(connection, kind_of(kind), version_of(connection, kind, number))[1]


def restore(*, connection: Connection, kind: str, number: int) -> Restored:
    """Put a table back to a version; the result is a new version on top. In the firm scope.

    Lines that cannot be applied any more (what they point at is gone) stay as they are and are returned with the
    reason. Audited. Raises `Refused` as `plan_restore` does.
    """
    declared, version = kind_of(kind), version_of(connection, kind, number)
    with recorded(connection=connection, kind=kind, note=f"Version {number} restored"):
        rows, result = _restorable(connection, declared, version)
        if result.changed:
            replace(connection=connection, kind=declared, rows=rows, action="mapping.restored", number=number)
    return result


def replace(
    *, connection: Connection, kind: MappingKind, rows: Sequence[Row], action: str, number: int | None = None
) -> None:
    """Make the table equal to checked rows and audit it with what changed. Inside `recorded`."""
    before = [dict(row) for row in kind.read(connection)]
    kind.apply(connection, rows)
    changed = {one.key: [one.before, one.after] for one in differences(kind, before, kind.read(connection))}
    details = {"kind": kind.key, "rows": changed} | ({"version": number} if number is not None else {})
    audit.record(action=action, object_type="connection", object_id=connection.id, changes=details)


def _restorable(connection: Connection, kind: MappingKind, version: MappingVersion) -> tuple[list[Row], Restored]:
    if version.remote_firm != connection.remote_firm:
        raise Refused("This version belongs to another account: its stages and fields do not exist in this one.")
    now = list(kind.read(connection))
    snapshot = captioned(connection, kind, version.snapshot)
    wrong = kind.check(connection, snapshot)
    present = {str(row["key"]): row for row in now}
    kept = [present.get(str(row["key"])) if place in wrong else row for place, row in enumerate(snapshot)]
    rows = [row for row in kept if row is not None]
    left = [(kind.label(snapshot[place]), words) for place, words in wrong.items()]
    return rows, Restored(differences(kind, now, rows), left)

"""Editable tables as JSON files: export, check of a file with the errors by row, difference, import."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.contract.errors import Refused
from integrations.mappings.versions import (
    Difference,
    MappingKind,
    Row,
    captioned,
    differences,
    essence,
    kind_of,
    recorded,
    replace,
)
from integrations.models import Connection

SCHEMA = "casehug.mapping/1"
MAX_CHARACTERS, MAX_ROWS = 512 * 1024, 2000


@dataclass(frozen=True)
class RowProblem:
    """One row that cannot be taken: its place in the file (1 = first), its name, what is wrong."""

    row: int
    label: str
    text: str


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. `problems` empty: it can be applied with `basis`, the state it was compared with."""

    rows: Sequence[Row]
    changes: Sequence[Difference]
    problems: Sequence[RowProblem]
    basis: str


def export_json(connection: Connection, kind: str) -> str:
    """Return the table as a JSON file. In the firm scope."""
    return file_text(connection, kind_of(kind), kind_of(kind).read(connection))


def file_text(connection: Connection, kind: MappingKind, rows: Sequence[Row]) -> str:
    """Return rows (of now or of a version) as the text of a file that `import_json` takes."""
    content = {
        "schema": SCHEMA,
        "kind": kind.key,
        "provider": connection.provider,
        "account": connection.remote_firm,
        "rows": [dict(row) for row in rows],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def basis_of(connection: Connection, kind: str) -> str:
    """Return a short mark of the table as it stands, to notice a change between looking and applying."""
    rows = essence(kind_of(kind).read(connection))
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


def plan_import(connection: Connection, kind: str, content: str) -> ImportPlan:
    """Check a file and compare it with the table as it stands; changes nothing. In the firm scope.

    Raises `Refused` when the text is no such file at all; wrong rows are listed in the plan.
    """
    declared = kind_of(kind)
    rows, problems = _rows(declared, _entries(connection, declared, content))
    if not problems:
        rows = list(captioned(connection, declared, rows))
        wrong = declared.check(connection, rows)
        problems = [RowProblem(place + 1, _label(declared, rows[place]), wrong[place]) for place in sorted(wrong)]
    changes = [] if problems else differences(declared, declared.read(connection), rows)
    return ImportPlan(rows, changes, problems, basis_of(connection, kind))


def import_json(*, connection: Connection, kind: str, content: str, basis: str) -> ImportPlan:
    """Apply a file whose difference was shown; all rows or none, with a new version, audited. In the firm scope.

    Raises `Refused` when a row is wrong, or when the table changed since `basis` (look at the difference again).
    """
    declared = kind_of(kind)
    with recorded(connection=connection, kind=kind, note="Imported from a file"):
        plan = plan_import(connection, kind, content)
        if plan.problems:
            raise Refused("Nothing was imported: some rows of the file are wrong.", code="rows")
        if plan.basis != basis:
            raise Refused("The mapping was changed meanwhile. Look at the difference again.", code="basis")
        if plan.changes:
            replace(connection=connection, kind=declared, rows=plan.rows, action="mapping.imported")
    return plan


def _entries(connection: Connection, kind: MappingKind, content: str) -> list[Any]:
    if len(content) > MAX_CHARACTERS:
        raise Refused("The file is too large for a mapping.", code="size")
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("The file is not JSON. Choose a file that was exported here.", code="json") from None
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        raise Refused(f"The file is not a mapping export: “schema” must be “{SCHEMA}”.", code="schema")
    if data.get("kind") != kind.key or data.get("provider") != connection.provider:
        raise Refused(f"The file holds another mapping, not {kind.title}.", code="kind")
    rows = data.get("rows")
    if not isinstance(rows, list) or len(rows) > MAX_ROWS:
        raise Refused(f"“rows” must be a list of at most {MAX_ROWS} rows.", code="rows")
    return rows


def _rows(kind: MappingKind, entries: Sequence[Any]) -> tuple[list[Row], list[RowProblem]]:
    rows: list[Row] = []
    problems: list[RowProblem] = []
    seen: set[str] = set()
    for place, entry in enumerate(entries, start=1):
        key = str(entry.get("key", "")) if isinstance(entry, Mapping) and _storable(entry) else ""
        text = _wrong(kind, entry, key, seen)
        if text:
            problems.append(RowProblem(place, key[:80], text))
            continue
        seen.add(key)
        rows.append(entry)
    return rows, problems


def _wrong(kind: MappingKind, entry: Any, key: str, seen: set[str]) -> str:
    """Return why an entry of a file is no row at all, "" when it is one."""
    if not isinstance(entry, Mapping):
        return "This row is not an object."
    if not _storable(entry):
        return "This row holds characters that cannot be stored."
    if odd := sorted(name for name, value in entry.items() if not isinstance(value, str)):
        return f"Must be text: {', '.join(odd[:5])}."
    if not key:
        return "This row has no “key”."
    if unknown := sorted(set(entry) - kind.columns - {"key"}):
        return f"Unknown property: {', '.join(unknown[:5])}."
    return f"“{key[:80]}” occurs twice." if key in seen else ""


def _storable(entry: Any) -> bool:
    """Tell whether a row has neither NUL nor half a character: PostgreSQL stores neither."""
    words = json.dumps(entry, ensure_ascii=False)
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in words


def _label(kind: MappingKind, row: Row) -> str:
    try:
        return kind.label(row)
    except (KeyError, TypeError, ValueError):
        return str(row["key"])[:80]

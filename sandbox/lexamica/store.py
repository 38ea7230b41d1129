"""The durable store: JSON documents by kind, with the few columns that look-ups need."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.storage import Storage

Doc = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, org INTEGER NOT NULL,
  parent TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '', due REAL, at REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS records_org ON records (kind, org, n);
CREATE INDEX IF NOT EXISTS records_parent ON records (parent, kind, n) WHERE parent <> '';
CREATE INDEX IF NOT EXISTS records_due ON records (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_at ON records (kind, org, at);
CREATE INDEX IF NOT EXISTS records_state ON records (kind, state, org);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
COLUMNS = "n, kind, id, org, parent, state, due, at, doc"


@dataclass
class Record:
    """One stored record. `org` is the number of the organization it belongs to, `parent` the id it hangs on."""

    n: int
    kind: str
    id: str
    org: int
    parent: str
    state: str
    due: float | None
    at: float
    doc: Doc


def new_id(at: float) -> str:
    """A fresh id of 24 hexadecimal characters that starts with its time."""
    return f"{int(at):08x}{secrets.token_hex(8)}"


class Store(Storage):
    """The records of this stand-in and how they are found."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.db.executescript(SCHEMA)

    def insert(
        self, kind: str, org: int, doc: Doc, *, at: float, parent: str = "", state: str = "",
        due: float | None = None, id: str = "",
    ) -> Record:  # fmt: skip
        """Keep a new record."""
        record_id = id or new_id(at)
        row = self.db.execute(
            "INSERT INTO records (kind, id, org, parent, state, due, at, doc) VALUES (?,?,?,?,?,?,?,?) RETURNING n",
            (kind, record_id, org, parent, state, due, at, json.dumps(doc, ensure_ascii=False)),
        ).fetchone()
        return Record(int(row[0]), kind, record_id, org, parent, state, due, at, doc)

    def save(self, record: Record) -> None:
        """Keep a changed record."""
        self.db.execute(
            "UPDATE records SET org = ?, parent = ?, state = ?, due = ?, doc = ? WHERE n = ?",
            (record.org, record.parent, record.state, record.due, json.dumps(record.doc, ensure_ascii=False), record.n),
        )

    def delete(self, record: Record) -> None:
        """Remove a record for good."""
        self.db.execute("DELETE FROM records WHERE n = ?", (record.n,))

    def get(self, kind: str, record_id: object, org: int | None = None) -> Record | None:
        """A record by kind and id, only of the given organization if one is named."""
        found = self.select("kind = ? AND id = ?", [kind, record_id]) if isinstance(record_id, str) else []
        return found[0] if found and org in (None, found[0].org) else None

    def numbered(self, n: int) -> Record | None:
        """A record by its number."""
        found = self.select("n = ?", [n])
        return found[0] if found else None

    def select(
        self, where: str, values: Sequence[object], *, order: str = "n", limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """Records by an SQL condition over the columns (`where` is never built from outside text)."""
        sql = f"SELECT {COLUMNS} FROM records WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        with self.lock:
            rows = self.db.execute(sql, [*values, limit, offset]).fetchall()
        return [Record(**dict(zip(COLUMNS.split(", "), (*row[:8], json.loads(row[8])), strict=True))) for row in rows]

    def count(self, where: str, values: Sequence[object]) -> int:
        """How many records are under a condition."""
        with self.lock:
            return int(self.db.execute(f"SELECT COUNT(*) FROM records WHERE {where}", list(values)).fetchone()[0])

    def all(self, kind: str, org: int | None = None) -> list[Record]:
        """Every record of a kind, of one organization if named, oldest first."""
        if org is None:
            return self.select("kind = ?", [kind])
        return self.select("kind = ? AND org = ?", [kind, org])

    def under(self, kind: str, parent: str) -> list[Record]:
        """Records of a kind that hang on one record, oldest first."""
        return self.select("parent = ? AND kind = ?", [parent, kind])

    def clear(self, *, keep: Sequence[str] = ()) -> None:
        """Remove all records but those of the kept kinds."""
        marks = ",".join("?" * len(keep))
        self.db.execute(f"DELETE FROM records WHERE kind NOT IN ({marks})" if keep else "DELETE FROM records", keep)

    def fact(self, name: str, default: str) -> str:
        """A single kept value."""
        with self.lock:
            row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a single value."""
        self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

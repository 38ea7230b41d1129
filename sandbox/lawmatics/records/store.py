"""The durable store: JSON documents by kind with the few index columns that finders and filters need."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.storage import Storage

Doc = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  kind TEXT NOT NULL, id INTEGER NOT NULL, account INTEGER NOT NULL, doc TEXT NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL, visible REAL NOT NULL DEFAULT 0,
  contact INTEGER, owner TEXT, stage INTEGER, email TEXT, phone TEXT, name TEXT,
  PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_account ON records (account, kind, id);
CREATE INDEX IF NOT EXISTS records_updated ON records (account, kind, updated);
CREATE INDEX IF NOT EXISTS records_created ON records (account, kind, created);
CREATE INDEX IF NOT EXISTS records_contact ON records (contact, kind) WHERE contact IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_owner ON records (owner, kind) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_stage ON records (stage, kind) WHERE stage IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_email ON records (email, kind) WHERE email IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_phone ON records (phone, kind) WHERE phone IS NOT NULL;
CREATE INDEX IF NOT EXISTS records_name ON records (name, kind) WHERE name IS NOT NULL;
CREATE TABLE IF NOT EXISTS sequences (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
  hash TEXT PRIMARY KEY, type TEXT NOT NULL, account INTEGER NOT NULL, user INTEGER NOT NULL, family TEXT NOT NULL,
  expires REAL, redirect_uri TEXT NOT NULL DEFAULT '', used INTEGER NOT NULL DEFAULT 0);
"""
# Sizes of a large store for SQLite's planner, which otherwise may walk all records of a firm to find five.
STATISTICS = {
    "records": "200000 20000 1", "records_account": "200000 100000 20000 1", "records_updated": "200000 100000 20000 2",
    "records_created": "200000 100000 20000 2", "records_contact": "200000 3 2", "records_owner": "200000 4 2",
    "records_stage": "200000 2000 2000", "records_email": "200000 2 1", "records_phone": "200000 2 1",
    "records_name": "200000 3 2",
}  # fmt: skip
COLUMNS = "kind, id, account, doc, created, updated, visible"
# Fixed numbers for what a firm sets up, so that the demo account looks the same after every reset.
CONFIG_KINDS = ("user", "pipeline", "stage", "practice_area", "sub_status", "custom_field", "form", "tag",
                "source", "campaign", "custom_contact_type", "list_option", "webhook")  # fmt: skip


@dataclass
class Record:
    """One stored record."""

    kind: str
    id: int
    account: int
    doc: Doc
    created: float
    updated: float
    visible: float = 0.0


def normal_email(text: object) -> str | None:
    """An e-mail address as the finder compares it."""
    return unicodedata.normalize("NFKC", text).strip().lower() or None if isinstance(text, str) else None


def digits(text: object) -> str | None:
    """The digits of a phone number."""
    return "".join(ch for ch in text if ch.isdigit()) or None if isinstance(text, str) else None


class Store(Storage):
    """The records of this stand-in and how they are found."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.db.execute("PRAGMA cache_size=-65536")
        self.db.executescript(SCHEMA)
        self._teach_planner()
        self.lag_until = self.db.execute("SELECT COALESCE(MAX(visible), 0) FROM records").fetchone()[0]

    def _teach_planner(self) -> None:
        self.db.execute("ANALYZE sqlite_schema")
        self.db.execute("DELETE FROM sqlite_stat1")
        rows = [("records", index, sizes) for index, sizes in STATISTICS.items()]
        self.db.executemany("INSERT INTO sqlite_stat1 VALUES (?,?,?)", rows)
        self.db.execute("ANALYZE sqlite_schema")

    def next_id(self, kind: str) -> int:
        """The next number of a kind. Numbers are never used again, not even after a reset of the records."""
        row = self.db.execute(
            "INSERT INTO sequences VALUES (?, 101) ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last",
            (kind,),
        ).fetchone()
        return int(row[0])

    def insert(
        self, kind: str, account: int, doc: Doc, *, at: float, lag: float = 0.0, id: int | None = None
    ) -> Record:
        """Keep a new record; `lag` hides it from finders and filters for so many seconds."""
        visible = time.time() + lag if lag > 0 else 0.0
        self.lag_until = max(self.lag_until, visible)
        record = Record(kind, id if id is not None else self.next_id(kind), account, doc, at, at, visible)
        self._write(record)
        return record

    def save(self, record: Record, *, at: float) -> None:
        """Keep a changed record."""
        record.updated = at
        self._write(record)

    def _write(self, record: Record) -> None:
        doc = record.doc
        owner = f"{doc['owner_kind']}:{doc['owner_id']}" if doc.get("owner_kind") else None
        email = doc.get("info") if record.kind == "email_address" else doc.get("email")
        phone = doc.get("info") if record.kind == "phone_number" else None
        # A matter without a stage is kept under minus its account, so that the board finds those by index too.
        stage = doc.get("stage_id") or (-record.account if record.kind == "prospect" else None)
        name = "waiting" if doc.get("state") == "waiting" else None
        if record.kind == "contact":
            name = " ".join(filter(None, (doc.get("first_name"), doc.get("last_name")))).casefold() or None
        self.db.execute(
            "INSERT OR REPLACE INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (record.kind, record.id, record.account, json.dumps(doc, ensure_ascii=False), record.created,
             record.updated, record.visible, doc.get("contact_id"), owner, stage, normal_email(email),
             digits(phone), name),
        )  # fmt: skip

    def delete(self, record: Record) -> None:
        """Remove a record for good."""
        self.db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (record.kind, record.id))

    def get(self, kind: str, record_id: int | None, account: int | None = None) -> Record | None:
        """A record by kind and number, only of the given account if one is named."""
        if record_id is None or not -(2**63) <= record_id < 2**63:
            return None
        found = self.select("kind = ? AND id = ?", [kind, record_id])
        return found[0] if found and account in (None, found[0].account) else None

    def select(
        self, where: str, values: Sequence[object], *, order: str = "id", limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """Records by an SQL condition over the columns (`where` is never built from outside text)."""
        sql = f"SELECT {COLUMNS} FROM records WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        with self.lock:
            rows = self.db.execute(sql, [*values, limit, offset]).fetchall()
        return [Record(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6]) for row in rows]

    def ids(self, where: str, values: Sequence[object]) -> list[int]:
        """Numbers of the records under a condition, in order."""
        with self.lock:
            rows = self.db.execute(f"SELECT id FROM records WHERE {where} ORDER BY id", list(values)).fetchall()
        return [row[0] for row in rows]

    def count(self, where: str, values: Sequence[object]) -> int:
        """How many records are under a condition."""
        with self.lock:
            return int(self.db.execute(f"SELECT COUNT(*) FROM records WHERE {where}", list(values)).fetchone()[0])

    def all(self, kind: str, account: int) -> list[Record]:
        """Every record of a kind in an account, by number."""
        return self.select("account = ? AND kind = ?", [account, kind])

    def owned(self, kind: str, owner_kind: str, owner_id: int) -> list[Record]:
        """Records of a kind that hang on one owner (notes, addresses, activities), by number."""
        return self.select("owner = ? AND kind = ?", [f"{owner_kind}:{owner_id}", kind])

    def clear(self, *, keep_connections: bool) -> None:
        """Empty the records; numbers of what a firm sets up start again, those of its clients never do."""
        kept = ("webhook",) if keep_connections else ()
        marks = ",".join("?" * len(kept))
        self.db.execute(f"DELETE FROM records WHERE kind NOT IN ({marks})" if kept else "DELETE FROM records", kept)
        if not keep_connections:
            self.db.execute("DELETE FROM tokens")
        again = [(kind,) for kind in CONFIG_KINDS if kind not in kept]
        self.db.executemany("DELETE FROM sequences WHERE kind = ?", again)
        self.lag_until = 0.0

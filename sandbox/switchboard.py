"""Switches of a stand-in: each assumption of the contract that can be turned, and a few dials, kept in the store."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS switches (
  account INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, name));
"""


@dataclass(frozen=True)
class Switch:
    """One switch: its fixed words, and whether a number is allowed as well."""

    name: str
    default: str
    label: str
    words: tuple[str, ...] = ()
    number: bool = False
    assumption: str = ""
    signed: bool = False

    def accepts(self, value: str) -> bool:
        """Is the value one of the words, or a number where numbers are allowed?"""
        if value in self.words:
            return True
        try:
            return self.number and float(value) >= (-1e9 if self.signed else 0)
        except ValueError:
            return False


class SwitchBoard:
    """The values in force: an account's own, else those for all accounts, else the defaults. Kept in the store."""

    def __init__(self, db: sqlite3.Connection, known: dict[str, Switch]) -> None:
        self._db, self.known = db, known
        db.executescript(SCHEMA)
        self._values: dict[tuple[int, str], str] = {}
        self.reload()

    def reload(self) -> None:
        """Read the kept values again."""
        rows = self._db.execute("SELECT account, name, value FROM switches").fetchall()
        self._values = {(account, name): value for account, name, value in rows}

    def get(self, name: str, account: int | None = None) -> str:
        """The value of a switch for one account."""
        own = self._values.get((account or 0, name))
        return own if own is not None else self._values.get((0, name), self.known[name].default)

    def number(self, name: str, account: int | None = None) -> float:
        """The value of a number switch."""
        return float(self.get(name, account))

    def check(self, name: str, value: object) -> str:
        """The value as text; raises ValueError when the switch or the value is unknown."""
        if isinstance(value, bool):
            value = "on" if value else "off"
        text = str(value).strip()
        if name not in self.known:
            raise ValueError(f"unknown switch {name}")
        if not self.known[name].accepts(text):
            words = ", ".join(self.known[name].words) or "a number"
            raise ValueError(f"{name} takes {words}{' or a number' if self.known[name].number else ''}, not {text!r}")
        return text

    def set(self, changes: dict[str, object], account: int | None = None) -> None:
        """Keep new values, all or none. The caller holds the store's transaction."""
        checked = {name: self.check(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            self._db.execute("INSERT OR REPLACE INTO switches VALUES (?,?,?)", (account or 0, name, value))
        self._values.update({(account or 0, name): value for name, value in checked.items()})

    def clear(self) -> None:
        """Back to the defaults everywhere."""
        self._db.execute("DELETE FROM switches")
        self._values = {}

    def all(self, account: int | None = None) -> dict[str, str]:
        """Every switch with its value in force."""
        return {name: self.get(name, account) for name in self.known}

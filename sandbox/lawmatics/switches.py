"""The switches of the stand-in: each assumption of the contract that can be turned, and a few dials."""

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

    def accepts(self, value: str) -> bool:
        """Is the value one of the words, or a number where numbers are allowed?"""
        if value in self.words:
            return True
        try:
            return self.number and float(value) >= (-1e9 if self.name == "clock_skew" else 0)
        except ValueError:
            return False


SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        Switch(
            "oauth_scope", "ignore", "A scope in the authorize request", ("ignore", "invalid_scope"), assumption="A4"
        ),
        Switch("token_mode", "non_expiring", "Tokens", ("non_expiring", "expiring"), assumption="A5"),
        Switch("token_lifetime", "7200", "Life of an expiring token, seconds", number=True, assumption="A5"),
        Switch("refresh_reuse", "reject", "A refresh token used twice", ("reject", "revoke_family"), assumption="A5"),
        Switch("auto_approve", "off", "Consent screen", ("off", "allow", "deny"), assumption="A1"),
        Switch("finder_not_found", "404", "Finder without a match", ("404", "null"), assumption="A10"),
        Switch("email_finder", "exact", "E-mail finder", ("exact", "fuzzy"), assumption="A12"),
        Switch(
            "contact_create", "upsert", "New contact with a known e-mail", ("upsert", "duplicate"), assumption="A13"
        ),
        Switch(
            "sub_status_effect", "linked", "Sub-status moves the status", ("linked", "independent"), assumption="A17"
        ),
        Switch("note_target", "all", "Notes attach to", ("all", "no_contact"), assumption="A26"),
        Switch(
            "webhook_names", "lawmatics", "Names of webhook events", ("lawmatics", "casehug", "both"), assumption="A31"
        ),
        Switch("stage_event", "on", "A stage change sends an event", ("on", "off")),
        Switch("rate_limit", "50", "Calls per window and firm", ("off",), number=True, assumption="A25"),
        Switch("rate_window", "sliding", "Kind of rate window", ("sliding", "fixed", "bucket"), assumption="A25"),
        Switch("rate_window_seconds", "60", "Length of the rate window, seconds", number=True, assumption="A25"),
        Switch("rival_calls", "0", "Calls per window taken by other apps of the firm", number=True),
        Switch("rate_body", "envelope", "Body of a 429", ("envelope", "empty", "html"), assumption="A23"),
        Switch(
            "latency", "off", "Delay of answers: off, realistic, or milliseconds", ("off", "realistic"), number=True
        ),
        Switch("finder_lag", "0", "New records invisible to finders and filters, seconds", number=True),
        Switch("shuffle_lists", "off", "Rows of a page in random order", ("off", "on")),
        Switch("custom_field_ids", "string", "Custom field ids inside records", ("string", "int")),
        Switch(
            "list_filters", "honoured", "Filters by e-mail and contact, activities by owner",
            ("honoured", "ignored", "refused"), assumption="A7",
        ),  # fmt: skip
        Switch("webhook_delivery", "normal", "Webhooks arrive", ("normal", "duplicate", "late", "reordered", "off")),
        Switch("webhook_delay_seconds", "30", "Delay of late webhooks, seconds", number=True),
        Switch("webhook_time_scale", "1", "Factor on the pauses between webhook attempts", number=True),
        Switch("clock_skew", "0", "Clock of the stand-in is ahead by seconds", number=True),
    )
}


class SwitchBoard:
    """The values in force: an account's own, else those for all accounts, else the defaults. Kept in the store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
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
        return own if own is not None else self._values.get((0, name), SWITCHES[name].default)

    def number(self, name: str, account: int | None = None) -> float:
        """The value of a number switch."""
        return float(self.get(name, account))

    def check(self, name: str, value: object) -> str:
        """The value as text; raises ValueError when the switch or the value is unknown."""
        if isinstance(value, bool):
            value = "on" if value else "off"
        text = str(value).strip()
        if name not in SWITCHES:
            raise ValueError(f"unknown switch {name}")
        if not SWITCHES[name].accepts(text):
            words = ", ".join(SWITCHES[name].words) or "a number"
            raise ValueError(f"{name} takes {words}{' or a number' if SWITCHES[name].number else ''}, not {text!r}")
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
        return {name: self.get(name, account) for name in SWITCHES}

"""What was set up in an account: wanted, found, repaired, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connections import ways
from integrations.contract.onboarding import ONBOARDING, POLLING
from integrations.models import Connection

KINDS = {"mapping": "Field mapping", "webhook": "Webhook", "stored": "Kept events"}
FOUND = {"fits": "There", "missing": "Missing", "differs": "Different"}


@dataclass(frozen=True)
class Line:
    """One wanted thing: how it was found, and how it stands now. `ok`: it is as wanted."""

    kind: str
    label: str
    found: str
    now: str
    ok: bool


@dataclass(frozen=True)
class SetUp:
    """The set-up of one account. `chosen` is empty before a choice; `under_way` while a worker is at it."""

    chosen: Sequence[str]
    mode: str
    minutes: int
    warning: str
    lines: Sequence[Line]
    missing: int
    repaired: int
    removed: int
    complete: bool
    under_way: bool
    problem: str
    at: datetime | None


def set_up_of(connection: Connection) -> SetUp | None:
    """Return the set-up of a connection, None for a provider that needs none. In the firm scope."""
    declared = ways.onboarding_of(connection)
    if declared is None:
        return None
    under_way = ways.onboarding_under_way(connection.id)
    if not under_way:  # it may have ended since the connection was read: how it ended is asked after whether it did
        connection.refresh_from_db(fields=["profile"])
    settings, kept = connection.settings, connection.profile.get(ONBOARDING, {})
    lines = [_line(row) for row in kept.get("lines", ())]
    return SetUp(
        chosen=[one.label for one in declared.patterns if one.key in settings.get(ways.PATTERNS, ())],
        mode="Polling" if settings.get(ways.MODE) == POLLING else "Webhooks",
        minutes=int(settings.get(ways.MINUTES, ways.SAFETY_MINUTES)),
        warning=ways.warning(connection, settings),
        lines=lines,
        missing=sum(not line.ok for line in lines),
        repaired=int(kept.get("repaired", 0)),
        removed=int(kept.get("removed", 0)),
        complete=bool(kept.get("complete")),
        under_way=under_way,
        problem=str(kept.get("problem", "")),
        at=datetime.fromisoformat(kept["at"]) if kept.get("at") else None,
    )


def _line(row: dict[str, Any]) -> Line:
    ok, was = row["state"] == "fits", row["was"]
    now = "As wanted" if ok and was == "fits" else ("Repaired" if ok else row["words"] or "Not as wanted")
    if ok and was == "missing":
        now = "Made"
    found = FOUND.get(was, was) + (f": {row['found']}" if was == "differs" and row["found"] else "")
    return Line(KINDS.get(row["kind"], row["kind"]), row["label"], found, now, ok)

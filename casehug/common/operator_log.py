"""The operators' log: who did what to the installation, and when something was last reported. Never client data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from casehug.common.models import OperatorEntry

log = structlog.get_logger(__name__)
COMMAND = "command"
BACKUP, ISOLATION, ROTATED, OPERATOR = "backup.reported", "isolation.checked", "keys.rotated", "operator.changed"
SEAL = "seal.checked"


def note(action: str, *, actor: str = COMMAND, details: Mapping[str, Any] | None = None) -> OperatorEntry:
    """Append an entry; `actor` is the operator's e-mail, or `command`."""
    entry = OperatorEntry.objects.create(action=action, actor=actor, details=dict(details or {}))
    log.info("operations.noted", kind=action)
    return entry


def last(action: str, **details: Any) -> OperatorEntry | None:
    """Return the newest entry of an action, with these details if given."""
    wanted = {f"details__{key}": value for key, value in details.items()}
    return OperatorEntry.objects.filter(action=action, **wanted).order_by("-created_at").first()


def broken_seals() -> list[str]:
    """Return the ids of the firms whose audit seal was broken when it was checked last."""
    newest: dict[str, str] = {}
    for details in OperatorEntry.objects.filter(action=SEAL).order_by("created_at").values_list("details", flat=True):
        newest[str(details.get("firm", ""))] = str(details.get("fault", ""))
    return sorted(firm for firm, fault in newest.items() if fault)


def recent(number: int = 20) -> list[OperatorEntry]:
    """Return the newest entries."""
    return list(OperatorEntry.objects.order_by("-created_at")[:number])


def age_seconds(moment: datetime, now: datetime) -> float:
    """Return how long ago something was, never less than nothing."""
    return max(0.0, (now - moment).total_seconds())

"""How a firm works with an account that has to be set up: its patterns, webhooks or polling, and how often to look."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from integrations.connections.holds import hold_reason
from integrations.contract.errors import Refused
from integrations.contract.onboarding import ONBOARDING, POLLING, WEBHOOKS, Choice, Onboarding
from integrations.models import Connection
from integrations.registry import provider

KIND = "onboard_connection"
PATTERNS, MODE, MINUTES = "patterns", "mode", "poll_minutes"
MODES = (WEBHOOKS, POLLING)
MINUTE_CHOICES = (1, 5, 10, 15, 30, 60, 240, 1440)
SAFETY_MINUTES = 15
"""How often to look beside webhooks, which may get lost."""


def onboarding_of(connection: Connection) -> Onboarding | None:
    """Return what an account of this provider has to be set up with, None when there is nothing."""
    return provider(connection.provider).onboarding


def choice_of(connection: Connection, address: str) -> Choice | None:
    """Return what the firm has chosen, None before it did."""
    chosen, mode = connection.settings.get(PATTERNS), connection.settings.get(MODE)
    return Choice(tuple(chosen), mode, address) if chosen and mode in MODES else None


def is_set_up(connection: Connection) -> bool:
    """Tell whether everything the firm chose stood there at the last look: until then nothing can be sent."""
    return bool(connection.profile.get(ONBOARDING, {}).get("complete"))


def choose_ways(
    *, connection_id: uuid.UUID, patterns: Sequence[str], mode: str, minutes: int, actor_id: uuid.UUID | None = None
) -> Connection:
    """Store the firm's choice and queue setting the account up for it. In the firm scope.

    Raises `Refused` (code = field) for unknown or empty values.
    """
    connection: Connection = Connection.objects.select_for_update().get(id=connection_id)
    declared = onboarding_of(connection)
    known = [one.key for one in declared.patterns] if declared else []
    kept = [key for key in known if key in patterns]
    if not kept or set(patterns) - set(known):
        raise Refused("Choose at least one way of working.", code=PATTERNS)
    if mode not in MODES:
        raise Refused("Choose webhooks or polling.", code=MODE)
    if minutes not in MINUTE_CHOICES:
        raise Refused("Choose one of the intervals.", code=MINUTES)
    before = {name: connection.settings.get(name) for name in (PATTERNS, MODE, MINUTES)}
    now: dict[str, Any] = {PATTERNS: kept, MODE: mode, MINUTES: minutes}
    connection.settings = {**connection.settings, **now}
    connection.save(update_fields=["settings", "updated_at"])
    changes = {name: [before[name], value] for name, value in now.items() if before[name] != value}
    if changes:
        audit.record(
            action="connection.ways_chosen", object_type="connection", object_id=connection.id, changes=changes
        )
    ask_for_onboarding(connection, actor_id=actor_id)
    return connection


def ask_for_onboarding(
    connection: Connection, *, lane: int = WorkItem.Lane.BUTTON, actor_id: uuid.UUID | None = None
) -> WorkItem:
    """Queue comparing and mending what stands in the account; a live one is joined. In the firm scope."""
    return work.enqueue(
        kind=KIND, queue="maintenance", subject_type="connection", subject_id=connection.id, writes=True,
        connection_id=connection.id, lane=lane, trigger="onboard", hold_reason=hold_reason(connection),
        actor_id=actor_id,
    )  # fmt: skip


def onboarding_under_way(connection_id: uuid.UUID) -> bool:
    """Tell whether setting up is queued or running. In the firm scope."""
    rows = WorkItem.objects.filter(kind=KIND, subject_id=connection_id, status__in=("ready", "running"))
    return bool(rows.exists())


def advice(connection: Connection, patterns: Sequence[str], mode: str) -> tuple[int, int] | None:
    """Return the shortest and longest advised minutes between two looks, None when there is no advice."""
    declared = onboarding_of(connection)
    if declared is None or mode != POLLING:
        return None
    spans = [span for one in declared.patterns if one.key in patterns and (span := one.advice.get(mode))]
    if not spans:
        return None
    return max(1, min(low for low, _ in spans) // 60), max(1, min(high for _, high in spans) // 60)


def warning(connection: Connection, settings: Mapping[str, Any]) -> str:
    """Return why an interval is too slow for what was chosen, "" when it is not."""
    span = advice(connection, settings.get(PATTERNS, ()), settings.get(MODE, ""))
    minutes = settings.get(MINUTES, 0)
    if span is None or minutes <= span[1]:
        return ""
    return (
        f"Looking every {minutes} minutes is slower than the {span[0]} to {span[1]} minutes advised here: news comes"
        " late, and a short invitation may expire before anybody sees it."
    )

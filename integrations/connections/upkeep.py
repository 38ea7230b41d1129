"""Periodic care for connections: accounts not examined for long, and broken ones nobody was told of."""

import uuid
from datetime import datetime, timedelta

from casehug.common import ticks
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.connections import notices
from integrations.connections.examine import ask_for_examination
from integrations.connections.holds import hold_reason
from integrations.contract.behaviour import PROFILE
from integrations.models import Connection
from integrations.registry import UnknownProvider, provider

FIRST_AFTER = timedelta(minutes=10)
"""A new connection first sends what waited for it."""
AGAIN_AFTER = timedelta(days=30)
UNTOLD_AFTER = timedelta(minutes=2)


def tick() -> int:
    """Queue due examinations; returns how many. A second tick at once changes nothing."""
    return sum(_firm(firm_id) for firm_id in ticks.firm_ids())


def _firm(firm_id: uuid.UUID) -> int:
    asked = 0
    with firm_scope(firm_id):
        now = database_now()
        for row in Connection.objects.exclude(state=Connection.State.NOT_CONNECTED):
            if row.state == Connection.State.NEEDS_RECONNECT and row.updated_at < now - UNTOLD_AFTER:
                # An authorisation whose process died while it was checked left the state without a word.
                notices.reconnect_needed(row, row.state_reason)
            elif _due(row, now):
                ask_for_examination(connection=row)
                asked += 1
    return asked


def _due(row: Connection, now: datetime) -> bool:
    try:
        questions = provider(row.provider).behaviours
    except UnknownProvider:
        return False
    if not questions or hold_reason(row) or row.connected_at is None or row.connected_at > now - FIRST_AFTER:
        return False
    last = row.profile.get(PROFILE, {}).get("asked_at")
    return last is None or datetime.fromisoformat(last) < now - AGAIN_AFTER

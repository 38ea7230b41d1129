"""Figures for the operator: the state of every connection and what came in and waits, by firm id, no content."""

import uuid

from django.db import connection as database


def outside() -> list[tuple[uuid.UUID, str, str, bool, bool, int, float | None]]:
    """Return firm id, provider, state, paused out and in, events that wait and the age of the oldest in seconds."""
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_connection_states() ORDER BY firm_id, provider")
        rows: list[tuple[uuid.UUID, str, str, bool, bool, int, float | None]] = cursor.fetchall()
    return rows

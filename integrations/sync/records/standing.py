"""How a run stands between two steps, asked and written in one statement each: they run before and after every call."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database

from casehug.common.models import WorkItem

Record = tuple[str, uuid.UUID]
"""Local type and local id of a record, as links and intents name it."""

_NOW = """
    EXISTS (SELECT 1 FROM common_workitem o WHERE o.firm_id = %(firm)s AND o.connection_id = %(connection)s
        AND o.status = 'ready' AND o.lane < %(lane)s AND o.next_attempt_at <= now()),
    ARRAY (SELECT i.kind FROM integrations_remoteintent i
        JOIN unnest(%(kinds)s::text[], %(ids)s::uuid[]) AS own(kind, id) ON i.kind = own.kind AND i.subject_id = own.id
        WHERE i.firm_id = %(firm)s AND i.connection_id = %(connection)s AND i.outcome IN ('inflight', 'unknown'))"""
_CONCLUDE = f"""
    WITH answered AS (UPDATE integrations_connection
        SET failures_in_row = 0, breaker_probe_at = NULL, last_success_at = statement_timestamp()
        WHERE firm_id = %(firm)s AND id = %(connection)s)
    UPDATE common_workitem SET step = %(step)s, step_state = %(state)s::jsonb
    WHERE id = %(item)s AND fence = %(fence)s AND status = 'running' RETURNING {_NOW}"""  # nosec B608  # a constant of this file


@dataclass(frozen=True)
class Standing:
    """What was true a moment ago. `urgent`: a more urgent row of this connection is due. `open_kinds`: local types

    of the run's own records for which some write has no answer, whichever row sent it.
    """

    urgent: bool
    open_kinds: frozenset[str]


def read(item: WorkItem, records: Sequence[Record]) -> Standing:
    """Return how a claimed row stands, inside its scope."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {_NOW}", _values(item, records))
        return _standing(cursor.fetchone())


def conclude(item: WorkItem, *, step: str, state: Mapping[str, Any], records: Sequence[Record]) -> Standing | None:
    """The provider answered: close the breaker, save the last finished step (ids only), return how the row stands.

    None when the row is another worker's now; that the provider answered is noted all the same.
    """
    values = _values(item, records) | {
        "step": step, "state": json.dumps(dict(state)), "item": item.id, "fence": item.fence,
    }  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_CONCLUDE, values)
        row = cursor.fetchone()
    if row is None:
        return None
    item.step, item.step_state = step, dict(state)
    return _standing(row)


def _values(item: WorkItem, records: Sequence[Record]) -> dict[str, Any]:
    return {
        "firm": item.firm_id, "connection": item.connection_id, "lane": item.lane,
        "kinds": [kind for kind, _ in records], "ids": [one for _, one in records],
    }  # fmt: skip


def _standing(row: Sequence[Any]) -> Standing:
    return Standing(bool(row[0]), frozenset(row[1]))

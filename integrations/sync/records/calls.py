"""The calls of a run for the inspector: noted in memory while they happen, written once when the run lets go."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from casehug.common.encryption import DecryptionError, seal, unseal
from casehug.common.models import WorkItem
from casehug.common.rows import insert
from casehug.common.secret import Secret
from integrations.contract.records import SealedBody
from integrations.models import CallRecord, Connection
from integrations.sync.outgoing.excerpts import answer_shape, request_fields, safe_path
from integrations.sync.outgoing.masking import mask, parts_of

TABLE, COLUMN = "integrations_callrecord", "content"
MOST_CALLS = 100
KEPT_DAYS = 30


@dataclass(frozen=True)
class Call:
    """One call as it happened. `answer` is the parsed body, `error` the provider's or our own words."""

    step: str
    at: datetime
    method: str
    path: str
    query: tuple[str, ...]
    seconds: float
    status: int | None
    answer: Any = None
    error: str = ""
    body: SealedBody | None = None


@dataclass(frozen=True)
class Content:
    """What the inspector shows of one call."""

    query: list[str]
    fields: list[list[str]]
    answer: str
    error: str


def now() -> datetime:
    """Return the moment a call starts."""
    return datetime.now(UTC)


def keep(
    calls: Iterable[Call], *, connection: Connection, run_id: uuid.UUID, matter_id: uuid.UUID, attempt: int,
    values: set[str], settling: bool = False,
) -> None:  # fmt: skip
    """Write calls of a run, redacted and sealed, inside the firm scope. `values` are those that may have been sent."""
    rows, parts = [], parts_of(values)
    for call in list(calls)[:MOST_CALLS]:
        row = CallRecord(
            connection=connection, work_item_id=run_id, matter_id=matter_id, step=call.step, attempt=attempt,
            settling=settling, made_at=call.at, method=call.method, path=safe_path(call.path, values, parts),
            http_status=call.status, duration_ms=round(call.seconds * 1000),
        )  # fmt: skip
        row.content = seal(Secret(json.dumps(_content(call, parts))), table=TABLE, column=COLUMN, row_id=row.id)
        rows.append(row)
    insert(rows)


def keep_for(item: WorkItem, *, connection: Connection, calls: Iterable[Call], values: set[str]) -> None:
    """Write the calls of a claimed sync row."""
    attempt = item.attempts + 1
    keep(calls, connection=connection, run_id=item.id, matter_id=item.subject_id, attempt=attempt, values=values)


def _content(call: Call, parts: Sequence[str]) -> Mapping[str, Any]:
    return {
        "query": sorted(call.query),
        "fields": request_fields(call.body) if call.body else [],
        "answer": "" if call.answer is None else answer_shape(call.answer),
        "error": mask(call.error, parts),
    }


def open_content(row: CallRecord) -> Content | None:
    """Return what is kept of a call, None when it cannot be opened any more."""
    try:
        plain = json.loads(unseal(row.content, table=TABLE, column=COLUMN, row_id=row.id).reveal())
    except DecryptionError:
        return None
    return Content(**plain)

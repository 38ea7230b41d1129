"""The operation log (CH-43): one line per operation, also for retries; an unanswered one stays open until settled."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from casehug.common.models import WorkItem
from casehug.common.rows import insert
from integrations.models import Connection, SyncLog
from integrations.sync.outgoing.prepared import NO_MATTER

LONGEST_TEXT = 2000
_waiting: ContextVar[list[SyncLog] | None] = ContextVar("log_lines", default=None)


@dataclass(frozen=True)
class Trouble:
    """Why an operation failed, ready to be stored: text is in plain words and masked."""

    error_class: str
    error_code: str = ""
    text: str = ""
    http_status: int | None = None

    def __post_init__(self) -> None:
        # The text is searched through an index, whose entries are bounded.
        object.__setattr__(self, "text", self.text.encode()[:LONGEST_TEXT].decode(errors="ignore"))


def write(
    *,
    connection: Connection,
    item: WorkItem,
    matter_id: uuid.UUID,
    action: str,
    status: str,
    external_id: str = "",
    trouble: Trouble | None = None,
    seconds: float | None = None,
    intent_id: uuid.UUID | None = None,
) -> SyncLog:
    """Add one line inside the caller's transaction (the one of the effect it tells about)."""
    line = SyncLog(
        connection=connection,
        work_item_id=item.id,
        matter_id=None if matter_id == NO_MATTER else matter_id,
        action=action,
        status=status,
        external_id=external_id,
        attempt=item.attempts + 1,
        actor_id=item.actor_id,
        trigger=item.trigger,
        error_class=trouble.error_class if trouble else "",
        error_code=trouble.error_code if trouble else "",
        error_text=trouble.text if trouble else "",
        http_status=trouble.http_status if trouble else None,
        duration_ms=None if seconds is None else round(seconds * 1000),
        intent_id=intent_id,
    )
    waiting = _waiting.get()
    if waiting is None:
        insert([line])
    else:
        waiting.append(line)
    return line


@contextmanager
def together() -> Iterator[None]:
    """Add the lines written inside with one statement at its end. Nothing inside may ask the log for them."""
    token = _waiting.set([])
    try:
        yield
        insert(_waiting.get() or [])
    finally:
        _waiting.reset(token)


def settle_open(*, intent_id: uuid.UUID, status: str, external_id: str = "", trouble: Trouble | None = None) -> bool:
    """Close the open line of an unanswered call with what was found out. Returns False when there is none."""
    lines = SyncLog.objects.filter(intent_id=intent_id, status=SyncLog.Status.CHECKING)
    changed: int = lines.update(
        status=status,
        external_id=external_id,
        error_class=trouble.error_class if trouble else "",
        error_code=trouble.error_code if trouble else "",
        error_text=trouble.text if trouble else "",
    )
    return bool(changed)

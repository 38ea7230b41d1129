"""Retry many runs at once: each by itself, only what did not arrive, with a summary of what was left alone."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from casehug.audit import services as audit
from casehug.common.models import WorkItem
from integrations.models import Connection
from integrations.sync.services import SyncRefused, retry_sync

MOST = 500


@dataclass(frozen=True)
class Summary:
    """How many were queued, and how many were left alone for which reason."""

    queued: int = 0
    left: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The summary as sentences."""
        runs = "One run is queued again." if self.queued == 1 else f"{self.queued} runs are queued again."
        first = f"{runs} Only what did not arrive is sent." if self.queued else "No run was queued again."
        return " ".join([first, *(f"Left alone: {count} ({reason})." for reason, count in self.left.items())])


def retry_many(
    *, connection: Connection, run_ids: Iterable[uuid.UUID], retryable: set[uuid.UUID], actor_id: uuid.UUID | None
) -> Summary:
    """Queue these runs of a connection again, behind what people press one by one. Inside the firm scope.

    `retryable` are those that failed and that nothing followed: a second press finds none of them, so it does nothing.
    """
    wanted = list(dict.fromkeys(run_ids))[:MOST]
    queued, left = 0, Counter[str]()
    for run_id in wanted:
        if run_id not in retryable:
            left["they did not fail, or a newer run has followed"] += 1
            continue
        try:
            retry_sync(work_item_id=run_id, actor_id=actor_id, lane=WorkItem.Lane.BULK)
        except SyncRefused as refused:
            left[refused.message.what.rstrip(".")] += 1
        else:
            queued += 1
    audit.record(
        action="sync.retried_many", object_type="connection", object_id=connection.id,
        changes={"queued": queued, "left": sum(left.values())},
    )  # fmt: skip
    return Summary(queued, dict(left))

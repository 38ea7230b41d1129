"""From a work row to the word people read (experience.md §3.1): one vocabulary for panel, lists, log and runs."""

from dataclasses import dataclass
from datetime import datetime

from casehug.common.models import WorkItem
from integrations.sync.states import MatterSync

SYNC = "sync_matter"
CHECKING = "checking"
WAITS_FOR = {
    "reconnect": "Waiting for a reconnect",
    "paused": "Waiting: sync is paused",
    "other_account": "Waiting for a decision",
    "configuration": "Waiting for permission",
    "mapping": "Waiting for a mapping",
    "set_up": "Waiting for the account to be set up",
    "decide": "Waiting for somebody to say whether it arrived",
}


@dataclass(frozen=True)
class SyncState:
    """State name of `casehug.common.wording`, its words, whether it changes by itself soon, and until when it waits."""

    state: str
    label: str
    live: bool
    until: datetime | None = None


NOT_SENT = SyncState("skipped", "Not sent", False)


def state_of(item: WorkItem, now: datetime, *, flagged: bool = False) -> SyncState:
    """Return the state of a sync from its latest work row. `flagged`: a person should look at it."""
    status = item.status
    if status == WorkItem.Status.HELD and item.hold_reason == CHECKING:
        return SyncState("unknown", "Unknown — checking", True)
    if status == WorkItem.Status.HELD:
        return SyncState("held", WAITS_FOR.get(item.hold_reason, "Waiting for a person"), False)
    if status == WorkItem.Status.RUNNING:
        return SyncState("running", "Syncing", True)
    if status == WorkItem.Status.READY:
        if item.last_error_class and item.next_attempt_at > now:
            return SyncState("waiting", "Waiting", True, item.next_attempt_at)
        return SyncState("queued", "Queued", True)
    if status == WorkItem.Status.DEAD:
        return SyncState("failed", "Failed", False)
    if status == WorkItem.Status.CANCELLED:
        return SyncState("cancelled", "Cancelled", False)
    return SyncState("noted", "Synced with notes", False) if flagged else SyncState("done", "Synced", False)


WORDS = {
    "synced": SyncState("done", "Synced", False),
    "noted": SyncState("noted", "Synced with notes", False),
    "running": SyncState("running", "Syncing", True),
    "queued": SyncState("queued", "Queued", True),
    "unknown": SyncState("unknown", "Unknown — checking", True),
    "failed": SyncState("failed", "Failed", False),
    "cancelled": SyncState("cancelled", "Cancelled", False),
    "never": NOT_SENT,
}


def state_of_matter(found: MatterSync) -> SyncState:
    """Return how the engine's state of a matter looks and whether the page has to keep asking."""
    if found.state == "held":
        return SyncState("held", WAITS_FOR.get(found.hold_reason, "Waiting for a person"), False)
    if found.state == "waiting":
        return SyncState("waiting", "Waiting", True, found.next_at)
    return WORDS[found.state]

"""What commands share: the connection they are about, and watching work rows until nothing moves by itself."""

import time
import uuid
from collections.abc import Callable, Sequence

from django.core.management.base import CommandParser

from casehug.common import work_runner
from casehug.common.command import Progress, WrongUse
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.models import Connection
from integrations.registry import UnknownProvider, provider, providers

LOOK_SECONDS = 1.0
ENDED = ("done", "dead", "cancelled")
CHECKING = "checking"
"""Held until an unanswered call is settled: goes on by itself."""


def add_provider(parser: CommandParser) -> None:
    """Add `--provider`."""
    keys = [one.key for one in providers()]
    parser.add_argument("--provider", default=keys[0], choices=keys, help=f"which connection (default: {keys[0]})")


def add_waiting(parser: CommandParser) -> None:
    """Add `--here` and `--timeout`."""
    parser.add_argument("--here", action="store_true", help="do the work in this process, without a worker")
    parser.add_argument("--timeout", type=int, default=600, metavar="SECONDS", help="wait no longer (default: 600)")


def connection_of(key: str) -> Connection:
    """Return the connection of the firm in scope. Raises `WrongUse` when it never connected."""
    try:
        name = provider(key).name
    except UnknownProvider as unknown:
        raise WrongUse(f"There is no provider “{key}”.") from unknown
    found: Connection | None = Connection.objects.filter(provider=key).first()
    if found is None or found.state == Connection.State.NOT_CONNECTED:
        raise WrongUse(f"This firm is not connected to {name}. A firm admin connects it on Settings → Integrations.")
    return found


def follow(
    *, firm_id: uuid.UUID, ids: Sequence[uuid.UUID], here: bool, timeout: float, progress: Progress
) -> dict[uuid.UUID, WorkItem]:
    """Watch work rows until each has ended or waits for a person, or the time is over. Returns them as they stand."""
    rows: dict[uuid.UUID, WorkItem] = {}

    def settled() -> bool:
        with firm_scope(firm_id):
            rows.update({row.id: row for row in WorkItem.objects.filter(id__in=ids)})
        ended = [row for row in rows.values() if row.status in ENDED or _waits_for_a_person(row)]
        progress.show(len(ended))
        return len(ended) >= len(set(ids))

    watch(settled, work=lambda: _run(firm_id, rows) if here else False, timeout=timeout)
    progress.end()
    return rows


def watch(settled: Callable[[], bool], *, work: Callable[[], bool], timeout: float) -> bool:
    """Look until `settled`, doing `work` meanwhile (it tells whether it did some). Returns False when time is over."""
    ends = time.monotonic() + timeout
    while not settled():
        if time.monotonic() >= ends:
            return False
        if not work():
            time.sleep(min(LOOK_SECONDS, max(0.0, ends - time.monotonic())))
    return True


def _waits_for_a_person(row: WorkItem) -> bool:
    return row.status == "held" and row.hold_reason != CHECKING


def _run(firm_id: uuid.UUID, rows: dict[uuid.UUID, WorkItem]) -> bool:
    ready = [row for row in rows.values() if row.status == "ready"]
    ran = [work_runner.run_item(row.id, firm_id) for row in ready[:20]]
    return any(status != "skipped" for status in ran)

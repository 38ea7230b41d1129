"""Polling of events that a provider keeps: oldest first, each page and how far it was read in one transaction.

After a page the window moves to its last time, so that rows coming or going elsewhere shift nothing; the overlap and
the ids catch equal times and late rows. A list in another order is read by page numbers instead.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.contract.http import Api
from integrations.contract.inbound import Inbound, StoredEvents, StoredPage
from integrations.inbound.store import durable, store
from integrations.models import Connection, InboundEndpoint, InboundEvent

AHEAD = timedelta(days=1)
"""Until when is asked: clocks differ, and a row that is stamped ahead of ours is news all the same."""


def read_page(item: WorkItem, api: Api, endpoint: InboundEndpoint, declared: Inbound) -> bool:
    """Read and keep one page. Returns whether it was the last. Raises the errors of the contract."""
    stored = declared.stored
    assert stored is not None
    since, number = _place(item, endpoint, stored)
    page = stored.page(api, since, datetime.now(UTC) + AHEAD, number)
    with firm_scope(item.firm_id):
        _keep(item, endpoint, declared, page, since, number)
    return not page.more


def _place(item: WorkItem, endpoint: InboundEndpoint, stored: StoredEvents) -> tuple[datetime, int]:
    """Return where to go on: where the last page of this run ended, else the overlap before the cursor."""
    if since := item.step_state.get("since"):
        return datetime.fromisoformat(since), int(item.step_state["number"])
    begun: datetime = endpoint.poll_cursor or endpoint.connection.connected_at or endpoint.created_at
    return begun - stored.overlap, 1


def _keep(
    item: WorkItem, endpoint: InboundEndpoint, declared: Inbound, page: StoredPage, since: datetime, number: int
) -> None:
    """Store the events that are new and, in the same transaction, the cursor. It never passes our own clock."""
    work.guard(item)
    durable()
    row: InboundEndpoint = InboundEndpoint.objects.select_for_update().get(id=endpoint.id)
    connection, now = Connection.objects.get(id=row.connection_id), work.database_now()
    ids = [one.event_id for one in page.items]
    known = set(
        InboundEvent.objects.filter(endpoint=row, event_id__in=ids).values_list("event_id", flat=True)
    )  # the overlap is read every time: what is known is no repeat of its sender
    for one in page.items:
        if one.event_id not in known:
            store(
                endpoint=row, connection=connection, change=declared.change_of({}, one.body), event_id=one.event_id,
                body=one.body, headers={}, source=InboundEvent.Source.POLL,
                verification=InboundEvent.Verification.READ, received_at=now,
            )  # fmt: skip
    times = [one.at for one in page.items]
    newest = max(times, default=since)
    seen = max(newest, datetime.fromisoformat(item.step_state.get("newest", newest.isoformat())))
    ordered = times == sorted(times)
    values: dict[str, Any] = {}
    if times and (ordered or not page.more):
        values["poll_cursor"] = max(filter(None, (min(seen, now), row.poll_cursor)))
    if not page.more:
        trouble = f"{page.unreadable} kept events could not be read." if page.unreadable else ""
        values |= {"polled_at": now, "poll_trouble": trouble}
    if values:
        InboundEndpoint.objects.filter(id=row.id).update(**values)
    work.save_progress(item, step="page" if page.more else "read", state=_next(page, since, number, seen, ordered))


def _next(page: StoredPage, since: datetime, number: int, seen: datetime, ordered: bool) -> dict[str, Any]:
    if not page.more:
        return {}
    moved = ordered and bool(page.items) and page.items[-1].at > since
    place = (page.items[-1].at, 1) if moved else (since, number + 1)
    return {"since": place[0].isoformat(), "number": place[1], "newest": seen.isoformat()}

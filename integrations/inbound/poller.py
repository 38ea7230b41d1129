"""The safety net: what changed since the cursor is read page by page and takes the way of a webhook.

Linked matters are compared with how they were read last; kept events are read by `stored_poll`.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.connections.holds import inbound_hold_reason
from integrations.connections.open_api import PAGE_PATIENCE, open_api
from integrations.contract.errors import ProviderError
from integrations.contract.inbound import Inbound, PollPage, RawItem
from integrations.inbound import stored_poll, wake
from integrations.inbound.endpoints import inbound_of
from integrations.inbound.processor import after_problem
from integrations.inbound.store import durable, store
from integrations.models import Connection, ExternalLink, InboundEndpoint, InboundEvent, MatterReading

OVERLAP = timedelta(minutes=10)
PULL_FORWARD = timedelta(minutes=5)
READ_FOR_SECONDS = 30.0


def pull_forward(endpoint: InboundEndpoint, now: datetime) -> None:
    """Let the next poll come at once, at most once per five minutes. In the firm scope."""
    rows = InboundEndpoint.objects.filter(id=endpoint.id)
    recently = Q(polled_at__gt=now - PULL_FORWARD)
    rows.exclude(recently).update(next_poll_at=now)


def run_poll(item: WorkItem) -> Settlement:
    """Handler of kind `inbound_poll`: newest first until the cursor; each page is one read and one transaction."""
    started = time.monotonic()
    with firm_scope(item.firm_id):
        endpoint = InboundEndpoint.objects.select_related("connection").filter(id=item.subject_id).first()
    connection = endpoint.connection if endpoint else None
    declared = inbound_of(connection.provider) if connection else None
    if endpoint is None or connection is None or declared is None or inbound_hold_reason(connection):
        return work.done()  # the next tick asks again
    if declared.poll is None and declared.stored is None:
        return work.done()
    since = _since(endpoint, connection)
    try:
        # Pages are read in the row's own lane; its lease bounds how many.
        api = open_api(connection, lane=item.lane, patience=PAGE_PATIENCE)
        while True:
            if declared.poll is None:
                last = stored_poll.read_page(item, api, endpoint, declared)
            else:
                page = declared.poll(api, since, int(item.step_state.get("page", 1)))
                with firm_scope(item.firm_id):
                    last = _keep(item, endpoint.id, connection, declared, page)
            if last:
                return work.done()
            if time.monotonic() - started > READ_FOR_SECONDS:
                return work.wait(seconds=0.5)
    except ProviderError as problem:
        with firm_scope(item.firm_id):
            text = problem.detail or problem.error_class
            InboundEndpoint.objects.filter(id=endpoint.id).update(poll_trouble=text[:200])
        return after_problem(problem, connection, item)


def _since(endpoint: InboundEndpoint, connection: Connection) -> datetime:
    known: datetime = endpoint.poll_cursor or connection.connected_at or endpoint.created_at
    return known - OVERLAP


def _keep(item: WorkItem, endpoint_id: uuid.UUID, connection: Connection, declared: Inbound, page: PollPage) -> bool:
    """Store one page and, in the same transaction, how far was read. Returns whether it was the last one.

    The cursor moves only after the last page, to the newest change seen on the first: what changes meanwhile is newer.
    """
    work.guard(item)
    durable()
    endpoint = InboundEndpoint.objects.select_for_update().get(id=endpoint_id)
    now = work.database_now()
    for raw in _new(connection, page.items):
        store(
            endpoint=endpoint, connection=connection, change=declared.parse(raw.body), event_id=raw.event_id,
            body=raw.body, headers={}, source=InboundEvent.Source.POLL,
            verification=InboundEvent.Verification.READ, received_at=now,
        )  # fmt: skip
    number = int(item.step_state.get("page", 1))
    top = page.top.isoformat() if number == 1 and page.top else str(item.step_state.get("top", ""))
    if not page.reaches_back:
        work.save_progress(item, step="page", state={"page": number + 1, "top": top})
        return False
    values: dict[str, Any] = {"polled_at": now, "poll_trouble": ""}
    if top:
        values["poll_cursor"] = max(filter(None, (datetime.fromisoformat(top), endpoint.poll_cursor)))
    InboundEndpoint.objects.filter(id=endpoint_id).update(**values)
    work.save_progress(item, step="read", state={})
    return True


def _new(connection: Connection, found: Sequence[RawItem]) -> list[RawItem]:
    """Return the changes of linked matters whose stage or status differs from the last reading, oldest first."""
    ids = [raw.state.id for raw in found]
    linked = set(
        ExternalLink.objects.filter(
            remote_firm=connection.remote_firm, local_type="matter", external_id__in=ids, broken_at__isnull=True
        ).values_list("external_id", flat=True)
    )
    readings = {
        row.external_id: (row.stage_id, row.sub_status, row.status)
        for row in MatterReading.objects.filter(remote_firm=connection.remote_firm, external_id__in=ids)
    }
    fresh = [
        raw for raw in found
        if raw.state.id in linked
        and readings.get(raw.state.id) != (raw.state.stage_id, raw.state.sub_status, raw.state.status)
    ]  # fmt: skip
    return fresh[::-1]


def ask_now(endpoint: InboundEndpoint) -> WorkItem:
    """Queue a look for changes because a person asked for it."""
    return wake.ask_for_poll(endpoint, lane=WorkItem.Lane.BUTTON)

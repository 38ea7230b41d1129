"""Periodic work of the way in: polls that are due, and once a day what may no longer be kept."""

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet

from casehug.common import ticks
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.connections.holds import inbound_hold_reason
from integrations.inbound import endpoints, pace, quarantine, wake
from integrations.models import Connection, InboundEndpoint, InboundEvent, InboundSecret

QUARANTINE = timedelta(hours=72)
PAYLOADS = timedelta(days=30)
EVENTS = timedelta(days=730)
"""Longer than the 45 days for which ids must be known; what is left then is the log without its content."""
DAY, AT_ONCE = timedelta(days=1), 5000


def tick() -> int:
    """Queue due polls and purge; returns how many polls were queued. A second tick at once changes nothing."""
    return sum(_firm(firm_id) for firm_id in ticks.firm_ids())


def _firm(firm_id: uuid.UUID) -> int:
    with firm_scope(firm_id):
        now, asked = database_now(), 0
        for connection in Connection.objects.exclude(state=Connection.State.NOT_CONNECTED):
            if endpoints.inbound_of(connection.provider) is not None and not inbound_hold_reason(connection):
                endpoints.ensure_endpoint(connection)
        for endpoint in InboundEndpoint.objects.select_for_update(skip_locked=True).select_related("connection"):
            asked += _ask(endpoint, now)
            if endpoint.purged_at is None or endpoint.purged_at < now - DAY:
                purge(endpoint, now)
    return asked


def _ask(endpoint: InboundEndpoint, now: datetime) -> int:
    if inbound_hold_reason(endpoint.connection) or endpoint.next_poll_at is None or endpoint.next_poll_at > now:
        return 0
    wake.ask_for_poll(endpoint)
    again = now + timedelta(minutes=pace.minutes(endpoint.connection, endpoint.poll_minutes, now))
    InboundEndpoint.objects.filter(id=endpoint.id).update(next_poll_at=again)
    return 1


def purge(endpoint: InboundEndpoint, now: datetime) -> None:
    """Remove what is too old: quarantine after 72 hours, payloads after 30 days, ended secrets at once.

    At most 5,000 events a time; what is left is for the next tick.
    """
    quarantine.purge(endpoint, now - QUARANTINE)
    events = InboundEvent.objects.filter(endpoint=endpoint)
    emptied = _some(events.filter(received_at__lt=now - PAYLOADS, payload__isnull=False))
    InboundEvent.objects.filter(id__in=emptied).update(payload=None, headers={})
    gone = _some(events.filter(received_at__lt=now - EVENTS))
    InboundEvent.objects.filter(id__in=gone).delete()
    InboundSecret.objects.filter(endpoint=endpoint, ends_at__lt=now).delete()
    if max(len(emptied), len(gone)) < AT_ONCE:
        InboundEndpoint.objects.filter(id=endpoint.id).update(purged_at=now)


def _some(events: "QuerySet[InboundEvent]") -> list[uuid.UUID]:
    return list(events.order_by("received_at").values_list("id", flat=True)[:AT_ONCE])

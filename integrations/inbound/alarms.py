"""Alarms of the way in, as notices: silent webhooks, signatures nobody can explain, a quarantine that fills up."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, Sum
from django.urls import reverse

from casehug.common import ticks
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.notices import clear_notice, raise_notice
from integrations.connections.holds import inbound_hold_reason
from integrations.connections.notices import QUARANTINE, SIGNATURES, SILENCE
from integrations.inbound import quarantine
from integrations.models import InboundEndpoint, InboundEvent, InboundSecret, QuarantinedEvent
from integrations.registry import UnknownProvider, provider

EVERY = timedelta(minutes=5)
SILENT_FOR = timedelta(hours=24)
FAILURES_WITHIN = timedelta(hours=24)
FAILURES = 3
"""A single forged or garbled delivery is no alarm."""
FULL, EASED = 0.8, 0.6
"""Share of the quarantine's room at which the alarm begins and ends."""


def tick() -> int:
    """Look at every endpoint that is due; returns how many were looked at."""
    return sum(_firm(firm_id) for firm_id in ticks.firm_ids())


def _firm(firm_id: uuid.UUID) -> int:
    looked = 0
    with firm_scope(firm_id):
        now = database_now()
        due = Q(alarms_checked_at__isnull=True) | Q(alarms_checked_at__lt=now - EVERY)
        rows = InboundEndpoint.objects.select_for_update(skip_locked=True, of=("self",)).filter(due)
        for endpoint in rows.select_related("connection"):
            check(endpoint, now)
            looked += 1
    return looked


def check(endpoint: InboundEndpoint, now: datetime) -> None:
    """Raise and clear the alarms of one endpoint. In the firm scope."""
    InboundEndpoint.objects.filter(id=endpoint.id).update(alarms_checked_at=now)
    try:
        name = provider(endpoint.connection.provider).name
    except UnknownProvider:
        return
    looks: tuple[tuple[str, Callable[[InboundEndpoint, datetime], str | None], str], ...] = (
        (SILENCE, _silence, f"{name} webhooks are silent"),
        (SIGNATURES, _signatures, f"{name} events cannot be verified"),
        (QUARANTINE, _quarantine, f"Room for unverified {name} events runs out"),
    )
    for kind, look, title in looks:
        text = look(endpoint, now)
        if text is None:
            continue
        if not text:
            clear_notice(kind=kind, subject_id=endpoint.id)
            continue
        url = reverse("integration_webhooks", args=[endpoint.connection.provider])
        raise_notice(kind=kind, subject_id=endpoint.id, title=title, text=text.format(name=name), url=url)


def _silence(endpoint: InboundEndpoint, now: datetime) -> str | None:
    """No verified event although reading finds changes. Without a secret there are no webhooks to be silent."""
    if inbound_hold_reason(endpoint.connection):
        return None  # nothing can be said while nothing is read
    if not InboundSecret.objects.filter(endpoint=endpoint).exists():
        return ""
    if endpoint.last_event_at is not None and endpoint.last_event_at > now - SILENT_FOR:
        return ""
    since = max(filter(None, (endpoint.last_event_at, now - SILENT_FOR)))
    found = InboundEvent.objects.filter(
        endpoint=endpoint, source=InboundEvent.Source.POLL, result=InboundEvent.Result.APPLIED, received_at__gt=since
    ).count()
    if not found:
        # Reading finds nothing either: neither a reason to begin nor to end.
        return None
    changes = "One change was" if found == 1 else f"{found} changes were"
    return (
        f"{changes} found by reading in the last 24 hours, and no webhook told of anything. Nothing is lost, but"
        " changes arrive later. Check in {name} that the webhooks are active and lead to the address on the page."
    )


def _signatures(endpoint: InboundEndpoint, now: datetime) -> str:
    rows = QuarantinedEvent.objects.filter(
        endpoint=endpoint, verified_at__isnull=True, updated_at__gt=now - FAILURES_WITHIN
    )
    seen = rows.aggregate(all=Sum("seen"))["all"] or 0
    if seen < FAILURES:
        return ""
    return (
        f"{seen} events of the last 24 hours could not be verified, so they were kept but not processed. Often the"
        " secret was renewed in {name}. Enter the new one on the page and they are checked again."
    )


def _quarantine(endpoint: InboundEndpoint, now: datetime) -> str | None:
    share = endpoint.quarantine_bytes / quarantine.MOST_BYTES
    if share < EASED:
        return ""
    if share < FULL:
        return None
    return (
        f"{share:.0%} of the room for events that cannot be verified is used. When it is full, further ones are only"
        " counted and cannot be checked again. Enter the present secret, or ask who sends to this address."
    )

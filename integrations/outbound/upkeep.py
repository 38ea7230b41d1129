"""Periodic work of the way out: what may no longer be kept, and deliveries whose work ended without them."""

import uuid
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from casehug.common import ticks
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from integrations.outbound.fanout import DELIVER

KEPT = timedelta(days=30)
FORGOTTEN = timedelta(hours=1)
BATCH = 1000
LOST = "An unexpected fault in CaseHug stopped the sending. Send it again."


def tick() -> None:
    """Purge and tidy every firm. A second tick at once changes nothing."""
    for firm_id in ticks.firm_ids():
        _firm(firm_id)


def _firm(firm_id: uuid.UUID) -> None:
    with firm_scope(firm_id):
        if not WebhookEndpoint.objects.exists():
            return
        now = database_now()
        WebhookSecret.objects.filter(ends_at__lt=now).delete()
        old = WebhookDelivery.objects.filter(created_at__lt=now - KEPT)
        ids = list(old.exclude(status__in=WebhookDelivery.OPEN).values_list("id", flat=True)[:BATCH])
        WebhookAttempt.objects.filter(delivery_id__in=ids).delete()
        WebhookDelivery.objects.filter(id__in=ids).delete()
        removed = WebhookEndpoint.objects.filter(deleted_at__lt=now - KEPT)
        for endpoint in removed:
            if not WebhookDelivery.objects.filter(endpoint=endpoint).exists():
                endpoint.delete()
        _settle_forgotten(now - FORGOTTEN)


def _settle_forgotten(before: object) -> None:
    """Give up deliveries that look open but have no live work row any more (a fault ended it)."""
    live = WorkItem.objects.filter(kind=DELIVER, subject_id=OuterRef("id"), status__in=WorkItem.LIVE)
    rows = WebhookDelivery.objects.filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lt=before),
        ~Exists(live), status__in=WebhookDelivery.OPEN, updated_at__lt=before,
    )  # fmt: skip
    rows.update(status=WebhookDelivery.Status.GAVE_UP, next_attempt_at=None, sending_until=None, last_error=LOST)

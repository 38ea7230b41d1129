"""What a person sends by hand: a test, one delivery again, or everything that failed since a time."""

import uuid
from datetime import datetime

from django.utils import timezone

from casehug.audit.services import record
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id
from casehug.outbox.models import OutboxEvent
from integrations.contract.errors import Refused
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound.catalogue import TEST, TEST_EVENT
from integrations.outbound.fanout import make_delivery, queue_delivery

MOST_AGAIN = 500
Status = WebhookDelivery.Status
OFF = "The receiver is switched off. Switch it on first."


def send_test(*, endpoint_id: uuid.UUID) -> WebhookDelivery:
    """Send `webhook.test` to a receiver. Raises `Refused` while it is off, `WebhookEndpoint.DoesNotExist`."""
    endpoint = _on(endpoint_id)
    event = OutboxEvent(
        id=uuid7(), firm_id=current_firm_id(), type=TEST, subject_type="webhook_endpoint", subject_id=endpoint.id,
        created_at=timezone.now(),
    )  # fmt: skip
    made = make_delivery(endpoint=endpoint, event=event, kind=TEST_EVENT)
    if made is None:
        raise Refused("The test could not be made.", code="test")
    record(action="webhook.tested", object_type="webhook_endpoint", object_id=endpoint.id)
    return made


def _on(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    endpoint: WebhookEndpoint = WebhookEndpoint.objects.get(id=endpoint_id, deleted_at__isnull=True)
    if not endpoint.active:
        raise Refused(OFF, code="off")
    return endpoint


def resend(*, delivery_id: uuid.UUID) -> bool:
    """Send one delivery again, with the same body and id, marked as a resend. Raises `Refused` while it is off.

    Returns False when it still waits or its content is no longer kept.
    """
    delivery = WebhookDelivery.objects.select_for_update().select_related("endpoint").get(id=delivery_id)
    _on(delivery.endpoint_id)
    if not _again(delivery):
        return False
    record(action="webhook.resent", object_type="webhook_delivery", object_id=delivery.id)
    return True


def resend_failed(*, endpoint_id: uuid.UUID, since: datetime) -> tuple[int, bool]:
    """Send again, oldest first, what failed or was kept back since a time. Returns how many, and whether more is left.

    Raises `Refused` while the receiver is off.
    """
    endpoint = _on(endpoint_id)
    rows = WebhookDelivery.objects.select_for_update().filter(
        endpoint=endpoint, status__in=WebhookDelivery.FAILED, created_at__gte=since, body__isnull=False
    )
    chosen = list(rows.order_by("created_at", "id")[: MOST_AGAIN + 1])
    count = sum(_again(delivery) for delivery in chosen[:MOST_AGAIN])
    record(action="webhook.resent", object_type="webhook_endpoint", object_id=endpoint.id, changes={"count": count})
    return count, len(chosen) > MOST_AGAIN


def _again(delivery: WebhookDelivery) -> bool:
    if delivery.body is None or delivery.status in WebhookDelivery.OPEN:
        return False
    delivery.status, delivery.tries, delivery.replays = Status.WAITING, 0, delivery.replays + 1
    delivery.next_attempt_at = delivery.delivered_at = None
    delivery.save(update_fields=["status", "tries", "replays", "next_attempt_at", "delivered_at", "updated_at"])
    queue_delivery(delivery, lane=WorkItem.Lane.BUTTON, trigger="resend")
    return True

"""Fan out: an announcement becomes one frozen delivery and one work row per receiver, in its own transaction."""

import structlog
from django.db import transaction

from casehug.audit.services import record
from casehug.common import encryption, work
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.outbox.models import OutboxEvent
from integrations.contract.records import PrivilegeGuard
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound.catalogue import TEST, EventType, event_type, wants
from integrations.outbound.payloads import build, freeze

log = structlog.get_logger(__name__)
TABLE = WebhookDelivery._meta.db_table
FAN_OUT, DELIVER, QUEUE = "fan_out_webhooks", "deliver_webhook", "outbound"


def fan_out(event: OutboxEvent) -> None:
    """Make the deliveries of an announcement. A fault here never holds up its other listeners: it is done again."""
    if event_type(event.type) is None:
        return
    endpoints = _listening(event)
    if not endpoints:
        return
    try:
        with transaction.atomic():
            _fan_out(event, endpoints)
    except Exception:
        log.exception("webhook.fan_out.failed", kind=event.type)
        work.enqueue(
            kind=FAN_OUT, queue=QUEUE, subject_type="outbox_event", subject_id=event.id, after_seconds=5,
            trigger=event.type[:40],
        )  # fmt: skip


def run_fan_out(item: WorkItem) -> work.Settlement:
    """Work handler `fan_out_webhooks`: what failed once, again. What exists already stays as it is."""
    with firm_scope(item.firm_id):
        event: OutboxEvent = OutboxEvent.objects.get(id=item.subject_id)
        _fan_out(event, _listening(event))
    return work.done()


def _fan_out(event: OutboxEvent, endpoints: list[WebhookEndpoint]) -> None:
    kind = event_type(event.type)
    if kind is None:
        return
    for endpoint in endpoints:
        make_delivery(endpoint=endpoint, event=event, kind=kind)


def _listening(event: OutboxEvent) -> list[WebhookEndpoint]:
    """Return the receivers of an announcement.

    One that we switched off ourselves may want what it missed; one that a person switched off does not.
    """
    return [
        endpoint
        for endpoint in WebhookEndpoint.objects.filter(deleted_at__isnull=True)
        if (endpoint.active or endpoint.off_by == WebhookEndpoint.OffBy.FAILURES) and wants(endpoint.events, event.type)
    ]


def make_delivery(*, endpoint: WebhookEndpoint, event: OutboxEvent, kind: EventType) -> WebhookDelivery | None:
    """Freeze the body of an event for a receiver and queue it, once; None when it exists or may not leave."""
    try:
        frozen = freeze(
            build(event=event, kind=kind, with_client_data=endpoint.with_client_data, version=endpoint.version,
                  flat=endpoint.kind == WebhookEndpoint.Kind.ZAPIER)
        )  # fmt: skip
    except PrivilegeGuard as guard:
        record(action="webhook.privilege_guard", object_type="webhook_endpoint", object_id=endpoint.id,
               changes={"field": str(guard), "event": event.type}, outcome="refused")  # fmt: skip
        return None
    status = WebhookDelivery.Status.WAITING if endpoint.active else WebhookDelivery.Status.OFF
    made = WebhookDelivery(
        id=uuid7(), endpoint=endpoint, event_id=event.id, event_type=event.type, occurred_at=event.created_at,
        size=len(frozen.body), fields=[list(pair) for pair in frozen.fields], status=status,
        digest=encryption.blind_index(frozen.body.decode()),
    )  # fmt: skip
    made.body = encryption.seal(Secret(frozen.body.decode()), table=TABLE, column="body", row_id=made.id)
    WebhookDelivery.objects.bulk_create([made], ignore_conflicts=True)
    if not WebhookDelivery.objects.filter(id=made.id).exists():
        return None
    if endpoint.active:
        queue_delivery(made, lane=_lane(event), trigger=event.type)
    return made


def _lane(event: OutboxEvent) -> int:
    if event.type == TEST:
        return WorkItem.Lane.BUTTON
    return WorkItem.Lane.BULK if event.data.get("source") == "csv_import" else WorkItem.Lane.AUTOMATIC


def queue_delivery(delivery: WebhookDelivery, *, lane: int, trigger: str) -> WorkItem:
    """Queue the sending of a delivery. The receiver stands where a connection does: its rows wait together."""
    return work.enqueue(
        kind=DELIVER, queue=QUEUE, subject_type="webhook_delivery", subject_id=delivery.id, lane=lane,
        connection_id=delivery.endpoint_id, trigger=trigger[:40],
    )  # fmt: skip

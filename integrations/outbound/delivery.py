"""Send one delivery: take a place at the receiver, write the attempt, send once, record what came back.

At least once: after a crash the same body goes again under the same id. No transaction is open during the request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from casehug.audit.services import record
from casehug.common import checkpoints, encryption, work
from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from integrations.outbound import egress, health, signatures
from integrations.outbound.egress import Answer
from integrations.outbound.schedule import delay_after

log = structlog.get_logger(__name__)
Status = WebhookDelivery.Status
AT_ONCE = 4
PLACE = timedelta(seconds=20)  # longer than the longest request
BUSY_SECONDS = 1.0
KEPT_CHARACTERS = 2000
GONE = 410
TABLE = WebhookDelivery._meta.db_table
ATTEMPTS = WebhookAttempt._meta.db_table


@dataclass(frozen=True)
class Request:
    """Everything one request needs, read before the transaction ended."""

    delivery: WebhookDelivery
    attempt: WebhookAttempt
    url: str
    body: bytes
    headers: dict[str, str]


def run_delivery(item: WorkItem) -> work.Settlement:
    """Work handler `deliver_webhook`: one attempt of its subject."""
    with firm_scope(item.firm_id):
        request = _begin(item)
    if isinstance(request, work.Settlement):
        return request
    checkpoints.reached("outbound.begun")
    answer = egress.post(request.url, body=request.body, headers=request.headers)
    checkpoints.reached("outbound.answered")
    with firm_scope(item.firm_id):
        settlement = _finish(item, request, answer)
    checkpoints.reached("outbound.recorded")
    return settlement


def _begin(item: WorkItem) -> Request | work.Settlement:
    """Take a place at the receiver and write the attempt; a settlement when nothing is to be sent now."""
    work.guard(item)
    endpoint = WebhookEndpoint.objects.select_for_update().filter(id=item.connection_id).first()
    delivery = WebhookDelivery.objects.select_for_update().filter(id=item.subject_id).first()
    if endpoint is None or delivery is None or delivery.status not in WebhookDelivery.OPEN:
        return work.done()  # settled before a crash, or no longer kept
    if not endpoint.active or delivery.body is None:
        _write(delivery, status=Status.OFF, next_attempt_at=None, sending_until=None)
        return work.done()
    now = work.database_now()
    if delivery.next_attempt_at is not None and delivery.next_attempt_at > now:
        return work.wait(seconds=(delivery.next_attempt_at - now).total_seconds())
    under_way = WebhookDelivery.objects.filter(endpoint=endpoint, sending_until__gt=now).exclude(id=delivery.id)
    if under_way.count() >= AT_ONCE:
        return work.wait(seconds=BUSY_SECONDS, closes_lane=True)
    try:
        return _prepare(endpoint, delivery, now)
    except DecryptionError:
        log.error("webhook.unreadable")
        return _give_up(delivery, "The stored address, secret or content cannot be opened any more.")


def _prepare(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> Request:
    earlier = WebhookAttempt.objects.filter(delivery=delivery)
    earlier.filter(outcome="").update(outcome="interrupted", error="The worker stopped before an answer was noted.")
    attempt = WebhookAttempt(
        delivery=delivery, number=earlier.count() + 1, replay=delivery.replays, started_at=now
    )  # fmt: skip
    body = open_body(delivery)
    signed = signatures.headers(
        event_id=delivery.event_id, timestamp=int(now.timestamp()), body=body, signing=live_secrets(endpoint, now),
        older=endpoint.older_signature, replay=delivery.replays,
    )  # fmt: skip
    request = Request(delivery, attempt, endpoint.open_url(), body, signed)
    attempt.save(force_insert=True)
    _write(delivery, sending_until=now + PLACE, next_attempt_at=None)
    return request


def open_body(delivery: WebhookDelivery) -> bytes:
    """Return the frozen body. Raises `DecryptionError`."""
    return encryption.unseal(delivery.body or b"", table=TABLE, column="body", row_id=delivery.id).reveal().encode()


def open_excerpt(attempt: WebhookAttempt) -> str:
    """Return the kept part of an answer, "" for none. Raises `DecryptionError`."""
    if attempt.excerpt is None:
        return ""
    return encryption.unseal(attempt.excerpt, table=ATTEMPTS, column="excerpt", row_id=attempt.id).reveal()


def live_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[Secret]:
    """Return what signs now, newest first. Raises `DecryptionError`. In the firm scope."""
    rows = WebhookSecret.objects.filter(endpoint=endpoint).order_by("-created_at", "-id")
    return [row.open_value() for row in rows if row.ends_at is None or row.ends_at > now]


def _finish(item: WorkItem, request: Request, answer: Answer) -> work.Settlement:
    """Record the answer and what follows from it, in one transaction."""
    work.guard(item)
    endpoint = WebhookEndpoint.objects.select_for_update().get(id=request.delivery.endpoint_id)
    delivery = WebhookDelivery.objects.select_for_update().get(id=request.delivery.id)
    delivered = answer.status is not None and 200 <= answer.status < 300
    error = "" if delivered else answer.problem or _words(answer.status or 0)
    _note(request.attempt, answer, error)
    now = work.database_now()
    _write(delivery, sending_until=None, last_status=answer.status, last_error=error[:300])
    if delivered:
        _write(delivery, status=Status.DELIVERED, delivered_at=now, tries=0, next_attempt_at=None)
        health.succeeded(endpoint, now)
        return work.done()
    if answer.code in ("refused_address", "refused_peer"):
        record(action="webhook.target_refused", object_type="webhook_endpoint", object_id=endpoint.id,
               changes={"code": answer.code}, outcome="refused")  # fmt: skip
    if answer.status == GONE:
        health.gone(endpoint, now)
        return _give_up(delivery, error)
    return _failed(endpoint, delivery, answer, error, now)


def _failed(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, error: str, now: datetime
) -> work.Settlement:  # fmt: skip
    tries = delivery.tries + 1
    _write(delivery, tries=tries)
    if health.failed(endpoint, now):
        _write(delivery, status=Status.OFF, next_attempt_at=None)
        return work.done()
    seconds = delay_after(tries, retry_after=answer.retry_after)
    if seconds is None:
        return _give_up(delivery, error)
    _write(delivery, status=Status.RETRY, next_attempt_at=now + timedelta(seconds=seconds))
    return work.wait(seconds=seconds, error_class="network", error_code=answer.code or "status", error_text=error)


def _give_up(delivery: WebhookDelivery, error: str) -> work.Settlement:
    _write(delivery, status=Status.GAVE_UP, next_attempt_at=None, sending_until=None, last_error=error[:300])
    return work.dead(error_class="network", error_code="gave_up", error_text=error)


def _words(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}, a redirect. Redirects are not followed."
    if status == GONE:
        return "The receiver answered 410: it no longer wants these events."
    return f"The receiver answered {status}."


def _note(attempt: WebhookAttempt, answer: Answer, error: str) -> None:
    text = answer.excerpt.decode(errors="replace").replace("\x00", "\ufffd")[:KEPT_CHARACTERS]
    attempt.excerpt = (
        encryption.seal(Secret(text), table=ATTEMPTS, column="excerpt", row_id=attempt.id) if text else None
    )
    attempt.outcome = (answer.code or "status")[:20] if error else "delivered"
    attempt.status, attempt.error, attempt.retry_after = answer.status, error[:300], answer.retry_after
    attempt.duration_ms = round(answer.seconds * 1000)
    attempt.save(update_fields=["excerpt", "outcome", "status", "error", "retry_after", "duration_ms", "updated_at"])


def _write(delivery: WebhookDelivery, **values: object) -> None:
    for name, value in values.items():
        setattr(delivery, name, value)
    delivery.save(update_fields=[*values, "updated_at"])

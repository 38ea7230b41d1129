"""How a receiver does: a notice after four hours of only failures, off after five days, off at once after a 410."""

from datetime import datetime, timedelta

from django.urls import reverse

from casehug.audit.services import record
from casehug.firms.notices import clear_notice, raise_notice
from integrations.models import WebhookEndpoint, WebhookSecret
from integrations.outbound.notices import FAILING, OFF

WARN_AFTER, OFF_AFTER = timedelta(hours=4), timedelta(hours=120)
OffBy = WebhookEndpoint.OffBy


def succeeded(endpoint: WebhookEndpoint, now: datetime) -> None:
    """One success resets everything."""
    if endpoint.warned_at is not None:
        clear_notice(kind=FAILING, subject_id=endpoint.id)
    endpoint.last_success_at, endpoint.failing_since, endpoint.warned_at = now, None, None
    endpoint.save(update_fields=["last_success_at", "failing_since", "warned_at", "updated_at"])


def failed(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Count a failure; tells the firm after four hours, switches off after 120. Returns whether it is off (now)."""
    if not endpoint.active:
        return True
    endpoint.failing_since = endpoint.failing_since or now
    lasting = now - endpoint.failing_since
    if lasting >= OFF_AFTER:
        endpoint.save(update_fields=["failing_since", "updated_at"])
        reason = "Nothing could be delivered for five days."
        switch_off(endpoint, by=OffBy.FAILURES, reason=reason, now=now)
        return True
    if lasting >= WARN_AFTER and endpoint.warned_at is None:
        endpoint.warned_at = now
        text = "CaseHug goes on trying; after five days without a success it switches the receiver off."
        title = "A webhook receiver has not accepted anything for hours"
        raise_notice(kind=FAILING, subject_id=endpoint.id, title=title, text=text, url=page_of(endpoint))
    endpoint.save(update_fields=["failing_since", "warned_at", "updated_at"])
    return False


def gone(endpoint: WebhookEndpoint, now: datetime) -> None:
    """The receiver answered 410: a Zapier subscription is deleted, any other receiver is switched off."""
    if endpoint.deleted_at is not None:
        return
    if endpoint.kind == WebhookEndpoint.Kind.ZAPIER:
        wipe(endpoint, by=OffBy.GONE, now=now)
        record(action="webhook.unsubscribed", object_type="webhook_endpoint", object_id=endpoint.id,
               changes={"by": "410"})  # fmt: skip
    elif endpoint.active:
        switch_off(endpoint, by=OffBy.GONE, reason="The receiver answered 410: it no longer wants events.", now=now)


def switch_off(endpoint: WebhookEndpoint, *, by: str, reason: str, now: datetime) -> None:
    """Switch a receiver off, with cause and audit; tells the firm unless a person did it."""
    endpoint.active, endpoint.off_by, endpoint.off_reason, endpoint.off_at = False, by, reason[:300], now
    endpoint.save(update_fields=["active", "off_by", "off_reason", "off_at", "updated_at"])
    clear_notice(kind=FAILING, subject_id=endpoint.id)
    record(action="webhook.switched_off", object_type="webhook_endpoint", object_id=endpoint.id,
           changes={"by": by})  # fmt: skip
    if by != OffBy.PERSON:
        title = "A webhook receiver was switched off"
        raise_notice(kind=OFF, subject_id=endpoint.id, title=title, text=reason, url=page_of(endpoint))


def switch_on(endpoint: WebhookEndpoint) -> None:
    """Switch a receiver on again; its record of failures starts anew."""
    endpoint.active, endpoint.off_by, endpoint.off_reason, endpoint.off_at = True, "", "", None
    endpoint.failing_since = endpoint.warned_at = None
    endpoint.save(update_fields=["active", "off_by", "off_reason", "off_at", "failing_since", "warned_at",
                                 "updated_at"])  # fmt: skip
    clear_notice(kind=OFF, subject_id=endpoint.id)
    record(action="webhook.switched_on", object_type="webhook_endpoint", object_id=endpoint.id)


def wipe(endpoint: WebhookEndpoint, *, by: str, now: datetime) -> None:
    """Remove a receiver: address and secrets are gone at once, its deliveries after 30 days."""
    endpoint.active, endpoint.off_by, endpoint.off_at, endpoint.deleted_at, endpoint.url = False, by, now, now, None
    endpoint.save(update_fields=["active", "off_by", "off_at", "deleted_at", "url", "updated_at"])
    WebhookSecret.objects.filter(endpoint=endpoint).delete()
    for kind in (FAILING, OFF):
        clear_notice(kind=kind, subject_id=endpoint.id)


def page_of(endpoint: WebhookEndpoint) -> str:
    """Return the path of a receiver's page."""
    return reverse("outgoing_webhook", args=[endpoint.id])

"""Shapes of the webhook routes (casehug.md §7.7): what comes in, what goes out. A secret has a field only once."""

from typing import Any

from rest_framework import serializers

from casehug.common.ids import public_id
from casehug.firms.api_shapes import PageQuery, sorting
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound.catalogue import ALL, EVENTS, TEST

NAMES = [one.name for one in EVENTS]
Shape = serializers.Serializer[dict[str, object]]


class ReceiverQuery(PageQuery):
    """Filters of the list of receivers."""

    active = serializers.ChoiceField(required=False, choices=["true", "false"])
    kind = serializers.ChoiceField(required=False, choices=WebhookEndpoint.Kind.choices)
    sort = sorting("-created_at", "-updated_at")


class DeliveryQuery(PageQuery):
    """Filters of the list of deliveries."""

    status = serializers.ChoiceField(required=False, choices=WebhookDelivery.Status.choices)
    type = serializers.ChoiceField(required=False, choices=[*NAMES, TEST])
    sort = sorting("-created_at", "-updated_at")


class ReceiverChange(Shape):
    """What can be said about a receiver; a missing key stays as it is."""

    url = serializers.CharField(required=False, max_length=2000)
    events = serializers.ListField(
        required=False, child=serializers.ChoiceField(choices=[ALL, *NAMES]), allow_empty=False, max_length=100
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)
    active = serializers.BooleanField(required=False)
    include_client_data = serializers.BooleanField(required=False)
    agreement_confirmed = serializers.BooleanField(
        required=False, help_text="An agreement (BAA) with the receiver covers client data."
    )
    legacy_signature = serializers.BooleanField(required=False)


class NewReceiver(ReceiverChange):
    """A new receiver."""

    url = serializers.CharField(max_length=2000)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=[ALL, *NAMES]), allow_empty=False, max_length=100
    )


class ReceiverBody(Shape):
    """A receiver; `signing_secret` only right after it was made."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["webhook", "zapier"])
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField()
    active = serializers.BooleanField()
    off_reason = serializers.CharField(allow_null=True)
    include_client_data = serializers.BooleanField()
    legacy_signature = serializers.BooleanField()
    version = serializers.CharField()
    last_success_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewReceiverBody(ReceiverBody):
    """A receiver right after it was made."""

    signing_secret = serializers.CharField()


class SecretBody(Shape):
    """A new signing secret, shown once."""

    signing_secret = serializers.CharField()


class DeliveryBody(Shape):
    """One delivery and how it stands."""

    id = serializers.CharField()
    event_id = serializers.CharField()
    type = serializers.CharField()
    status = serializers.ChoiceField(choices=WebhookDelivery.Status.choices)
    tries = serializers.IntegerField()
    resends = serializers.IntegerField()
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewHook(Shape):
    """A REST hook as Zapier subscribes it."""

    targetUrl = serializers.CharField(max_length=2000)  # noqa: N815 Zapier's own spelling
    event = serializers.ChoiceField(choices=NAMES)
    include_client_data = serializers.BooleanField(required=False, default=False)
    agreement_confirmed = serializers.BooleanField(required=False, default=False)


class HookBody(Shape):
    """A REST hook."""

    id = serializers.CharField()
    event = serializers.CharField()
    created_at = serializers.DateTimeField()


class SamplesQuery(Shape):
    """Samples of which event, and whether with client data."""

    event = serializers.ChoiceField(choices=NAMES)
    include_client_data = serializers.BooleanField(required=False, default=False)


class MeBody(Shape):
    """Who asks: the firm behind a key or session."""

    id = serializers.CharField()
    firm_id = serializers.CharField()
    firm_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["api_key", "member"])
    scopes = serializers.ListField(child=serializers.CharField())


def receiver_body(row: WebhookEndpoint) -> dict[str, Any]:
    """Return one receiver."""
    return {
        "id": public_id("wh", row.id), "kind": row.kind, "url": row.open_url(), "events": row.events,
        "description": row.description, "active": row.active, "off_reason": row.off_reason or None,
        "include_client_data": row.with_client_data, "legacy_signature": row.older_signature, "version": row.version,
        "last_success_at": row.last_success_at, "failing_since": row.failing_since, "created_at": row.created_at,
        "updated_at": row.updated_at,
    }  # fmt: skip


def delivery_body(row: WebhookDelivery) -> dict[str, Any]:
    """Return one delivery without its content."""
    return {
        "id": public_id("whd", row.id), "event_id": public_id("evt", row.event_id), "type": row.event_type,
        "status": row.status, "tries": row.tries, "resends": row.replays, "last_status": row.last_status,
        "last_error": row.last_error or None, "next_attempt_at": row.next_attempt_at,
        "delivered_at": row.delivered_at, "created_at": row.created_at,
    }  # fmt: skip

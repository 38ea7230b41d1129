"""Events received from a provider over the API: the log, one with its payload, and processing it again."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.audit.services import record
from casehug.common.encryption import DecryptionError
from casehug.common.ids import public_id
from casehug.firms.api_auth import FirmAPIView, error
from casehug.firms.api_errors import Missing
from casehug.firms.api_shapes import REPEAT, PageQuery, PublicIdField, checked, enveloped, paged, public, refusals
from integrations.api.views import SCOPES, TAGS
from integrations.inbound import store
from integrations.models import InboundEvent
from integrations.selectors.connections import connection_for
from integrations.selectors.events import filtered
from integrations.selectors.lookups import connection_or_404, declared_or_404

RESULTS = ["waiting", *InboundEvent.Result.values]


class EventQuery(PageQuery):
    """Filters of the log."""

    result = serializers.ChoiceField(required=False, choices=RESULTS)
    type = serializers.CharField(required=False, max_length=100)
    source = serializers.ChoiceField(required=False, choices=InboundEvent.Source.choices)  # type: ignore[assignment]
    matter_id = PublicIdField("mat", required=False)


class EventBody(serializers.Serializer[dict[str, object]]):
    """One received event."""

    id = serializers.CharField()
    event_id = serializers.CharField()
    type = serializers.CharField()
    kind = serializers.CharField()
    source = serializers.ChoiceField(choices=InboundEvent.Source.choices)  # type: ignore[assignment]
    verification = serializers.ChoiceField(choices=InboundEvent.Verification.choices)
    result = serializers.ChoiceField(choices=RESULTS)
    reason = serializers.CharField(allow_null=True)
    matter_id = serializers.CharField(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField()
    processed_at = serializers.DateTimeField(allow_null=True)
    duplicates = serializers.IntegerField()


class EventDetail(EventBody):
    """One received event with what came: `payload` is the body as text, null when it is no longer kept."""

    payload = serializers.CharField(allow_null=True)


def event_body(event: InboundEvent) -> dict[str, Any]:
    """Return an event as the API shows it."""
    return {
        "id": public_id("ine", event.id),
        "event_id": event.event_id,
        "type": event.event_type,
        "kind": event.kind,
        "source": event.source,
        "verification": event.verification,
        "result": event.result or "waiting",
        "reason": event.reason or None,
        "matter_id": public("mat", event.matter_id),
        "client_id": public("cli", event.client_id),
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "processed_at": event.processed_at,
        "duplicates": event.duplicates,
    }


LOG = enveloped("ReceivedEvents", EventBody(many=True), paged=True)


class _EventView(FirmAPIView):
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]


def _event(provider: str, event_id: uuid.UUID) -> InboundEvent:
    declared_or_404(provider)
    found: InboundEvent | None = InboundEvent.objects.filter(
        connection=connection_or_404(provider), id=event_id
    ).first()
    if found is None:
        raise Missing("event", id=public_id("ine", event_id))
    return found


class EventsView(_EventView):
    """The log of received events."""

    capability = "integrations.view"

    @extend_schema(operation_id="integration_events", tags=TAGS, parameters=[EventQuery],
                   responses={200: LOG, **refusals(400, 404)})  # fmt: skip
    def get(self, request: Request, provider: str) -> Response:
        """Return events, newest first; nothing while the firm never connected."""
        declared_or_404(provider)
        query, row = checked(EventQuery, request.query_params), connection_for(provider)
        rows = InboundEvent.objects.none()
        if row is not None:
            rows = filtered(
                row, result=query.get("result", ""), event_type=query.get("type", ""), source=query.get("source", ""),
                matter_id=query.get("matter_id"),
            )  # fmt: skip
        return paged(rows.order_by("-received_at", "-id"), query, lambda found: [event_body(one) for one in found])


class EventView(_EventView):
    """One event."""

    capability = "integrations.manage"
    api_scopes: ClassVar[dict[str, str]] = {"read": "integrations:write"}  # type: ignore[misc]

    @extend_schema(operation_id="integration_event", tags=TAGS,
                   responses={200: enveloped("ReceivedEvent", EventDetail()), **refusals(404)})  # fmt: skip
    def get(self, request: Request, provider: str, event_id: uuid.UUID) -> Response:
        """Return an event with its payload; who looked is recorded."""
        found = _event(provider, event_id)
        try:
            body = store.open_payload(found)
        except DecryptionError:
            body = None
        outcome = "ok" if body is not None else "gone"
        record(action="inbound_event.content_viewed", object_type="inbound_event", object_id=found.id, outcome=outcome)
        text = body.decode(errors="backslashreplace") if body is not None else None
        return Response({"data": {**event_body(found), "payload": text}})


class ReplayView(_EventView):
    """Process an event again."""

    capability = "integrations.manage"

    @extend_schema(operation_id="integration_event_replay", tags=TAGS, parameters=[REPEAT], request=None,
                   responses={202: enveloped("ReplayedEvent", EventBody()), **refusals(404, 409)})  # fmt: skip
    def post(self, request: Request, provider: str, event_id: uuid.UUID) -> Response:
        """Queue an event again (202). 409 while it still waits, or when its content is gone."""
        found = _event(provider, event_id)
        if not store.replay(found, found.connection):
            return error(409, "This event still waits, or its content is gone.", name="cannot_replay")
        record(action="inbound_event.replayed", object_type="inbound_event", object_id=found.id)
        return Response({"data": event_body(found)}, status=202)

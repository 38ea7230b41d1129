"""Outgoing webhooks over the API (casehug.md §7.7): add, read, change, remove, rotate, test, deliveries."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import FirmAPIView, error, etag_of, require_match
from casehug.firms.api_credentials import KeyOwner
from casehug.firms.api_errors import Missing
from casehug.firms.api_shapes import IF_MATCH, REPEAT, checked, paged
from integrations.api import webhook_shapes as shapes
from integrations.api.envelopes import enveloped, refusals
from integrations.contract.errors import Refused
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound import egress, sending, services
from integrations.outbound.addresses import TargetRefused

ONE = enveloped("Webhook", shapes.ReceiverBody())
MANY = enveloped("Webhooks", shapes.ReceiverBody(many=True), paged=True)
FIELDS = {"events": "events", "description": "description", "include_client_data": "with_client_data",
          "agreement_confirmed": "agreement_confirmed", "legacy_signature": "older_signature"}  # fmt: skip
TAGS = ["Webhooks"]


def field_error(field: str, text: str) -> Response:
    """Return the 400 that names one field."""
    fields = [{"field": field, "message": text}]
    return error(400, "Some values are not valid.", details={"fields": fields})


class HookView(FirmAPIView):
    """Base of the routes here: an address is checked outside any transaction, then a short scope changes rows."""

    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "integrations.view", "POST": "integrations.manage", "PATCH": "integrations.manage",
        "DELETE": "integrations.manage",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = {"read": "webhooks:read", "write": "webhooks:write"}  # type: ignore[misc]
    own_scopes = True

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, TargetRefused):
            return field_error(self.address_field, exc.text)
        if isinstance(exc, Refused):
            names = {ours: theirs for theirs, ours in FIELDS.items()} | {"url": self.address_field}
            return field_error(names.get(exc.code, exc.code), exc.detail)
        if isinstance(exc, WebhookEndpoint.DoesNotExist):
            asked = self.kwargs.get("endpoint_id")
            return super().handle_exception(Missing("webhook", id=public_id("wh", asked) if asked else ""))
        return super().handle_exception(exc)

    address_field = "url"

    def body(self, request: Request, kind: type[shapes.Shape]) -> dict[str, Any]:
        """Return the valid values of the body. Client data needs a key that may read clients."""
        checked = kind(data=request.data)
        checked.is_valid(raise_exception=True)
        wanted: dict[str, Any] = checked.validated_data
        self.must_read_clients(request, wanted)
        return wanted

    def must_read_clients(self, request: Request, wanted: dict[str, Any]) -> None:
        """Refuse client data to a key without the scope for it. Raises `Refused`."""
        owner = request.user
        if wanted.get("include_client_data") and isinstance(owner, KeyOwner) and "clients:read" not in owner.scopes:
            raise Refused("This key lacks the scope clients:read.", code="with_client_data")


def wishes(wanted: dict[str, Any], url: str = "url") -> Any:
    """Return the values of a body as the services take them; checks the address. Outside any transaction."""
    found = {FIELDS[name]: value for name, value in wanted.items() if name in FIELDS}
    return found | ({"target": egress.check_url(wanted[url])} if url in wanted else {})


def one(row: WebhookEndpoint, *, status: int = 200) -> Response:
    """Return one receiver with its entity tag."""
    answer = Response({"data": shapes.receiver_body(row)}, status=status)
    answer["ETag"] = etag_of(row.updated_at)
    return answer


class WebhooksView(HookView):
    """All receivers of the firm."""

    @extend_schema(operation_id="webhooks_list", tags=TAGS, parameters=[shapes.ReceiverQuery],
                   responses={200: MANY, **refusals(400, 401, 403)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the receivers, newest first; REST hooks of Zapier are among them."""
        query = checked(shapes.ReceiverQuery, request.query_params)
        with firm_scope(self.firm_id):
            rows = WebhookEndpoint.objects.filter(deleted_at__isnull=True)
            if "active" in query:
                rows = rows.filter(active=query["active"] == "true")
            if "kind" in query:
                rows = rows.filter(kind=query["kind"])
            return paged(rows, query, lambda found: [shapes.receiver_body(row) for row in found])

    @extend_schema(
        operation_id="webhooks_create", tags=TAGS, parameters=[REPEAT], request=shapes.NewReceiver,
        responses={201: enveloped("NewWebhook", shapes.NewReceiverBody()), **refusals(400, 401, 403)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Add a receiver. `signing_secret` is in this answer only."""
        wanted = self.body(request, shapes.NewReceiver)
        given = wishes(wanted)
        with firm_scope(self.firm_id):
            made, secret = services.subscribe(active=wanted.get("active", True), **given)
            answer = one(made, status=201)
        answer.data["data"]["signing_secret"] = secret.reveal()
        return answer


class WebhookView(HookView):
    """One receiver."""

    @extend_schema(operation_id="webhooks_get", tags=TAGS, responses={200: ONE, **refusals(401, 403, 404)})
    def get(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Return one receiver."""
        with firm_scope(self.firm_id):
            return one(services.locked(endpoint_id))

    @extend_schema(operation_id="webhooks_update", tags=TAGS, parameters=[IF_MATCH], request=shapes.ReceiverChange,
                   responses={200: ONE, **refusals(400, 401, 403, 404, 412)})  # fmt: skip
    def patch(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Change a receiver; `active` switches it off and on."""
        wanted = self.body(request, shapes.ReceiverChange)
        with firm_scope(self.firm_id):
            services.locked(endpoint_id)  # a foreign id gets its 404 before a name server is asked
        given = wishes(wanted)
        with firm_scope(self.firm_id):
            require_match(request, services.locked(endpoint_id).updated_at)
            services.change(endpoint_id=endpoint_id, **given)
            if wanted.get("active") is True:
                services.switch_on(endpoint_id=endpoint_id)
            elif wanted.get("active") is False:
                services.switch_off(endpoint_id=endpoint_id, reason="Switched off over the API.")
            return one(services.locked(endpoint_id))

    @extend_schema(operation_id="webhooks_delete", tags=TAGS, responses={204: None, **refusals(401, 403, 404)})
    def delete(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Remove a receiver; its address and secrets are destroyed at once."""
        with firm_scope(self.firm_id):
            services.remove(endpoint_id=endpoint_id)
        return Response(status=204)


class WebhookSecretView(HookView):
    """The signing secret of a receiver."""

    @extend_schema(
        operation_id="webhooks_rotate", tags=TAGS, parameters=[REPEAT], request=None,
        responses={201: enveloped("WebhookSecret", shapes.SecretBody()), **refusals(401, 403, 404)},
    )  # fmt: skip
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Make a new secret, shown once; the one before signs along for 24 hours."""
        with firm_scope(self.firm_id):
            secret = services.rotate(endpoint_id=endpoint_id)
        return Response({"data": {"signing_secret": secret.reveal()}}, status=201)


class WebhookTestView(HookView):
    """A test delivery."""

    @extend_schema(
        operation_id="webhooks_test", tags=TAGS, parameters=[REPEAT], request=None,
        responses={201: enveloped("WebhookTest", shapes.DeliveryBody()), **refusals(401, 403, 404, 409)},
    )  # fmt: skip
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Send `webhook.test`. 409 while the receiver is off."""
        with firm_scope(self.firm_id):
            try:
                made = sending.send_test(endpoint_id=endpoint_id)
            except Refused as refused:
                return error(409, refused.detail, name="webhook_off")
            return Response({"data": shapes.delivery_body(made)}, status=201)


class DeliveriesView(HookView):
    """What was sent to a receiver in the last 30 days."""

    @extend_schema(
        operation_id="webhooks_deliveries", tags=TAGS, parameters=[shapes.DeliveryQuery],
        responses={200: enveloped("WebhookDeliveries", shapes.DeliveryBody(many=True), paged=True),
                   **refusals(400, 401, 403, 404)},
    )  # fmt: skip
    def get(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Return deliveries, newest first, without their content."""
        query = checked(shapes.DeliveryQuery, request.query_params)
        with firm_scope(self.firm_id):
            rows = WebhookDelivery.objects.filter(endpoint=services.locked(endpoint_id))
            for name, column in (("status", "status"), ("type", "event_type")):
                if name in query:
                    rows = rows.filter(**{column: query[name]})
            return paged(rows, query, lambda found: [shapes.delivery_body(row) for row in found])

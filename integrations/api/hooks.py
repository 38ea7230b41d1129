"""REST hooks as Zapier uses them: subscribe, unsubscribe, samples, and the test of a key with the firm's name."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import FirmAPIView
from casehug.firms.api_credentials import KeyOwner
from casehug.firms.api_shapes import REPEAT
from casehug.firms.models import Firm
from integrations.api import webhook_shapes as shapes
from integrations.api.envelopes import enveloped, refusals
from integrations.api.webhooks import HookView, wishes
from integrations.models import WebhookEndpoint
from integrations.outbound import services
from integrations.outbound.catalogue import event_type
from integrations.outbound.samples import samples

TAGS = ["REST hooks"]


class HooksView(HookView):
    """Subscriptions of Zapier, or of anything that takes a plain address."""

    address_field = "targetUrl"

    @extend_schema(operation_id="hooks_subscribe", tags=TAGS, parameters=[REPEAT], request=shapes.NewHook,
                   responses={201: enveloped("Hook", shapes.HookBody()), **refusals(400, 401, 403)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Subscribe one address to one event; bodies are flat. A 410 from the address ends the subscription."""
        wanted = self.body(request, shapes.NewHook)
        given = wishes({**wanted, "events": [wanted["event"]]}, url="targetUrl")
        with firm_scope(self.firm_id):
            made, _ = services.subscribe(kind=WebhookEndpoint.Kind.ZAPIER, **given)
        data = {"id": public_id("wh", made.id), "event": wanted["event"], "created_at": made.created_at}
        return Response({"data": data}, status=201)


class OneHookView(HookView):
    """One subscription."""

    @extend_schema(operation_id="hooks_unsubscribe", tags=TAGS, responses={204: None, **refusals(401, 403, 404)})
    def delete(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """End a subscription."""
        with firm_scope(self.firm_id):
            if not WebhookEndpoint.objects.filter(id=endpoint_id, kind=WebhookEndpoint.Kind.ZAPIER).exists():
                raise WebhookEndpoint.DoesNotExist
            services.remove(endpoint_id=endpoint_id)
        return Response(status=204)


class SamplesView(HookView):
    """Samples of an event."""

    @extend_schema(
        operation_id="hooks_samples", tags=TAGS, parameters=[shapes.SamplesQuery],
        responses={200: enveloped("HookSamples", serializers.ListField(
            child=serializers.DictField())), **refusals(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the newest events as a subscription gets them (same keys), or one invented example."""
        query = shapes.SamplesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = dict(query.validated_data)
        self.must_read_clients(request, wanted)
        kind = event_type(wanted["event"])
        assert kind is not None  # the choices are those of the catalogue
        with firm_scope(self.firm_id):
            return Response({"data": samples(kind, with_client_data=wanted["include_client_data"])})


class AnyKeyOrMember(BasePermission):
    """Every valid key, whatever its scopes, and every member."""

    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.user, KeyOwner) or getattr(request._request, "membership", None) is not None


class MeView(FirmAPIView):
    """Who asks; the test of a key."""

    capability = "firm.view"
    permission_classes = (AnyKeyOrMember,)

    @staticmethod
    def asker(request: Request) -> uuid.UUID:
        """Return the id of the key or person."""
        asker: uuid.UUID = request.user.pk  # type: ignore[assignment]
        return asker

    @extend_schema(operation_id="me", tags=["Me"],
                   responses={200: enveloped("Me", shapes.MeBody()), **refusals(401, 403)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the firm behind the key or session; `firm_name` is good as a label."""
        firm, owner = Firm.objects.get(), request.user
        by_key = isinstance(owner, KeyOwner)
        data: dict[str, object] = {
            "id": public_id("key" if by_key else "usr", self.asker(request)), "firm_id": public_id("firm", firm.id),
            "firm_name": firm.name, "kind": "api_key" if by_key else "member",
            "scopes": owner.scopes if isinstance(owner, KeyOwner) else [],
        }  # fmt: skip
        return Response({"data": data})

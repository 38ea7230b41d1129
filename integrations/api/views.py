"""The REST routes of a connection. Each checks, makes one call and answers."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import FirmAPIView, error, etag_of_values, require_match
from casehug.firms.api_errors import field_errors
from casehug.firms.api_shapes import IF_MATCH, REPEAT
from integrations.api import serializers as shapes
from integrations.api.envelopes import enveloped, refusals
from integrations.api.presenters import operation_body, run_body, status_body
from integrations.connections import services
from integrations.contract.errors import Refused
from integrations.contract.provider import Provider
from integrations.models import Connection
from integrations.selectors.connections import connection_for
from integrations.selectors.log import LogFilter, filtered
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync.services import SyncRefused, request_sync

STATUS = enveloped("IntegrationStatus", shapes.StatusSerializer())
SCOPES = {"read": "integrations:read", "write": "integrations:write"}
TAGS = ["Integrations"]
PAGING = [OpenApiParameter("page", int), OpenApiParameter("per_page", int), OpenApiParameter("status", str),
          OpenApiParameter("matter_id", str)]  # fmt: skip


def status_tag(body: dict[str, Any]) -> str:
    """Return the entity tag of what people change: switches and pause, not figures that move by themselves."""
    return etag_of_values([body["settings"], body["paused"], body["state"]])


def status_answer(declared: Provider, row: Connection | None) -> Response:
    """Return the state of a connection with its entity tag."""
    body = status_body(declared, row)
    answer = Response({"data": body})
    answer["ETag"] = status_tag(body)
    return answer


class StatusView(FirmAPIView):
    """State, switches and last sync of a connection."""

    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "integrations.view", "PATCH": "integrations.manage", "PUT": "integrations.manage",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]

    @extend_schema(operation_id="integration_status", tags=TAGS, responses={200: STATUS, **refusals(404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return the state of the firm's connection."""
        return status_answer(declared_or_404(provider), connection_for(provider))

    @extend_schema(
        operation_id="integration_status_change", tags=TAGS,
        parameters=[IF_MATCH],
        request=shapes.StatusChangeSerializer,
        responses={200: STATUS, **refusals(400, 404, 412)},
    )
    def patch(self, request: Request, provider: str) -> Response:
        """Change switches or pause; answers like GET."""
        declared, row = declared_or_404(provider), connection_or_404(provider)
        body = shapes.StatusChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted: dict[str, Any] = body.validated_data
        locked = Connection.objects.select_for_update().get(id=row.id)
        require_match(request, status_tag(status_body(declared, locked)))
        try:
            services.change_settings(connection_id=row.id, changes=wanted.get("settings", {}))
        except Refused as refused:
            return field_errors({f"settings.{refused.code}": refused.detail})
        if "paused" in wanted:
            (services.pause if wanted["paused"] else services.resume)(connection_id=row.id)
        return status_answer(declared, connection_for(provider))

    @extend_schema(
        operation_id="integration_status_replace", tags=TAGS,
        parameters=[IF_MATCH],
        request=shapes.StatusChangeSerializer,
        responses={200: STATUS, **refusals(400, 404, 412)},
    )
    def put(self, request: Request, provider: str) -> Response:
        """As PATCH (both are accepted)."""
        return self.patch(request, provider)


class AuthorizeUrl(serializers.Serializer[dict[str, object]]):
    """Where the person's browser goes to give access."""

    authorize_url = serializers.CharField()


class AuthorizeView(FirmAPIView):
    """Start connecting. Only for a signed-in admin: the return from the consent page belongs to their session."""

    capability = "integrations.manage"
    fresh = True

    @extend_schema(
        operation_id="integration_authorize_url", tags=TAGS, parameters=[REPEAT], request=None,
        responses={201: enveloped("ConsentPage", AuthorizeUrl()), **refusals(404, 409)},
    )  # fmt: skip
    def post(self, request: Request, provider: str) -> Response:
        """Return the consent page's address; it works once, for ten minutes, in this browser."""
        declared_or_404(provider)
        session: Any = request._request.session
        try:
            url = services.start_connect(
                provider_key=provider, user_id=self.owner_id, session_key=session.session_key or ""
            )
        except services.NotConfigured:
            return error(409, "This installation has no client id for this system yet.", name="not_configured")
        return Response({"data": {"authorize_url": url}}, status=201)


class DisconnectView(FirmAPIView):
    """End the access and destroy the tokens."""

    capability = "integrations.manage"
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]
    own_scopes = True
    fresh = True

    @extend_schema(
        operation_id="integration_disconnect", tags=TAGS,
        parameters=[REPEAT],
        request=None,
        responses={200: enveloped("IntegrationDisconnected", shapes.DoneSerializer()), **refusals(404)},
    )
    def post(self, request: Request, provider: str) -> Response:
        """Disconnect; links, mappings and the log stay. Repeating it changes nothing."""
        declared_or_404(provider)
        with firm_scope(self.firm_id):
            row = connection_or_404(provider)
        services.disconnect(connection_id=row.id, firm_id=self.firm_id)
        return Response({"data": {"success": True}})


class SyncView(FirmAPIView):
    """Start a sync of one matter; read the log of operations."""

    capability: ClassVar[dict[str, str]] = {"GET": "sync_log.view", "POST": "sync.start"}  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]

    @extend_schema(
        operation_id="integration_sync_start", tags=TAGS,
        parameters=[REPEAT],
        request=shapes.SyncStartSerializer,
        responses={202: enveloped("SyncRun", shapes.RunSerializer()), **refusals(400, 404, 409)},
    )
    def post(self, request: Request, provider: str) -> Response:
        """Queue a sync (202). A second request while one is under way joins it."""
        declared_or_404(provider)
        body = shapes.SyncStartSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        matter_id = body.validated_data["matter_id"]
        membership = getattr(request._request, "membership", None)
        try:
            item = request_sync(
                matter_id=matter_id, lane=WorkItem.Lane.BUTTON, trigger="api",
                actor_id=membership.user_id if membership else None, provider_key=provider,
            )  # fmt: skip
        except SyncRefused as refused:
            if refused.code == "matter_gone":
                details = {"id": public_id("mat", matter_id), "resource": "matter"}
                return error(404, refused.message.what, name="matter_not_found", details=details)
            return error(409, refused.message.text, name=refused.code)
        return Response({"data": run_body(item)}, status=202)

    @extend_schema(
        operation_id="integration_sync_history", tags=TAGS,
        parameters=PAGING,
        responses={
            200: enveloped("SyncHistory", shapes.OperationSerializer(many=True), paged=True),
            **refusals(400, 404),
        },
    )
    def get(self, request: Request, provider: str) -> Response:
        """Return operations, newest first, in pages."""
        declared_or_404(provider)
        row = connection_for(provider)
        query = shapes.PageQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted: dict[str, Any] = query.validated_data
        page, size = wanted["page"], wanted["per_page"]
        lines: list[Any] = []
        total = 0
        if row is not None:
            rows = filtered(row, LogFilter(status=wanted["status"], matter_id=wanted.get("matter_id")))
            total = rows.count()
            lines = list(rows.order_by("-created_at", "-id")[(page - 1) * size : page * size])
        paging = {"page": page, "per_page": size, "total": total, "has_more": page * size < total}
        return Response({"data": [operation_body(line) for line in lines], "pagination": paging})

"""The REST routes of a connection. Each checks, makes one call and answers."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import FirmAPIView, error
from integrations.api import serializers as shapes
from integrations.api.envelopes import enveloped, refusals
from integrations.api.presenters import mapping_body, operation_body, run_body, status_body
from integrations.connections import services
from integrations.contract.errors import Refused
from integrations.mappings import services as mappings
from integrations.models import Connection
from integrations.selectors.connections import connection_for
from integrations.selectors.log import LogFilter, filtered
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync.services import SyncRefused, request_sync

STATUS = enveloped("IntegrationStatus", shapes.StatusSerializer())
MAPPINGS = enveloped("CaseTypeMappings", shapes.MappingSerializer(many=True))
PAGING = [OpenApiParameter("page", int), OpenApiParameter("per_page", int), OpenApiParameter("status", str),
          OpenApiParameter("matter_id", str)]  # fmt: skip


class StatusView(FirmAPIView):
    """State, switches and last sync of a connection."""

    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "integrations.view", "PATCH": "integrations.manage", "PUT": "integrations.manage",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = {"read": "firms:read", "write": "firms:write"}  # type: ignore[misc]

    @extend_schema(operation_id="integration_status", responses={200: STATUS, **refusals(401, 403, 404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return the state of the firm's connection."""
        return Response({"data": status_body(declared_or_404(provider), connection_for(provider))})

    @extend_schema(
        operation_id="integration_status_change",
        request=shapes.StatusChangeSerializer,
        responses={200: STATUS, **refusals(400, 401, 403, 404)},
    )
    def patch(self, request: Request, provider: str) -> Response:
        """Change switches or pause; answers like GET."""
        declared, row = declared_or_404(provider), connection_or_404(provider)
        body = shapes.StatusChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted: dict[str, Any] = body.validated_data
        try:
            services.change_settings(connection_id=row.id, changes=wanted.get("settings", {}))
        except Refused as refused:
            return field_error(f"settings.{refused.code}", refused.detail)
        if "paused" in wanted:
            (services.pause if wanted["paused"] else services.resume)(connection_id=row.id)
        return Response({"data": status_body(declared, connection_for(provider))})

    @extend_schema(
        operation_id="integration_status_replace",
        request=shapes.StatusChangeSerializer,
        responses={200: STATUS, **refusals(400, 401, 403, 404)},
    )
    def put(self, request: Request, provider: str) -> Response:
        """As PATCH (both are accepted)."""
        return self.patch(request, provider)


class DisconnectView(FirmAPIView):
    """End the access and destroy the tokens."""

    capability = "integrations.manage"
    own_scopes = True

    @extend_schema(
        operation_id="integration_disconnect",
        request=None,
        responses={200: enveloped("IntegrationDisconnected", shapes.DoneSerializer()), **refusals(401, 403, 404)},
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
    api_scopes: ClassVar[dict[str, str]] = {"read": "matters:read", "write": "matters:write"}  # type: ignore[misc]

    @extend_schema(
        operation_id="integration_sync_start",
        request=shapes.SyncStartSerializer,
        responses={202: enveloped("SyncRun", shapes.RunSerializer()), **refusals(400, 401, 403, 404, 409)},
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
        operation_id="integration_sync_history",
        parameters=PAGING,
        responses={
            200: enveloped("SyncHistory", shapes.OperationSerializer(many=True), paged=True),
            **refusals(400, 401, 403, 404),
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


class CaseTypeMappingsView(FirmAPIView):
    """Case type → stage."""

    capability: ClassVar[dict[str, str]] = {"GET": "integrations.view", "PUT": "mappings.manage"}  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = {"read": "firms:read", "write": "firms:write"}  # type: ignore[misc]

    @extend_schema(operation_id="case_type_mappings", responses={200: MAPPINGS, **refusals(401, 403, 404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return every case type and practice area with its stage and state."""
        declared_or_404(provider)
        return self._rows(connection_or_404(provider))

    @extend_schema(
        operation_id="case_type_mappings_change",
        request=shapes.MappingsChangeSerializer,
        responses={200: MAPPINGS, **refusals(400, 401, 403, 404)},
    )
    def put(self, request: Request, provider: str) -> Response:
        """Change rows; all or none. Answers like GET."""
        declared_or_404(provider)
        row = connection_or_404(provider)
        body = shapes.MappingsChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = {one.pop("key"): one for one in body.validated_data["mappings"]}
        try:
            mappings.save_mappings(connection=row, changes=changes)
        except Refused as refused:
            return field_error(f"mappings.{refused.code}", refused.detail)
        return self._rows(row)

    @staticmethod
    def _rows(row: Connection) -> Response:
        return Response({"data": [mapping_body(one) for one in mappings.mapping_rows(row)]})


def field_error(field: str, message: str) -> Response:
    """Return a 400 that names one field."""
    details = {"fields": [{"field": field, "message": message}]}
    return error(400, "Some values are not valid.", details=details)

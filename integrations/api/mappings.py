"""Mappings over the API: case type → stage, stage → status, answer → field. All rows of a change, or none."""

import json
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.firms.api_auth import FirmAPIView, error, require_match
from casehug.firms.api_errors import field_errors
from casehug.firms.api_shapes import IF_MATCH, checked
from integrations.api import serializers as shapes
from integrations.api.envelopes import enveloped, refusals
from integrations.api.presenters import mapping_body
from integrations.api.views import SCOPES, TAGS
from integrations.contract.errors import Refused
from integrations.mappings import exchange, versions
from integrations.mappings import services as mappings
from integrations.mappings.status import status_table
from integrations.mappings.status_changes import save_statuses
from integrations.models import Connection
from integrations.selectors.lookups import connection_or_404, declared_or_404

Shape = serializers.Serializer[dict[str, object]]
MAPPINGS = enveloped("CaseTypeMappings", shapes.MappingSerializer(many=True))
READ_WRITE: dict[str, str] = {"GET": "integrations.view", "PUT": "mappings.manage"}


def tagged(row: Connection, kind: str, lines: list[dict[str, Any]]) -> Response:
    """Return a table with the entity tag of what was chosen in it."""
    answer = Response({"data": lines})
    answer["ETag"] = f'"{exchange.basis_of(row, kind)}"'
    return answer


def unchanged_since(request: Request, row: Connection, kind: str) -> None:
    """Check `If-Match` while nobody else can change the tables. Raises Refusal (412)."""
    Connection.objects.select_for_update().get(id=row.id)
    require_match(request, f'"{exchange.basis_of(row, kind)}"')


class CaseTypeMappingsView(FirmAPIView):
    """Case type → stage."""

    capability: ClassVar[dict[str, str]] = READ_WRITE  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]

    @extend_schema(operation_id="case_type_mappings", tags=TAGS, responses={200: MAPPINGS, **refusals(404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return every case type and practice area with its stage and state."""
        declared_or_404(provider)
        return self._rows(connection_or_404(provider))

    @extend_schema(
        operation_id="case_type_mappings_change", tags=TAGS,
        parameters=[IF_MATCH],
        request=shapes.MappingsChangeSerializer,
        responses={200: MAPPINGS, **refusals(400, 404, 412)},
    )
    def put(self, request: Request, provider: str) -> Response:
        """Change rows; all or none. Answers like GET."""
        declared_or_404(provider)
        row = connection_or_404(provider)
        body = shapes.MappingsChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changes = {one.pop("key"): one for one in body.validated_data["mappings"]}
        unchanged_since(request, row, "case_types")
        try:
            mappings.save_mappings(connection=row, changes=changes)
        except Refused as refused:
            return field_errors({f"mappings.{refused.code}": refused.detail})
        return self._rows(row)

    @staticmethod
    def _rows(row: Connection) -> Response:
        return tagged(row, "case_types", [mapping_body(one) for one in mappings.mapping_rows(row)])


class StatusLine(Shape):
    """What a stage, sub-status or main status there means here."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=["stage", "sub_status", "status"])
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    value = serializers.CharField()
    default = serializers.CharField()
    chosen = serializers.BooleanField()
    gone = serializers.BooleanField()


class StatusLineChange(Shape):
    """A line to change."""

    key = serializers.CharField(max_length=120)
    value = serializers.ChoiceField(choices=["pending", "active", "closed", "unchanged", "next"])


class StatusLinesChange(Shape):
    """The lines to change; the others stay."""

    mappings = StatusLineChange(many=True)


class StageMappingsView(FirmAPIView):
    """Stage → status."""

    capability: ClassVar[dict[str, str]] = READ_WRITE  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]
    answer: ClassVar[Any] = enveloped("StageMappings", StatusLine(many=True))

    @extend_schema(operation_id="stage_mappings", tags=TAGS, responses={200: answer, **refusals(404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return every line in its order of precedence: stages, then sub-statuses, then main statuses."""
        declared_or_404(provider)
        return self._lines(connection_or_404(provider))

    @extend_schema(operation_id="stage_mappings_change", tags=TAGS, parameters=[IF_MATCH],
                   request=StatusLinesChange, responses={200: answer, **refusals(400, 404, 412)})  # fmt: skip
    def put(self, request: Request, provider: str) -> Response:
        """Change lines; all or none. Answers like GET."""
        declared_or_404(provider)
        row = connection_or_404(provider)
        wanted = {one["key"]: one["value"] for one in checked(StatusLinesChange, request.data)["mappings"]}
        unchanged_since(request, row, "status")
        try:
            save_statuses(connection=row, changes=wanted)
        except Refused as refused:
            return field_errors({f"mappings.{refused.code}": refused.detail})
        return self._lines(row)

    @staticmethod
    def _lines(row: Connection) -> Response:
        lines = [
            {"key": one.key, "kind": one.kind, "name": one.name, "parent": one.parent or None, "value": one.value,
             "default": one.default, "chosen": one.chosen, "gone": one.gone}
            for one in status_table(row).rows
        ]  # fmt: skip
        return tagged(row, "status", lines)


class FieldLine(Shape):
    """One mapped field: `question` (an answer of the client) fills `field` of the `owner`."""

    key = serializers.CharField(max_length=120)
    owner = serializers.ChoiceField(choices=["contact", "matter"])
    field = serializers.CharField(max_length=80)
    question = serializers.CharField(max_length=80)
    transform = serializers.CharField(required=False, allow_blank=True, max_length=20)
    field_name = serializers.CharField(required=False, allow_blank=True, max_length=620)  # type: ignore[assignment]
    question_name = serializers.CharField(required=False, allow_blank=True, max_length=620)


class FieldLines(Shape):
    """The whole table."""

    mappings = FieldLine(many=True)


class FieldMappingsView(FirmAPIView):
    """Answer → custom field."""

    capability: ClassVar[dict[str, str]] = READ_WRITE  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = SCOPES  # type: ignore[misc]
    answer: ClassVar[Any] = enveloped("FieldMappings", FieldLine(many=True))

    @extend_schema(operation_id="field_mappings", tags=TAGS, responses={200: answer, **refusals(404)})
    def get(self, request: Request, provider: str) -> Response:
        """Return the mapped fields; the `ETag` names this state of the table."""
        declared_or_404(provider)
        return self._lines(connection_or_404(provider))

    @extend_schema(operation_id="field_mappings_replace", tags=TAGS, parameters=[IF_MATCH], request=FieldLines,
                   responses={200: answer, **refusals(400, 404, 412)})  # fmt: skip
    def put(self, request: Request, provider: str) -> Response:
        """Make the table equal to these rows; all or none. Rows that are missing are no longer mapped."""
        declared_or_404(provider)
        row = connection_or_404(provider)
        rows = checked(FieldLines, request.data)["mappings"]
        known = versions.kind_of("fields").columns | {"key"}
        told = [{name: value for name, value in one.items() if name in known} for one in rows]
        content = json.dumps(
            {"schema": exchange.SCHEMA, "kind": "fields", "provider": row.provider, "rows": told}, ensure_ascii=False
        )
        try:
            plan = exchange.plan_import(row, "fields", content)
            if plan.problems:
                return field_errors({f"mappings.{one.row - 1}": one.text for one in plan.problems})
            basis = request.headers.get("If-Match", "").strip().strip('"') or plan.basis
            exchange.import_json(connection=row, kind="fields", content=content, basis=basis)
        except Refused as refused:
            if refused.code == "basis":
                return error(412, refused.detail)
            return field_errors({"mappings": refused.detail})
        return self._lines(row)

    @staticmethod
    def _lines(row: Connection) -> Response:
        kind = versions.kind_of("fields")
        return tagged(row, "fields", [dict(one) for one in versions.captioned(row, kind, kind.read(row))])

"""Case types as templates (`tmpl_`): which questions the portal asks and which documents it requests. Read-only."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.firms.api_shapes import PageQuery, checked, enveloped, paged, refusals, sorting
from casehug.intake.api.base import IntakeView
from casehug.intake.errors import NotFound
from casehug.intake.models import CaseType, PracticeArea

Shape = serializers.Serializer[dict[str, object]]


class QuestionBody(Shape):
    """One question of the portal."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class RequestedDocument(Shape):
    """One item of the checklist."""

    key = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class TemplateBody(Shape):
    """A case type."""

    id = serializers.CharField()
    key = serializers.CharField()
    name = serializers.CharField()
    practice_area = serializers.ChoiceField(choices=PracticeArea.choices)
    active = serializers.BooleanField()
    questions = QuestionBody(many=True)
    documents = RequestedDocument(many=True)


class TemplateQuery(PageQuery):
    """Filters of the list."""

    practice_area = serializers.ChoiceField(required=False, choices=PracticeArea.choices)
    sort = sorting("position", "name")


def _only(entries: list[dict[str, Any]], shape: type[Shape]) -> list[dict[str, Any]]:
    names = list(shape().fields)
    return [{name: entry.get(name) for name in names} for entry in entries]


def template_body(row: CaseType) -> dict[str, Any]:
    """Return a case type as the API shows it."""
    return {
        "id": public_id("tmpl", row.id), "key": row.key, "name": row.name, "practice_area": row.practice_area,
        "active": row.active, "questions": _only(row.questions, QuestionBody),
        "documents": _only(row.documents, RequestedDocument),
    }  # fmt: skip


MANY = enveloped("Templates", TemplateBody(many=True), paged=True)


class _TemplateView(IntakeView):
    capability = "matters.view"
    api_scopes: ClassVar[dict[str, str]] = {"read": "matters:read"}  # type: ignore[misc]
    resource = "template"


class TemplatesView(_TemplateView):
    """The firm's case types."""

    @extend_schema(operation_id="templates_list", tags=["Templates"], parameters=[TemplateQuery],
                   responses={200: MANY, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the case types in the firm's order."""
        query = checked(TemplateQuery, request.query_params)
        rows = CaseType.objects.all()
        if "practice_area" in query:
            rows = rows.filter(practice_area=query["practice_area"])
        return paged(rows, query, lambda found: [template_body(one) for one in found])


class TemplateView(_TemplateView):
    """One case type."""

    @extend_schema(operation_id="templates_get", tags=["Templates"],
                   responses={200: enveloped("Template", TemplateBody()), **refusals(404)})  # fmt: skip
    def get(self, request: Request, template_id: uuid.UUID) -> Response:
        """Return a case type with its questions and documents."""
        row = CaseType.objects.filter(id=template_id).first()
        if row is None:
            raise NotFound("template")
        return Response({"data": template_body(row)})

"""Matters over the API: list, create, read, change, archive, intake link (casehug.md §7.3)."""

import uuid
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import etag_of, require_match
from casehug.firms.api_shapes import IF_MATCH, REPEAT, checked, enveloped, paged, refusals
from casehug.firms.models import Firm, Membership
from casehug.intake.api.base import IntakeView
from casehug.intake.api.shapes import MatterBody, MatterChange, MatterNew, MatterQuery, matter_bodies
from casehug.intake.errors import Invalid, NotFound
from casehug.intake.models import CaseType, Matter, MatterStatus
from casehug.intake.selectors.search import matching_matters
from casehug.intake.services.links import create_intake_link, email_intake_link
from casehug.intake.services.locking import lock_matter
from casehug.intake.services.matters import archive_matter, change_status, create_matter, update_matter

ONE = enveloped("Matter", MatterBody())
MANY = enveloped("Matters", MatterBody(many=True), paged=True)
NAMES = {"intake_template_id": "case_type_id", "assigned_attorney": "assigned_attorney_id"}


class _MatterView(IntakeView):
    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "matters.view", "POST": "matters.edit", "PATCH": "matters.edit",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = {"read": "matters:read", "write": "matters:write"}  # type: ignore[misc]
    resource = "matter"


def _rows() -> "QuerySet[Any]":
    rows: QuerySet[Any] = Matter.objects.annotate(documents_count=Count("documents"))
    return rows


def _answer(matter_id: uuid.UUID, *, status: int = 200) -> Response:
    matter = _rows().filter(id=matter_id).first()
    if matter is None:
        raise NotFound("matter")
    answer = Response({"data": matter_bodies([matter])[0]}, status=status)
    answer["ETag"] = etag_of(matter.updated_at)
    return answer


def _changes(wanted: dict[str, Any]) -> dict[str, Any]:
    """Translate the API's names; a person who is no active member of the firm cannot be responsible."""
    attorney = wanted.get("assigned_attorney")
    if attorney and not Membership.objects.filter(user_id=attorney, active=True).exists():
        raise Invalid({"assigned_attorney": "This person is no member of the firm."})
    return {NAMES.get(name, name): value for name, value in wanted.items()}


def _template(practice_area: str) -> uuid.UUID:
    """Return the case type for a matter without one: the firm's default if it fits, else the first that does."""
    fitting = CaseType.objects.filter(active=True).order_by("position", "name")
    rows = list(fitting.filter(practice_area=practice_area)) or list(fitting.filter(practice_area="other"))
    default = Firm.objects.get().settings.get("default_intake_template", "")
    chosen = next((row for row in rows if public_id("tmpl", row.id) == default), rows[0] if rows else None)
    if chosen is None:
        raise Invalid({"intake_template_id": "No active template fits this practice area; name one."})
    return uuid.UUID(str(chosen.id))


class MattersView(_MatterView):
    """All matters of the firm."""

    @extend_schema(operation_id="matters_list", tags=["Matters"], parameters=[MatterQuery],
                   responses={200: MANY, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return matters, newest first. `q` searches title, client and reference."""
        query = checked(MatterQuery, request.query_params)
        rows = _rows()
        for name in ("status", "practice_area", "client_id"):
            if name in query:
                rows = rows.filter(**{name: query[name]})
        if "intake_template_id" in query:
            rows = rows.filter(case_type_id=query["intake_template_id"])
        if "tag" in query:
            rows = rows.filter(tags__contains=[query["tag"]])
        for name, lookup in (("created_after", "created_at__gt"), ("created_before", "created_at__lt"),
                             ("updated_after", "updated_at__gt")):  # fmt: skip
            if name in query:
                rows = rows.filter(**{lookup: query[name]})
        if query.get("q"):
            rows = matching_matters(rows, query["q"])
        return paged(rows, query, matter_bodies)

    @extend_schema(operation_id="matters_create", tags=["Matters"], parameters=[REPEAT], request=MatterNew,
                   responses={201: ONE, **refusals(400, 409, 413, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Create a matter with its checklist. It starts as `active`."""
        values = _changes(checked(MatterNew, request.data))
        area = values.pop("practice_area")
        if "case_type_id" not in values:
            values["case_type_id"] = _template(area)
        matter = create_matter(source="api", status=MatterStatus.ACTIVE, practice_area=area, **values)
        return _answer(matter.id, status=201)


class MatterView(_MatterView):
    """One matter."""

    @extend_schema(operation_id="matters_get", tags=["Matters"], responses={200: ONE, **refusals(404)})
    def get(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Return a matter with its sync state."""
        return _answer(matter_id)

    @extend_schema(operation_id="matters_change", tags=["Matters"], parameters=[IF_MATCH], request=MatterChange,
                   responses={200: ONE, **refusals(400, 404, 412, 413, 422)})  # fmt: skip
    def patch(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Change the given fields. Another template or state also changes the checklist."""
        matter = lock_matter(matter_id, even_archived=True)
        require_match(request, matter.updated_at)
        values = _changes(checked(MatterChange, request.data))
        status = values.pop("status", None)
        update_matter(matter_id=matter_id, **values)
        if status:
            change_status(matter_id=matter_id, to=status)
        return _answer(matter_id)


class ArchiveView(_MatterView):
    """Archive a matter."""

    @extend_schema(operation_id="matters_archive", tags=["Matters"], parameters=[REPEAT], request=None,
                   responses={200: ONE, **refusals(404, 409, 422)})  # fmt: skip
    def post(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Archive a matter and end its intake link. Repeating it changes nothing."""
        archive_matter(matter_id=matter_id)
        return _answer(matter_id)


class LinkNew(serializers.Serializer[dict[str, object]]):
    """How the link reaches the client."""

    send_email = serializers.BooleanField(required=False, default=False)


class LinkBody(serializers.Serializer[dict[str, object]]):
    """A new intake link; `url` is given only now."""

    id = serializers.CharField()
    matter_id = serializers.CharField()
    url = serializers.CharField()
    expires_at = serializers.DateTimeField()
    sent = serializers.BooleanField()


class IntakeLinkView(_MatterView):
    """Make the link that opens the client's portal."""

    own_scopes = True  # the mail server is outside

    @extend_schema(operation_id="matters_intake_link", tags=["Matters"], parameters=[REPEAT], request=LinkNew,
                   responses={201: enveloped("IntakeLink", LinkBody()), **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Make a link (90 days); an earlier one stops working. With `send_email` it is mailed to the client."""
        send = checked(LinkNew, request.data)["send_email"]
        if send:
            new = email_intake_link(firm_id=self.firm_id, matter_id=matter_id)
        else:
            with firm_scope(self.firm_id):
                new = create_intake_link(matter_id=matter_id)
        body = {
            "id": new.link.public_id, "matter_id": public_id("mat", matter_id), "url": new.url,
            "expires_at": new.link.expires_at, "sent": send,
        }  # fmt: skip
        return Response({"data": body}, status=201)

"""The checklist over the API: list, request, read, approve, send back (casehug.md §7.5)."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.firms.api_auth import etag_of, require_match
from casehug.firms.api_shapes import IF_MATCH, REPEAT, PageQuery, checked, enveloped, paged, refusals, sorting
from casehug.intake.api.base import IntakeView
from casehug.intake.data.document_kinds import PAPER
from casehug.intake.errors import NotFound
from casehug.intake.files import ACCEPTABLE
from casehug.intake.models import Document, DocumentStatus, Matter, Upload
from casehug.intake.selectors.documents import document_detail, with_uploads
from casehug.intake.services.documents import approve_document, reject_document, request_document
from casehug.intake.services.locking import lock_document, lock_matter

Shape = serializers.Serializer[dict[str, object]]


class UploadBody(Shape):
    """A file that was given."""

    id = serializers.CharField()
    filename = serializers.CharField()
    content_type = serializers.CharField()
    file_size_bytes = serializers.IntegerField()
    uploaded_at = serializers.DateTimeField()


class DocumentBody(Shape):
    """One item of the checklist. `upload` is the newest file; several are the pages of one item (`uploads`)."""

    id = serializers.CharField()
    matter_id = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    description = serializers.CharField()
    instructions = serializers.CharField()
    status = serializers.ChoiceField(choices=DocumentStatus.choices)
    reason = serializers.CharField(allow_null=True)
    required = serializers.BooleanField()  # type: ignore[assignment]
    accepted_types = serializers.ListField(child=serializers.CharField())
    max_file_size_mb = serializers.IntegerField()
    upload = UploadBody(allow_null=True)
    uploads = UploadBody(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DocumentQuery(PageQuery):
    """Filters of a checklist."""

    status = serializers.ChoiceField(required=False, choices=DocumentStatus.choices)
    sort = sorting("position", "-updated_at")


class DocumentNew(Shape):
    """An item to ask for."""

    name = serializers.CharField(max_length=200)
    category = serializers.CharField(required=False, max_length=40)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    instructions = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    required = serializers.BooleanField(required=False, default=True)  # type: ignore[assignment]
    accepted_types = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(ACCEPTABLE)), required=False, default=list(PAPER), min_length=1
    )
    max_file_size_mb = serializers.IntegerField(required=False, default=25, min_value=1, max_value=100)


class Rejection(Shape):
    """Why an item is sent back; the client reads it."""

    reason = serializers.CharField(max_length=20_000)


def upload_body(upload: Upload) -> dict[str, Any]:
    """Return a file as the API shows it."""
    return {
        "id": upload.public_id, "filename": upload.filename, "content_type": upload.content_type,
        "file_size_bytes": upload.size_bytes, "uploaded_at": upload.uploaded_at,
    }  # fmt: skip


def document_body(document: Any) -> dict[str, Any]:
    """Return an item that came through `with_uploads`."""
    files = [upload_body(upload) for upload in document.current_uploads]
    return {
        "id": document.public_id,
        "matter_id": public_id("mat", document.matter_id),
        "name": document.name,
        "category": document.category,
        "description": document.description,
        "instructions": document.instructions,
        "status": document.status,
        "reason": document.reason or None,
        "required": document.required,
        "accepted_types": document.accepted_types,
        "max_file_size_mb": document.max_size_mb,
        "upload": files[-1] if files else None,
        "uploads": files,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    }


ONE = enveloped("Document", DocumentBody())
MANY = enveloped("Documents", DocumentBody(many=True), paged=True)


def _answer(document_id: uuid.UUID, *, status: int = 200) -> Response:
    document = document_detail(document_id)
    answer = Response({"data": document_body(document)}, status=status)
    answer["ETag"] = etag_of(document.updated_at)
    return answer


class _DocumentView(IntakeView):
    capability: ClassVar[dict[str, str]] = {"GET": "matters.view", "POST": "documents.review"}  # type: ignore[misc]
    api_scopes: ClassVar[dict[str, str]] = {"read": "documents:read", "write": "documents:write"}  # type: ignore[misc]
    resource = "document"


class ChecklistView(_DocumentView):
    """The checklist of one matter."""

    @extend_schema(operation_id="documents_list", tags=["Documents"], parameters=[DocumentQuery],
                   responses={200: MANY, **refusals(400, 404)})  # fmt: skip
    def get(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Return the items of a matter in their order, perhaps of one status."""
        query = checked(DocumentQuery, request.query_params)
        if not Matter.objects.filter(id=matter_id).exists():
            raise NotFound("matter")
        rows = Document.objects.filter(matter_id=matter_id)
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return paged(with_uploads(rows), query, lambda found: [document_body(one) for one in found])


class RequestView(_DocumentView):
    """Ask the client for one more item."""

    capability: ClassVar[dict[str, str]] = {"GET": "matters.view", "POST": "matters.edit"}  # type: ignore[misc]

    @extend_schema(operation_id="documents_request", tags=["Documents"], parameters=[REPEAT], request=DocumentNew,
                   responses={201: ONE, **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request, matter_id: uuid.UUID) -> Response:
        """Add an item to the checklist."""
        lock_matter(matter_id)
        values = checked(DocumentNew, request.data)
        values["max_size_mb"] = values.pop("max_file_size_mb")
        return _answer(request_document(matter_id=matter_id, **values).id, status=201)


class DocumentView(_DocumentView):
    """One item."""

    @extend_schema(operation_id="documents_get", tags=["Documents"], responses={200: ONE, **refusals(404)})
    def get(self, request: Request, document_id: uuid.UUID) -> Response:
        """Return an item with its files."""
        return _answer(document_id)


class ApproveView(_DocumentView):
    """Accept what was given."""

    @extend_schema(operation_id="documents_approve", tags=["Documents"], parameters=[REPEAT, IF_MATCH], request=None,
                   responses={200: ONE, **refusals(404, 409, 412, 422)})  # fmt: skip
    def post(self, request: Request, document_id: uuid.UUID) -> Response:
        """Approve an item; the last required one also approves the intake. Repeating it changes nothing."""
        require_match(request, lock_document(document_id)[1].updated_at)
        return _answer(approve_document(document_id=document_id).id)


class RejectView(_DocumentView):
    """Send an item back."""

    @extend_schema(operation_id="documents_reject", tags=["Documents"], parameters=[REPEAT, IF_MATCH],
                   request=Rejection, responses={200: ONE, **refusals(400, 404, 409, 412, 422)})  # fmt: skip
    def post(self, request: Request, document_id: uuid.UUID) -> Response:
        """Send an item back with a reason, which the client reads in the portal."""
        require_match(request, lock_document(document_id)[1].updated_at)
        reason = checked(Rejection, request.data)["reason"]
        return _answer(reject_document(document_id=document_id, reason=reason).id)

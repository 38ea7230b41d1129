"""Uploads in three steps (casehug.md §7.5): announce, send the bytes to the storage address, confirm."""

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casehug.common.ids import public_id
from casehug.firms.api_shapes import REPEAT, PublicIdField, checked, enveloped, refusals
from casehug.intake.api.base import IntakeView, refused
from casehug.intake.api.documents import DocumentBody, document_body
from casehug.intake.errors import IntakeError
from casehug.intake.selectors.documents import document_detail
from casehug.intake.services.upload_slots import announce_upload, confirm_upload, receive_bytes

Shape = serializers.Serializer[dict[str, object]]


class UploadNew(Shape):
    """The file that will be sent."""

    document_id = PublicIdField("doc")
    filename = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=120)
    file_size_bytes = serializers.IntegerField(min_value=1, max_value=100 * 1024 * 1024)


class UploadPlace(Shape):
    """Where to send the bytes: one `PUT` to `upload_url` with the file as the body, no key needed there."""

    id = serializers.CharField()
    document_id = serializers.CharField()
    method = serializers.CharField()
    upload_url = serializers.CharField()
    expires_at = serializers.DateTimeField()


CONFIRMED = enveloped("ConfirmedUpload", DocumentBody())


class _UploadView(IntakeView):
    capability = "documents.review"
    api_scopes: ClassVar[dict[str, str]] = {"read": "documents:read", "write": "documents:write"}  # type: ignore[misc]
    resource = "upload"


class SignedUrlView(_UploadView):
    """Announce a file."""

    @extend_schema(operation_id="uploads_signed_url", tags=["Documents"], parameters=[REPEAT], request=UploadNew,
                   responses={201: enveloped("UploadUrl", UploadPlace()), **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Return an address that takes the bytes with one `PUT` for 15 minutes. Then confirm the upload."""
        wanted = checked(UploadNew, request.data)
        made = announce_upload(
            document_id=wanted["document_id"], filename=wanted["filename"], content_type=wanted["content_type"],
            size_bytes=wanted["file_size_bytes"],
        )  # fmt: skip
        body = {
            "id": public_id("upl", made.slot.id), "document_id": public_id("doc", wanted["document_id"]),
            "method": "PUT", "upload_url": made.url, "expires_at": made.slot.expires_at,
        }  # fmt: skip
        return Response({"data": body}, status=201)


class ConfirmView(_UploadView):
    """Confirm a file whose bytes were sent."""

    @extend_schema(operation_id="uploads_confirm", tags=["Documents"], parameters=[REPEAT], request=None,
                   responses={200: CONFIRMED, **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request, slot_id: uuid.UUID) -> Response:
        """Check the bytes and attach them to the item; answers with the item. Repeating it changes nothing."""
        upload = confirm_upload(slot_id=slot_id)
        return Response({"data": document_body(document_detail(upload.document_id))})


class StorageView(APIView):
    """Takes the bytes of an announced file. The signed token of the address is the whole credential."""

    authentication_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[Any]] = [AllowAny]  # type: ignore[misc]
    schema = None

    def put(self, request: Request, token: str) -> Response:
        """Store the body; 204. The declared size is the limit, nothing larger is read."""
        try:
            receive_bytes(token=token, file=request._request)
        except IntakeError as problem:
            return refused(problem, {})
        return Response(status=204)

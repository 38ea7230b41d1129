"""Updates and files of a referred case over the API."""

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.scope import firm_scope
from casehug.firms.api_errors import Refusal
from casehug.firms.api_shapes import REPEAT, PageQuery, checked, enveloped, paged, public, refusals, sorting
from casehug.referrals.api.base import ReferralView
from casehug.referrals.errors import NotFound
from casehug.referrals.models import Attachment, CaseUpdate, Referral
from casehug.referrals.services.files import share_file
from casehug.referrals.services.updates import post_update

Shape = serializers.Serializer[dict[str, object]]


class UpdateBody(Shape):
    """One message between the two firms about a case."""

    id = serializers.CharField()
    direction = serializers.ChoiceField(choices=Referral.Direction.choices)
    status = serializers.ChoiceField(choices=CaseUpdate.State.choices)
    title = serializers.CharField()
    content = serializers.CharField()
    stage = serializers.CharField()
    author = serializers.CharField(allow_null=True)
    author_name = serializers.CharField()
    refusal = serializers.CharField()
    happened_at = serializers.DateTimeField()


class UpdateNew(Shape):
    """A message to the other firm."""

    content = serializers.CharField(max_length=10_000)
    title = serializers.CharField(required=False, allow_blank=True, max_length=255)
    stage = serializers.CharField(required=False, allow_blank=True, max_length=120)
    happened_at = serializers.DateTimeField(required=False)


class FileBody(Shape):
    """One file of a case. `status` says whether the other firm has it, or whether we keep a copy."""

    id = serializers.CharField()
    direction = serializers.ChoiceField(choices=Referral.Direction.choices)
    status = serializers.ChoiceField(choices=Attachment.State.choices)
    name = serializers.CharField()
    content_type = serializers.CharField()
    file_size_bytes = serializers.IntegerField()
    purpose = serializers.CharField()
    trouble = serializers.CharField()
    created_at = serializers.DateTimeField()


class FileNew(Shape):
    """A file for every firm on the case."""

    file = serializers.FileField()


class ThreadQuery(PageQuery):
    """Updates, newest first."""

    sort = sorting("-happened_at")


class FileQuery(PageQuery):
    """Files in the order they came."""

    sort = sorting("created_at")


def _update(row: CaseUpdate) -> dict[str, Any]:
    return {
        "id": row.public_id, "direction": row.direction, "status": row.state, "title": row.title,
        "content": row.content, "stage": row.stage, "author": public("atty", row.author_id),
        "author_name": row.author_name, "refusal": row.refusal, "happened_at": row.happened_at,
    }  # fmt: skip


def _file(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.public_id, "direction": row.direction, "status": row.state, "name": row.name,
        "content_type": row.content_type, "file_size_bytes": row.size_bytes, "purpose": row.purpose,
        "trouble": row.trouble, "created_at": row.created_at,
    }  # fmt: skip


def _known(referral_id: uuid.UUID) -> uuid.UUID:
    if not Referral.objects.filter(id=referral_id).exists():
        raise NotFound("referral")
    return referral_id


class UpdatesView(ReferralView):
    """What the two firms wrote each other."""

    @extend_schema(operation_id="referral_updates_list", tags=["Referrals"], parameters=[ThreadQuery],
                   responses={200: enveloped("ReferralUpdates", UpdateBody(many=True), paged=True),
                              **refusals(400, 404)})  # fmt: skip
    def get(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Return the updates of a case, the draft among them."""
        rows = CaseUpdate.objects.filter(referral_id=_known(referral_id))
        return paged(rows, checked(ThreadQuery, request.query_params), lambda page: [_update(one) for one in page])

    @extend_schema(operation_id="referral_updates_create", tags=["Referrals"], parameters=[REPEAT], request=UpdateNew,
                   responses={201: enveloped("ReferralUpdate", UpdateBody()),
                              **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Send an update to the other firm. It takes the place of the draft; the 90 days count anew once it is sent."""
        _known(referral_id)
        row = post_update(referral_id=referral_id, **checked(UpdateNew, request.data))
        return Response({"data": _update(row)}, status=201)


class FilesView(ReferralView):
    """Files of a case. `POST` is one multipart part named `file`."""

    parser_classes = (MultiPartParser,)

    def _answer(self, request: Request, run: Callable[[], Response]) -> Response:
        # The content itself says what was sent before, so a repeat needs no second reading of megabytes for its key.
        if request.method == "POST":
            with firm_scope(self.firm_id):
                _known(self.kwargs["referral_id"])
            _ = request.data  # megabytes over a slow line: read while no transaction waits for them
        with firm_scope(self.firm_id):
            response = run()
            if response.status_code >= 400:
                raise Refusal(response)
            return response

    @extend_schema(operation_id="referral_files_list", tags=["Referrals"], parameters=[FileQuery],
                   responses={200: enveloped("ReferralFiles", FileBody(many=True), paged=True),
                              **refusals(400, 404)})  # fmt: skip
    def get(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Return the files of a case with where each stands."""
        rows = Attachment.objects.filter(referral_id=_known(referral_id))
        return paged(rows, checked(FileQuery, request.query_params), lambda page: [_file(one) for one in page])

    @extend_schema(operation_id="referral_files_create", tags=["Referrals"], request={"multipart/form-data": FileNew},
                   responses={201: enveloped("ReferralFile", FileBody()),
                              **refusals(400, 404, 413, 415, 422)})  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Share a file with every firm on the case; the same content again returns the file there is."""
        _known(referral_id)
        given = checked(FileNew, request.data)["file"]
        row = share_file(
            referral_id=referral_id, file=given, filename=given.name, content_type=given.content_type or ""
        )
        return Response({"data": _file(row)}, status=201)

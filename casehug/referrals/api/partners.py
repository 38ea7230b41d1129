"""The address book of other firms over the API."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.firms.api_auth import etag_of, require_match
from casehug.firms.api_shapes import IF_MATCH, REPEAT, PageQuery, checked, enveloped, paged, refusals, sorting
from casehug.referrals.api.base import ReferralView
from casehug.referrals.errors import NotFound
from casehug.referrals.models import PartnerFirm
from casehug.referrals.services.partners import save_partner

Shape = serializers.Serializer[dict[str, object]]


class PartnerBody(Shape):
    """A firm of the address book; `partner_firm_id` is its id at the exchange, empty when not known."""

    id = serializers.CharField()
    name = serializers.CharField()
    partner_firm_id = serializers.CharField()
    note = serializers.CharField()
    updated_at = serializers.DateTimeField()


class PartnerChange(Shape):
    """What can be changed; a missing field stays as it is."""

    name = serializers.CharField(required=False, max_length=200)
    partner_firm_id = serializers.CharField(required=False, allow_blank=True, max_length=80)
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class PartnerNew(PartnerChange):
    """A firm to enter."""

    name = serializers.CharField(max_length=200)


class PartnerQuery(PageQuery):
    """The address book by name."""

    partner_firm_id = serializers.CharField(required=False, max_length=80)
    sort = sorting("name", "-updated_at")


ONE = enveloped("Partner", PartnerBody())


def _body(row: PartnerFirm) -> dict[str, Any]:
    return {"id": row.public_id, "name": row.name, "partner_firm_id": row.remote_id, "note": row.note,
            "updated_at": row.updated_at}  # fmt: skip


def _answer(row: PartnerFirm, *, status: int = 200) -> Response:
    answer = Response({"data": _body(row)}, status=status)
    answer["ETag"] = etag_of(row.updated_at)
    return answer


def _found(partner_id: uuid.UUID) -> PartnerFirm:
    row: PartnerFirm | None = PartnerFirm.objects.select_for_update().filter(id=partner_id).first()
    if row is None:
        raise NotFound("partner")
    return row


class PartnersView(ReferralView):
    """The whole address book."""

    resource = "partner"

    @extend_schema(operation_id="partners_list", tags=["Referrals"], parameters=[PartnerQuery],
                   responses={200: enveloped("Partners", PartnerBody(many=True), paged=True),
                              **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return firms by name. `partner_firm_id` finds one by its id at the exchange."""
        query, rows = checked(PartnerQuery, request.query_params), PartnerFirm.objects.all()
        if "partner_firm_id" in query:
            rows = rows.filter(remote_id=query["partner_firm_id"])
        return paged(rows, query, lambda page: [_body(one) for one in page])

    @extend_schema(operation_id="partners_create", tags=["Referrals"], parameters=[REPEAT], request=PartnerNew,
                   responses={201: ONE, **refusals(400, 409)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Enter a firm. An id at the exchange stands for one firm only."""
        return _answer(_saved(checked(PartnerNew, request.data)), status=201)


class PartnerView(ReferralView):
    """One firm of the address book."""

    resource = "partner"

    @extend_schema(operation_id="partners_get", tags=["Referrals"], responses={200: ONE, **refusals(404)})
    def get(self, request: Request, partner_id: uuid.UUID) -> Response:
        """Return a firm."""
        return _answer(_found(partner_id))

    @extend_schema(operation_id="partners_change", tags=["Referrals"], parameters=[IF_MATCH], request=PartnerChange,
                   responses={200: ONE, **refusals(400, 404, 412)})  # fmt: skip
    def patch(self, request: Request, partner_id: uuid.UUID) -> Response:
        """Change the given fields."""
        row = _found(partner_id)
        require_match(request, row.updated_at)
        before = {"name": row.name, "partner_firm_id": row.remote_id, "note": row.note}
        return _answer(_saved({**before, **checked(PartnerChange, request.data)}, partner_id))


def _saved(values: dict[str, Any], partner_id: uuid.UUID | None = None) -> PartnerFirm:
    return save_partner(
        partner_id=partner_id, name=values["name"], remote_id=values.get("partner_firm_id", ""),
        note=values.get("note", ""),
    )  # fmt: skip

"""Referrals over the API: list, read, refer a matter out, follow a case another firm handles already."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.firms.api_auth import etag_of
from casehug.firms.api_shapes import REPEAT, checked, enveloped, paged, refusals
from casehug.referrals.api.base import DECIDERS, ReferralView
from casehug.referrals.api.shapes import (
    ImportNew,
    InvitationBody,
    InvitationQuery,
    ReferralBody,
    ReferralNew,
    ReferralQuery,
    invitation_body,
    referral_bodies,
)
from casehug.referrals.errors import NotFound
from casehug.referrals.models import Invitation, Referral
from casehug.referrals.services.sending import Offer, import_case, refer_out

ONE = enveloped("Referral", ReferralBody())
MANY = enveloped("Referrals", ReferralBody(many=True), paged=True)
INVITATIONS = enveloped("Invitations", InvitationBody(many=True), paged=True)


def rows() -> "QuerySet[Referral]":
    """Return referrals with everything their bodies show."""
    found: QuerySet[Referral] = Referral.objects.select_related("partner").prefetch_related(
        "invitations__answers", "settlements"
    )
    return found


def changed_at(row: Referral) -> datetime:
    """Return when anything that the body shows changed last."""
    return max([row.updated_at, *(one.updated_at for one in row.invitations.all())])


def answer_with(referral_id: uuid.UUID, *, status: int = 200) -> Response:
    """Return one referral with its entity tag. Raises NotFound."""
    row = rows().filter(id=referral_id).first()
    if row is None:
        raise NotFound("referral")
    answer = Response({"data": referral_bodies([row])[0]}, status=status)
    answer["ETag"] = etag_of(changed_at(row))
    return answer


class ReferralsView(ReferralView):
    """All referrals of the firm."""

    capability = DECIDERS  # type: ignore[misc]

    @extend_schema(operation_id="referrals_list", tags=["Referrals"], parameters=[ReferralQuery],
                   responses={200: MANY, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return referrals in both directions, newest first."""
        query, found = checked(ReferralQuery, request.query_params), rows()
        lookups = {"direction": "direction", "status": "state", "matter_id": "matter_id", "partner_id": "partner_id",
                   "updated_after": "updated_at__gt"}  # fmt: skip
        wanted = {lookup: query[name] for name, lookup in lookups.items() if name in query}
        return paged(found.filter(**wanted), query, referral_bodies)

    @extend_schema(operation_id="referrals_create", tags=["Referrals"], parameters=[REPEAT], request=ReferralNew,
                   responses={201: ONE, **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Offer a matter to other firms. While one referral of it is at work, that one is returned.

        `case_type` has to be a word of the exchange's list, `client_consent` true. The case is queued; `status` and
        the event `referral.sent` tell when it arrived.
        """
        values = checked(ReferralNew, request.data)
        offer = Offer(
            case_type=values["case_type"], summary=values["summary"], place=values["incident_state"].upper(),
            incident_date=values["incident_date"], consent=values["client_consent"],
        )  # fmt: skip
        return answer_with(refer_out(matter_id=values["matter_id"], offer=offer).id, status=201)


class ImportView(ReferralView):
    """Cases that another firm handles already."""

    capability = DECIDERS  # type: ignore[misc]

    @extend_schema(operation_id="referrals_import", tags=["Referrals"], parameters=[REPEAT], request=ImportNew,
                   responses={201: ONE, **refusals(400, 404, 409, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Follow a matter that a partner firm handles already: nobody is invited, no matching news come.

        Without `partner_id` the exchange keeps a draft and suggests firms; say so with `draft_with_suggestions`.
        """
        values = checked(ImportNew, request.data)
        made = import_case(
            matter_id=values["matter_id"], case_type=values["case_type"], partner_id=values.get("partner_id"),
            suggestions=values["draft_with_suggestions"],
        )  # fmt: skip
        return answer_with(made.id, status=201)


class OneReferralView(ReferralView):
    """One referral."""

    @extend_schema(operation_id="referrals_get", tags=["Referrals"], responses={200: ONE, **refusals(404)})
    def get(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Return a referral with its newest invitation and the answers to it."""
        return answer_with(referral_id)


class InvitationsView(ReferralView):
    """All invitations to take a case."""

    @extend_schema(operation_id="invitations_list", tags=["Referrals"], parameters=[InvitationQuery],
                   responses={200: INVITATIONS, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return invitations, the nearest deadline first."""
        query: dict[str, Any] = checked(InvitationQuery, request.query_params)
        found = Invitation.objects.prefetch_related("answers")
        if "status" in query:
            found = found.filter(state=query["status"])
        return paged(found, query, lambda page: [invitation_body(one) for one in page])

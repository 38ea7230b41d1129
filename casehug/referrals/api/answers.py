"""Answer an invitation over the API: accept, decline, evaluate, contact attempted, consult complete."""

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.firms.api_auth import require_match
from casehug.firms.api_shapes import IF_MATCH, REPEAT, checked, refusals
from casehug.referrals.api.base import DECIDERS, ReferralView
from casehug.referrals.api.referrals import ONE, answer_with, changed_at
from casehug.referrals.choices import DECLINE_REASONS
from casehug.referrals.errors import Refused
from casehug.referrals.models import Invitation
from casehug.referrals.services.answers import answer_invitation
from casehug.referrals.services.locking import lock_referral

Shape = serializers.Serializer[dict[str, object]]
ANSWERS = {200: ONE, **refusals(400, 404, 409, 412, 422)}
HEADERS = [REPEAT, IF_MATCH]


class Decline(Shape):
    """Why the case is declined; the sender reads both. `text` is needed for “Other”."""

    reason = serializers.ChoiceField(choices=[(one, one) for one in DECLINE_REASONS])
    text = serializers.CharField(required=False, allow_blank=True, max_length=1_800)


class Remark(Shape):
    """A word for the sender."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=1_800)


def _given(request: Request, referral_id: uuid.UUID, action: str, body: type[Shape]) -> Response:
    referral = lock_referral(referral_id)
    require_match(request, changed_at(referral))
    newest = Invitation.objects.filter(referral=referral).order_by("-received_at", "-id").first()
    if newest is None:
        raise Refused("no_invitation", "Nobody has asked your firm to take this case, so there is nothing to answer.")
    answer_invitation(invitation_id=newest.id, action=action, **checked(body, request.data))
    return answer_with(referral_id)


class AcceptView(ReferralView):
    """Take the case."""

    capability: ClassVar[dict[str, str]] = DECIDERS  # type: ignore[misc]

    @extend_schema(operation_id="referrals_accept", tags=["Referrals"], parameters=HEADERS, request=Remark,
                   responses=ANSWERS)  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Accept the newest invitation. Queued first; the matter is made once the exchange has confirmed.

        422 `cannot_answer` says why not: too late, answered otherwise, or the conflict check is missing.
        """
        return _given(request, referral_id, "accept", Remark)


class DeclineView(ReferralView):
    """Do not take the case."""

    capability: ClassVar[dict[str, str]] = DECIDERS  # type: ignore[misc]

    @extend_schema(operation_id="referrals_decline", tags=["Referrals"], parameters=HEADERS, request=Decline,
                   responses=ANSWERS)  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Decline the newest invitation with a reason, which the sender reads."""
        return _given(request, referral_id, "decline", Decline)


class EvaluateView(ReferralView):
    """Ask for time."""

    capability: ClassVar[dict[str, str]] = DECIDERS  # type: ignore[misc]

    @extend_schema(operation_id="referrals_evaluate", tags=["Referrals"], parameters=HEADERS, request=Remark,
                   responses=ANSWERS)  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Tell the sender that the case is being considered. Accept and decline stay possible; the deadline stays."""
        return _given(request, referral_id, "evaluate", Remark)


class ContactView(ReferralView):
    """Tell of an attempt to reach the client."""

    @extend_schema(operation_id="referrals_contact_attempted", tags=["Referrals"], parameters=HEADERS, request=Remark,
                   responses=ANSWERS)  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Note that somebody tried to reach the client; possible again once the earlier note is confirmed."""
        return _given(request, referral_id, "contact_attempted", Remark)


class ConsultView(ReferralView):
    """Tell of the first consultation."""

    @extend_schema(operation_id="referrals_consult_complete", tags=["Referrals"], parameters=HEADERS, request=Remark,
                   responses=ANSWERS)  # fmt: skip
    def post(self, request: Request, referral_id: uuid.UUID) -> Response:
        """Note that the first consultation with the client took place."""
        return _given(request, referral_id, "consult_complete", Remark)

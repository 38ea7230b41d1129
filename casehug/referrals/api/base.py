"""What the views here share: the API's names of fields, capabilities and scopes."""

from typing import Any, ClassVar

from rest_framework.response import Response

from casehug.intake.api.base import IntakeView
from casehug.intake.errors import Invalid

# Names of the services → names of the API.
FIELDS = {"place": "incident_state", "consent": "client_consent", "partner": "partner_id", "action": "action"}


class ReferralView(IntakeView):
    """A route of the referrals; deciding about a case needs more than working on it."""

    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "referrals.view", "POST": "referrals.work", "PATCH": "referrals.work",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = {"read": "referrals:read", "write": "referrals:write"}  # type: ignore[misc]
    resource = "referral"

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Invalid):
            exc = Invalid({FIELDS.get(name, name): text for name, text in exc.fields.items()})
        return super().handle_exception(exc)


DECIDERS: dict[str, Any] = {"GET": "referrals.view", "POST": "referrals.decide"}

"""Shapes of referrals: what comes in, what goes out, and how lists are filtered."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from casehug.common.ids import public_id
from casehug.firms.api_shapes import PageQuery, PublicIdField, public, sorting
from casehug.referrals.models import Invitation, InvitationAnswer, Referral, Settlement

Shape = serializers.Serializer[dict[str, object]]


class PersonBody(Shape):
    """The client as the referral names them: a copy, not the client record."""

    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()


class PartnerName(Shape):
    """The firm at the other end; `id` when it stands in the address book."""

    id = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class AnswerBody(Shape):
    """One answer to an invitation, who gave it and what became of it."""

    action = serializers.ChoiceField(choices=InvitationAnswer.Action.choices)
    state = serializers.ChoiceField(choices=InvitationAnswer.State.choices)
    reason = serializers.CharField()
    text = serializers.CharField()
    refusal = serializers.CharField()
    answered_by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class InvitationBody(Shape):
    """One invitation to take a case. `expires_at` is the deadline; null when none was told."""

    id = serializers.CharField()
    referral_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Invitation.State.choices)
    received_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    assigned_to = serializers.CharField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    conflict_check = serializers.ChoiceField(choices=Invitation.Conflict.choices, allow_null=True)
    answers = AnswerBody(many=True)


class SettlementBody(Shape):
    """What was told about the money; amounts are decimal strings in US dollars."""

    status = serializers.CharField()
    gross = serializers.CharField(allow_null=True)
    attorney_fee = serializers.CharField(allow_null=True)
    referral_fee = serializers.CharField(allow_null=True)
    expenses = serializers.CharField(allow_null=True)
    note = serializers.CharField()


class ReferralBody(Shape):
    """A referred case. `invitation` is the newest one of a received case."""

    id = serializers.CharField()
    direction = serializers.ChoiceField(choices=Referral.Direction.choices)
    status = serializers.ChoiceField(choices=Referral.State.choices)
    matter_id = serializers.CharField(allow_null=True)
    client = PersonBody()
    summary = serializers.CharField()
    case_type = serializers.CharField()
    incident_state = serializers.CharField()
    incident_date = serializers.DateField(allow_null=True)
    partner = PartnerName()
    stage = serializers.CharField()
    looks = serializers.IntegerField()
    is_import = serializers.BooleanField()
    draft_with_suggestions = serializers.BooleanField()
    trouble = serializers.CharField()
    consent_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    update_due_at = serializers.DateTimeField(allow_null=True)
    invitation = InvitationBody(allow_null=True)
    settlements = SettlementBody(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ReferralQuery(PageQuery):
    """Filters of the list of referrals."""

    direction = serializers.ChoiceField(required=False, choices=Referral.Direction.choices)
    status = serializers.ChoiceField(required=False, choices=Referral.State.choices)
    matter_id = PublicIdField("mat", required=False)
    partner_id = PublicIdField("par", required=False)
    updated_after = serializers.DateTimeField(required=False)
    sort = sorting("-created_at", "-updated_at")


class InvitationQuery(PageQuery):
    """Filters of the list of invitations."""

    status = serializers.ChoiceField(required=False, choices=Invitation.State.choices)
    sort = sorting("expires_at", "-received_at")


class ReferralNew(Shape):
    """What another firm is told about a matter. Name, e-mail and phone are those of the matter's client."""

    matter_id = PublicIdField("mat")
    case_type = serializers.CharField(max_length=200)
    summary = serializers.CharField(max_length=20_000)
    incident_state = serializers.CharField(max_length=2)
    incident_date = serializers.DateField()
    client_consent = serializers.BooleanField()


class ImportNew(Shape):
    """A case that another firm handles already. Without `partner_id` it becomes a draft, on the explicit wish only."""

    matter_id = PublicIdField("mat")
    case_type = serializers.CharField(max_length=200)
    partner_id = PublicIdField("par", required=False)
    draft_with_suggestions = serializers.BooleanField(required=False, default=False)


def answer_body(answer: InvitationAnswer) -> dict[str, Any]:
    """Return an answer as the API shows it."""
    return {
        "action": answer.action, "state": answer.state, "reason": answer.reason, "text": answer.text,
        "refusal": answer.refusal, "answered_by": public("atty", answer.actor_id), "at": answer.at,
    }  # fmt: skip


def invitation_body(row: Invitation) -> dict[str, Any]:
    """Return an invitation as the API shows it, with its answers."""
    return {
        "id": row.public_id, "referral_id": public_id("ref", row.referral_id), "status": row.state,
        "received_at": row.received_at, "expires_at": row.expires_at, "resolved_at": row.resolved_at,
        "assigned_to": public("atty", row.assigned_to_id), "acknowledged_at": row.acknowledged_at,
        "conflict_check": row.conflict_result or None,
        "answers": [answer_body(one) for one in sorted(row.answers.all(), key=lambda one: one.at)],
    }  # fmt: skip


def _settlement(row: Settlement) -> dict[str, Any]:
    money = {name: getattr(row, name) for name in ("gross", "attorney_fee", "referral_fee", "expenses")}
    told = {name: None if value is None else str(value) for name, value in money.items()}
    return {"status": row.status, "note": row.note, **told}


def referral_bodies(rows: Sequence[Referral]) -> list[dict[str, Any]]:
    """Return referrals that came with invitations, answers, settlements and partner."""
    return [_body(row) for row in rows]


def _body(row: Referral) -> dict[str, Any]:
    newest = max(row.invitations.all(), key=lambda one: (one.received_at, one.id), default=None)
    name = row.partner_name or (row.partner.name if row.partner else "")
    return {
        "id": row.public_id, "direction": row.direction, "status": row.state,
        "matter_id": public("mat", row.matter_id),
        "client": {name: getattr(row, name) for name in ("first_name", "last_name", "email", "phone")},
        "summary": row.summary, "case_type": row.case_type, "incident_state": row.place,
        "incident_date": row.incident_date, "partner": {"id": public("par", row.partner_id), "name": name},
        "stage": row.stage, "looks": row.looks, "is_import": row.is_import,
        "draft_with_suggestions": row.suggestions, "trouble": row.trouble, "consent_at": row.consent_at,
        "sent_at": row.sent_at, "update_due_at": row.update_due_at,
        "invitation": invitation_body(newest) if newest else None,
        "settlements": [_settlement(one) for one in row.settlements.all()],
        "created_at": row.created_at, "updated_at": row.updated_at,
    }  # fmt: skip

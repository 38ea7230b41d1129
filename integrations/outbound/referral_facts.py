"""What an event about a referral is about: ids, states and times only. What is known of the client has no way out."""

from casehug.outbox.models import OutboxEvent
from casehug.referrals.models import Invitation, Referral
from integrations.outbound.facts import Tree, _id, moment, system


def referral(event: OutboxEvent) -> Tree:
    """The case, and the invitation, answer, update or file that the event names."""
    data = event.data
    case = data.get("referral_id") or event.subject_id
    row = Referral.objects.filter(id=case).values("direction", "state", "matter_id", "provider").first() or {}
    invitation = data.get("invitation_id")
    deadline = Invitation.objects.filter(id=invitation).values_list("expires_at", flat=True).first()
    return {
        "id": _id("ref", case), "direction": system(row.get("direction")), "status": system(row.get("state")),
        "matter_id": _id("mat", row.get("matter_id")), "provider": system(row.get("provider")),
        "invitation_id": _id("inv", invitation), "expires_at": moment(deadline if invitation else None),
        "threshold": system(data.get("threshold")), "action": system(data.get("action")),
        "outcome": system(data.get("state")), "update_id": _id("upd", data.get("update_id")),
        "attachment_id": _id("att", data.get("attachment_id")),
    }  # fmt: skip

"""The announcements of the referrals. Data holds ids and state names, never what was said about a client."""

from casehug.outbox.services import publish
from casehug.referrals.models import Attachment, CaseUpdate, Invitation, InvitationAnswer, Referral, Settlement


def _ids(referral: Referral) -> dict[str, str | None]:
    return {"referral_id": str(referral.id), "matter_id": str(referral.matter_id) if referral.matter_id else None}


def about_case(kind: str, referral: Referral, *, origin: str = "", **more: str) -> None:
    """Announce `received`, `send_requested`, `import_requested`, `sent` or `state_changed` of a referral."""
    data = {**_ids(referral), "state": referral.state, **more}
    publish(type=f"referral.{kind}", subject_type="referral", subject_id=referral.id, data=data, origin=origin)


def about_invitation(kind: str, invitation: Invitation, *, origin: str = "", **more: str) -> None:
    """Announce `invitation_received`, `deadline_near`, `expired` of an invitation."""
    data = {**_ids(invitation.referral), "invitation_id": str(invitation.id), "state": invitation.state, **more}
    publish(type=f"referral.{kind}", subject_type="invitation", subject_id=invitation.id, data=data, origin=origin)


def about_answer(kind: str, answer: InvitationAnswer, *, origin: str = "") -> None:
    """Announce `answer_requested` or `answered`; the subject is the answer's row."""
    invitation = answer.invitation
    data = {**_ids(invitation.referral), "invitation_id": str(invitation.id), "answer_id": str(answer.id),
            "action": answer.action, "state": answer.state}  # fmt: skip
    publish(type=f"referral.{kind}", subject_type="invitation_answer", subject_id=answer.id, data=data, origin=origin)


def about_update(kind: str, update: CaseUpdate, *, origin: str = "") -> None:
    """Announce `update_requested` or `update_received`."""
    data = {**_ids(update.referral), "update_id": str(update.id)}
    publish(type=f"referral.{kind}", subject_type="case_update", subject_id=update.id, data=data, origin=origin)


def settlement_received(settlement: Settlement, *, origin: str = "") -> None:
    """News about the money of a case came in."""
    data = {**_ids(settlement.referral), "settlement_id": str(settlement.id), "status": settlement.status}
    publish(
        type="referral.settlement_received", subject_type="settlement", subject_id=settlement.id, data=data,
        origin=origin,
    )  # fmt: skip


def about_file(kind: str, attachment: Attachment, *, origin: str = "", act: str = "") -> None:
    """Announce `file_requested` (`act` is push or remove) or `file_received`."""
    data = {**_ids(attachment.referral), "attachment_id": str(attachment.id), "state": attachment.state}
    if act:
        data["act"] = act
    publish(type=f"referral.{kind}", subject_type="attachment", subject_id=attachment.id, data=data, origin=origin)



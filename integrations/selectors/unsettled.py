"""What of a referred case is on its way and stuck: held, being looked for, or waiting for somebody to say."""

import uuid
from dataclasses import dataclass

from casehug.common.models import WorkItem
from casehug.referrals.models import Attachment, CaseUpdate, InvitationAnswer, Referral
from integrations.models import Connection, RemoteIntent
from integrations.registry import provider
from integrations.sync import intents
from integrations.sync.message import Message
from integrations.sync.messages import message_for
from integrations.sync.operations import outgoing

DECIDERS = ("referral", "invitation_answer")
"""Local types whose outcome only somebody may state who may decide about cases."""


@dataclass(frozen=True)
class Stuck:
    """One thing that did not simply go out: what it is, what is known, and the run to decide about, if any."""

    label: str
    message: Message
    run_id: uuid.UUID | None
    provider_key: str
    provider_name: str
    local_type: str

    @property
    def capability(self) -> str:
        """Who may say whether it arrived."""
        return "referrals.decide" if self.local_type in DECIDERS else "referrals.work"


def stuck_of(referral: Referral) -> list[Stuck]:
    """Return what of this case is held or unknown, oldest first. In the firm scope."""
    labels = _labels(referral)
    rows = WorkItem.objects.filter(subject_id__in=labels, status="held").order_by("created_at")
    found = [_stuck(row, labels[row.subject_id]) for row in rows if outgoing(row.kind) is not None]
    return [one for one in found if one is not None]


def _stuck(row: WorkItem, label: str) -> Stuck | None:
    connection = Connection.objects.filter(id=row.connection_id).first()
    declared, operation = provider(connection.provider) if connection else None, outgoing(row.kind)
    if connection is None or declared is None or operation is None:
        return None
    asked = intents.left_by(connection=connection, item=row).filter(error_code=intents.UNDECIDED)
    run_id = asked.values_list("work_item_id", flat=True).first()
    known = row.hold_reason in ("reconnect", "paused", "other_account", "set_up")
    message = message_for(
        "held" if known else row.last_error_class, row.hold_reason if known else row.last_error_code,
        name=declared.name,
    )  # fmt: skip
    return Stuck(label, message, run_id, connection.provider, declared.name, operation.local_type)


def decidable(run_id: uuid.UUID) -> RemoteIntent | None:
    """Return the write of a run that waits for somebody to say whether it arrived, None when nothing waits."""
    found: RemoteIntent | None = RemoteIntent.objects.filter(
        work_item_id=run_id, error_code=intents.UNDECIDED, outcome=RemoteIntent.Outcome.UNKNOWN
    ).first()
    return found


def place_of(local_type: str, subject_id: uuid.UUID) -> tuple[str, uuid.UUID]:
    """Return the page of what a write is about: route name and id."""
    if local_type == "invitation_answer":
        return "invitation", InvitationAnswer.objects.get(id=subject_id).invitation_id
    if local_type == "referral":
        return "referral", subject_id
    model = CaseUpdate if local_type == "case_update" else Attachment
    return "referral", model.objects.get(id=subject_id).referral_id


def _labels(referral: Referral) -> dict[uuid.UUID, str]:
    """Return what may be on its way for this case, by the id of its row."""
    found = {referral.id: "The case"}
    for answer in InvitationAnswer.objects.filter(invitation__referral=referral):
        found[answer.id] = f"The answer “{answer.get_action_display()}”"
    for update in CaseUpdate.objects.filter(referral=referral, direction="out"):
        found[update.id] = f"The update “{update.title or 'Update'}”"
    for file in Attachment.objects.filter(referral=referral, direction="out"):
        found[file.id] = f"The file “{file.name}”"
    return found

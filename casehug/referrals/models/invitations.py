"""An invitation to take a case: its deadline, its answers, its alarms."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.referrals.models.cases import Attachment, Referral


class Invitation(FirmModel):
    """One question to this firm: will you take this case? The state only ever moves to a higher rank."""

    class State(models.TextChoices):
        NEW = "new", "New"
        EVALUATING = "evaluating", "Evaluating"
        EXPIRED = "expired", "Expired"
        CANCELLED = "cancelled", "Cancelled by sender"
        DECLINED = "declined", "Declined"
        ACCEPTED = "accepted", "Accepted"

    # Whatever the order in which news arrive, the highest rank wins: the end is the same.
    RANKS = ("new", "evaluating", "expired", "cancelled", "declined", "accepted")
    OPEN = ("new", "evaluating")

    class Conflict(models.TextChoices):
        CLEAR = "clear", "No conflict"
        ACCEPTABLE = "acceptable", "Hits, no conflict"
        CONFLICT = "conflict", "Conflict"

    referral = FirmForeignKey(Referral, related_name="invitations")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    received_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    """Empty when the exchange told no deadline; an alarm then says so at once."""
    evaluating_at = models.DateTimeField(null=True, blank=True)
    contact_attempted_at = models.DateTimeField(null=True, blank=True)
    consult_complete_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    assigned_to_id = models.UUIDField(null=True, blank=True)
    acknowledged_by_id = models.UUIDField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    conflict_result = models.CharField(max_length=10, choices=Conflict.choices, blank=True)
    conflict_note = models.TextField(blank=True)
    conflict_by_id = models.UUIDField(null=True, blank=True)
    conflict_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(conflict_result="", conflict_at=None)
                | (~Q(conflict_result="") & Q(conflict_at__isnull=False)),
                name="invitation_conflict_has_time",
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "state", "expires_at", "id"], name="invitation_deadline")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("inv", self.id)

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self.state in self.OPEN


class InvitationAnswer(FirmModel):
    """One answer of a named person, and what the exchange made of it."""

    class Action(models.TextChoices):
        ACCEPT = "accept", "Accept"
        DECLINE = "decline", "Decline"
        EVALUATE = "evaluate", "Evaluate"
        CONTACT_ATTEMPTED = "contact_attempted", "Contact attempted"
        CONSULT_COMPLETE = "consult_complete", "Consult complete"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        UNKNOWN = "unknown", "Unknown — checking"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"

    FINAL = ("accept", "decline")
    LIVE = ("queued", "unknown", "confirmed")

    invitation = FirmForeignKey(Invitation, related_name="answers")
    action = models.CharField(max_length=20, choices=Action.choices)
    reason = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    attachment = FirmForeignKey(Attachment, null=True, blank=True, related_name="answers")
    actor_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    refusal = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(action="decline", reason=""), name="answer_decline_has_reason"),
            # Two people who press at the same moment make one answer.
            models.UniqueConstraint(
                fields=["firm_id", "invitation"],
                condition=Q(action__in=("accept", "decline"), state__in=("queued", "unknown", "confirmed")),
                name="answer_one_final",
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "invitation", "-at"], name="answer_history")]


class DeadlineAlarm(FirmModel):
    """One planned alarm. It is raised when due, and acknowledged by a person or escalated."""

    invitation = FirmForeignKey(Invitation, related_name="alarms")
    threshold = models.CharField(max_length=10)
    due_at = models.DateTimeField()
    raised_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_id = models.UUIDField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "invitation", "threshold"], name="alarm_threshold_once"),
        ]
        indexes = [
            models.Index(fields=["firm_id", "due_at"], condition=Q(raised_at=None), name="alarm_due"),
            models.Index(
                fields=["firm_id", "raised_at"],
                condition=Q(raised_at__isnull=False, acknowledged_at=None, escalated_at=None), name="alarm_unheard",
            ),
        ]  # fmt: skip

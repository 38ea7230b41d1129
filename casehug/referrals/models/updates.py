"""What the two firms tell each other about a case."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.referrals.models.cases import Referral


class CaseUpdate(FirmModel):
    """One message of the thread of a case."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        QUEUED = "queued", "Waiting to be sent"
        UNKNOWN = "unknown", "Unknown — checking"
        SENT = "sent", "Sent"
        RECEIVED = "received", "Received"
        REFUSED = "refused", "Not sent"

    referral = FirmForeignKey(Referral, related_name="updates")
    direction = models.CharField(max_length=3, choices=Referral.Direction.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    title = models.CharField(max_length=255, blank=True)
    content = models.TextField()
    stage = models.CharField(max_length=120, blank=True)
    happened_at = models.DateTimeField()
    author_id = models.UUIDField(null=True, blank=True)
    author_name = models.CharField(max_length=200, blank=True)
    """Who wrote it at the other firm."""
    own_key = models.CharField(max_length=120, blank=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "referral", "own_key"], condition=~Q(own_key=""), name="caseupdate_key_once"
            ),
            models.UniqueConstraint(
                fields=["firm_id", "referral"], condition=Q(state="draft"), name="caseupdate_one_draft"
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "referral", "-happened_at"], name="caseupdate_thread")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("upd", self.id)

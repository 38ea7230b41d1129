"""The announcements the product made: what happened, to which object; ids only."""

from django.db import models

from casehug.common.models import FirmModel


class OutboxEvent(FirmModel):
    """One announcement. `origin` names the connection a change came from, so that it is not echoed back."""

    type = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    origin = models.CharField(max_length=60, blank=True)
    actor_id = models.UUIDField(null=True)
    dispatched_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["firm_id", "-created_at", "-id"], name="outbox_recent"),
            models.Index(fields=["firm_id", "subject_id", "-created_at"], name="outbox_subject"),
        ]

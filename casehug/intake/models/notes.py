"""Internal notes: attorney work product. Nothing outside the firm's own pages reads this table."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models.matters import Matter


class Note(FirmModel):
    """An internal note on a matter. Never leaves the firm."""

    matter = FirmForeignKey(Matter, related_name="notes")
    body = models.TextField()
    author_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="note_has_body")]
        indexes = [models.Index(fields=["firm_id", "matter", "-created_at"], name="note_matter")]

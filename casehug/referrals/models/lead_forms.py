"""The firm's public form through which people offer it a case that it refers out."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmModel


class LeadForm(FirmModel):
    """One form per firm; switched off it does not exist for anybody outside."""

    enabled = models.BooleanField(default=False)
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=120)
    intro = models.TextField(blank=True)
    consent_text = models.TextField()
    """What a person agrees to, word for word."""
    case_types = models.JSONField(default=list, blank=True)
    """The exchange's words that are offered."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id"], name="leadform_one_per_firm"),
            models.CheckConstraint(condition=~Q(slug=""), name="leadform_has_slug"),
        ]

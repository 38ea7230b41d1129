"""Case types: which questions the portal asks and which documents it requests."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmModel


class PracticeArea(models.TextChoices):
    """Practice areas of the product (casehug.md §6.1)."""

    PERSONAL_INJURY = "personal_injury", "Personal injury"
    ESTATE_PLANNING = "estate_planning", "Estate planning"
    FAMILY_LAW = "family_law", "Family law"
    IMMIGRATION = "immigration", "Immigration"
    CRIMINAL = "criminal", "Criminal"
    BUSINESS = "business", "Business"
    REAL_ESTATE = "real_estate", "Real estate"
    OTHER = "other", "Other"


class CaseType(FirmModel):
    """A kind of case of one firm with its questions and its document checklist.

    `questions`: list of {key, label, kind, help, required, group, options}; `documents`: list of {key, name, category,
    why, instructions, accepted_types, max_size_mb, required, states}. Shapes: `casehug.intake.data`.
    """

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    practice_area = models.CharField(max_length=20, choices=PracticeArea.choices)
    blurb = models.CharField(max_length=300, blank=True)
    """One plain sentence for the client: what this is about."""
    questions = models.JSONField(default=list)
    documents = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    position = models.SmallIntegerField(default=0)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "key"], name="casetype_key_once"),
            models.CheckConstraint(condition=Q(practice_area__in=PracticeArea.values), name="casetype_practice_area"),
        ]
        indexes = [models.Index(fields=["firm_id", "position", "name"], name="casetype_order")]

    def __str__(self) -> str:
        return self.name

"""Matters and the history of their status."""

from django.db import models
from django.db.models import F, Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models.case_types import CaseType, PracticeArea
from casehug.intake.models.clients import Client


class MatterStatus(models.TextChoices):
    """Status of a matter (casehug.md §6.1)."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    CLOSED = "closed", "Closed"
    ARCHIVED = "archived", "Archived"


class Matter(FirmModel):
    """A case of the firm. `title` and `description` are the firm's own words; `description` never leaves the firm."""

    title = models.CharField(max_length=300)
    client = FirmForeignKey(Client, null=True, blank=True, related_name="matters")
    case_type = FirmForeignKey(CaseType, related_name="matters")
    practice_area = models.CharField(max_length=20, choices=PracticeArea.choices)
    state = models.CharField(max_length=2, blank=True)
    county = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=MatterStatus.choices, default=MatterStatus.PENDING)
    status_set_by = models.CharField(max_length=20, default="person")
    """Who or what set the status last: person, system, or the key of the provider it came from."""
    status_actor_id = models.UUIDField(null=True, blank=True)
    status_set_at = models.DateTimeField(null=True, blank=True)
    description = models.TextField(blank=True)
    source_reference = models.CharField(max_length=120, blank=True)
    intake_completed_at = models.DateTimeField(null=True, blank=True)
    """Set once, never moved: the moment the intake was complete for the first time."""
    intake_approved_at = models.DateTimeField(null=True, blank=True)
    """Empty again when a decision on a required document is taken back."""
    intake_approved_by_id = models.UUIDField(null=True, blank=True)
    assigned_attorney_id = models.UUIDField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=list, blank=True)
    """Both belong to the firm's other tools (REST API); nothing of them is sent to a provider."""
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="matter_has_title"),
            models.CheckConstraint(condition=Q(status__in=MatterStatus.values), name="matter_status"),
            models.CheckConstraint(condition=Q(practice_area__in=PracticeArea.values), name="matter_practice_area"),
            models.CheckConstraint(condition=Q(state__regex=r"^([A-Z]{2})?$"), name="matter_state_code"),
            models.CheckConstraint(
                condition=Q(intake_approved_at=None) | Q(intake_completed_at__isnull=False),
                name="matter_approved_is_complete",
            ),
            models.UniqueConstraint(
                fields=["firm_id", "source_reference"], condition=~Q(source_reference=""), name="matter_reference_once"
            ),
        ]
        indexes = [
            models.Index(fields=["firm_id", "-updated_at", "-id"], name="matter_changed"),
            models.Index(fields=["firm_id", "-created_at", "-id"], name="matter_recent"),
            models.Index(fields=["firm_id", "status", "-updated_at", "-id"], name="matter_by_status"),
            models.Index(fields=["firm_id", "client"], name="matter_by_client"),
            models.Index(fields=["firm_id", "case_type"], name="matter_by_case_type"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("mat", self.id)

    @property
    def is_archived(self) -> bool:
        """An archived matter refuses every change."""
        return self.status == MatterStatus.ARCHIVED


class StatusChange(FirmModel):
    """One change of a matter's status and where it came from. Rows are only added."""

    matter = FirmForeignKey(Matter, related_name="status_changes")
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10, choices=MatterStatus.choices)
    source = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(to_status__in=MatterStatus.values), name="statuschange_to"),
            models.CheckConstraint(condition=~Q(from_status=F("to_status")), name="statuschange_differs"),
        ]
        indexes = [models.Index(fields=["firm_id", "matter", "-created_at"], name="statuschange_matter")]

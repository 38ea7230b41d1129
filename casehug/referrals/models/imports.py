"""Imports of cases that other firms handle already: the checked list, and what becomes of every row."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models import Matter
from casehug.referrals.models.cases import PartnerFirm, Referral


class CaseImport(FirmModel):
    """One list. It is checked first (dry run); the import works from the same stored rows and can be resumed."""

    class Status(models.TextChoices):
        CHECKED = "checked", "Checked, not imported"
        RUNNING = "running", "Importing"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Finished"

    source = models.CharField(max_length=8, choices=[("matters", "Matters"), ("csv", "CSV file")])
    name = models.CharField(max_length=255)
    """The file's name, or “7 matters”."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CHECKED)
    notices = models.JSONField(default=list, blank=True)
    """Sentences about the list as a whole."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["firm_id", "-created_at", "-id"], name="caseimport_recent")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("rim", self.id)


class CaseImportRow(FirmModel):
    """One case of the list."""

    class Outcome(models.TextChoices):
        READY = "ready", "Will be followed"
        DRAFT = "draft", "Will be a draft with suggestions"
        HANDED = "handed", "Handed over"
        KNOWN = "known", "Referred already"
        REFUSED = "refused", "Left out"
        CANCELLED = "cancelled", "Cancelled"

    WAITING = ("ready", "draft")

    case_import = FirmForeignKey(CaseImport, related_name="rows")
    line = models.IntegerField()
    """Line of the file, or place in the choice."""
    label = models.CharField(max_length=300, blank=True)
    """Whom it is about, for the report."""
    matter = FirmForeignKey(Matter, null=True, blank=True, related_name="case_import_rows")
    values = models.JSONField(default=dict, blank=True)
    """What is sent for a row without a matter, by field of the referral; the case type for every row."""
    partner = FirmForeignKey(PartnerFirm, null=True, blank=True, related_name="import_rows")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.READY)
    messages = models.JSONField(default=list, blank=True)
    """Sentences: why it is left out, or what to know."""
    referral = FirmForeignKey(Referral, null=True, blank=True, related_name="import_rows")

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "case_import", "line"], name="caseimportrow_line_once"),
            models.CheckConstraint(condition=~Q(outcome="handed", referral=None), name="caseimportrow_handed"),
        ]
        indexes = [models.Index(fields=["firm_id", "case_import", "outcome", "line"], name="caseimportrow_outcome")]

"""Imports of existing intakes: the file as it was read, and what becomes of every row."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models.matters import Matter


class ImportBatch(FirmModel):
    """One file. It is checked first (dry run); the import then works from the same stored rows and can be resumed."""

    class Status(models.TextChoices):
        CHECKED = "checked", "Checked"
        IMPORTING = "importing", "Importing"
        DONE = "done", "Imported"

    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    columns = models.JSONField(default=list)
    """[{header, field}] in file order; `field` is empty for a column that is kept as an answer."""
    notices = models.JSONField(default=list)
    """Sentences about the file as a whole, shown above the report."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CHECKED)
    total_rows = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=("checked", "importing", "done")), name="importbatch_status"),
        ]
        indexes = [models.Index(fields=["firm_id", "-created_at", "-id"], name="importbatch_recent")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("imp", self.id)


class ImportRow(FirmModel):
    """One row of the file: its text, what was understood, and its end: imported or explained."""

    class Outcome(models.TextChoices):
        READY = "ready", "Will be imported"
        IMPORTED = "imported", "Imported"
        DUPLICATE = "duplicate", "Already imported"
        DIFFERENT = "different", "Already imported with other content"
        REFUSED = "refused", "Not imported"
        FAILED = "failed", "Could not be saved"

    batch = FirmForeignKey(ImportBatch, related_name="rows")
    line = models.IntegerField()
    """Line of the file on which the row starts."""
    raw = models.JSONField(default=list)
    values = models.JSONField(default=dict)
    """What was understood, by field; empty when the row is refused."""
    source_reference = models.CharField(max_length=120, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.READY)
    messages = models.JSONField(default=list)
    """[{level, column, code, text}]; level is note, warning or error."""
    matter = FirmForeignKey(Matter, null=True, blank=True, related_name="import_rows")

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "batch", "line"], name="importrow_line_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=("ready", "imported", "duplicate", "different", "refused", "failed")),
                name="importrow_outcome",
            ),
            models.CheckConstraint(condition=~Q(outcome="imported", matter=None), name="importrow_imported_has_matter"),
        ]
        indexes = [
            models.Index(fields=["firm_id", "batch", "outcome", "line"], name="importrow_outcome_line"),
            models.Index(fields=["firm_id", "matter"], name="importrow_matter"),
            models.Index(fields=["firm_id", "source_reference", "content_hash"], name="importrow_reference"),
        ]

"""What happened to the editable tables: their versions, and what changed under them at the provider."""

from django.db import models

from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class MappingVersion(FirmModel):
    """One state of one editable table of a connection. Append-only: the app role may only read and insert.

    `snapshot` is a list of rows with ids and names of the provider's catalogue and local keys; never client data.
    """

    class Kind(models.TextChoices):
        CASE_TYPES = "case_types", "Case type mappings"
        STATUS = "status", "Stage → status"
        FIELDS = "fields", "Field mappings"
        FORMS = "forms", "Forms"

    connection = FirmForeignKey(Connection)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    number = models.IntegerField()
    remote_firm = models.CharField(max_length=80, blank=True)
    """Account the ids belong to: a version of another account cannot be restored."""
    snapshot = models.JSONField()
    actor_id = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "connection", "kind", "number"], name="mappingversion_once")
        ]


class DriftNote(FirmModel):
    """One change of a used catalogue entry at the provider: renamed (followed by id), gone, or back again."""

    class Change(models.TextChoices):
        RENAMED = "renamed", "Renamed"
        GONE = "gone", "Deleted"
        BACK = "back", "There again"

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    mapping = models.CharField(max_length=20, choices=MappingVersion.Kind.choices)
    item_kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=200)
    change = models.CharField(max_length=10, choices=Change.choices)
    before = models.CharField(max_length=620, blank=True)
    after = models.CharField(max_length=620, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(
                fields=["firm_id", "connection", "mapping"],
                condition=models.Q(closed_at__isnull=True),
                name="driftnote_open",
            )
        ]

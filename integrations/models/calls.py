"""What one call to a provider looked like: kept 30 days for whoever has to explain it, sealed and without values."""

from django.db import models

from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class CallRecord(FirmModel):
    """One request of a run and its answer. Diagnosis only: nothing decides by it, and losing one loses nothing."""

    connection = FirmForeignKey(Connection)
    work_item_id = models.UUIDField()
    """The run it belongs to; a look for an unanswered write belongs to the run that sent it."""
    matter_id = models.UUIDField()
    step = models.CharField(max_length=40)
    attempt = models.SmallIntegerField(default=1)
    settling = models.BooleanField(default=False)
    """Made to find out whether an unanswered write had arrived."""
    made_at = models.DateTimeField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)
    http_status = models.SmallIntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    content = models.BinaryField()
    """Sealed: field names with source, kind and digest of what went out; shape of what came back."""

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["firm_id", "work_item_id", "made_at"], name="callrecord_run"),
            models.Index(fields=["firm_id", "made_at"], name="callrecord_age"),
        ]

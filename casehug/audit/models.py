"""Append-only record of who did what: hash-chained per firm, written only through a database function."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmModel


class AuditEntry(FirmModel):
    """One act: ids and field names, never client values. The app role may read it and append through `audit_append`."""

    seq = models.BigIntegerField()
    actor_id = models.UUIDField(null=True)
    source = models.CharField(max_length=10)
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.UUIDField(null=True)
    changes = models.JSONField(default=dict)
    outcome = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=80, blank=True)
    digest = models.BinaryField()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "seq"], name="audit_seq_once")]
        indexes = [
            models.Index(fields=["firm_id", "-created_at", "-id"], name="audit_recent"),
            models.Index(fields=["firm_id", "action", "-seq"], name="audit_action"),
            models.Index(fields=["firm_id", "actor_id", "-seq"], name="audit_actor"),
            models.Index(fields=["firm_id", "object_id", "-seq"], name="audit_object"),
            models.Index(fields=["firm_id", "-seq"], condition=~Q(outcome="ok"), name="audit_not_ok"),
        ]

"""Forms: what the connected account has, and which case type goes to which form."""

from django.db import models

from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class FormDefinition(FirmModel):
    """A form of the connected account, kept as our copy: its fields, and why it cannot be used if it cannot."""

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    external_id = models.CharField(max_length=80)
    name = models.CharField(max_length=300, blank=True)
    makes = models.CharField(max_length=20, blank=True)
    """`matter`, `contact`, or empty when the account did not say."""
    fields = models.JSONField(default=list)
    blocked = models.JSONField(default=list)
    """Reasons in plain words; empty for a form that can be used."""
    complete = models.BooleanField(default=True)
    """False while only the name is known: a list may leave the fields out."""
    read_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "remote_firm", "external_id"], name="formdefinition_once"
            )
        ]


class FormMapping(FirmModel):
    """Case type → form of the connected account, with a source for each field (CH-24)."""

    class Mode(models.TextChoices):
        BESIDE = "beside", "Beside contact and matter"
        INSTEAD = "instead", "Instead of contact and matter"

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    """Account the form belongs to: in another account the row is kept, but not used."""
    case_type = models.CharField(max_length=80)
    form_id = models.CharField(max_length=80)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.BESIDE)
    sources = models.JSONField(default=dict)
    """Field id → source key of `mappings.form_sources`; never a value."""
    changed_by_id = models.UUIDField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "connection", "case_type"], name="formmapping_once")
        ]

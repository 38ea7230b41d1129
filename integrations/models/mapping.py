"""Editable tables: case type → stage, stage → status, answer → field."""

from django.db import models

from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class CaseTypeMapping(FirmModel):
    """Case type (or practice area) → stage and practice area of the connected account, by id (C-12)."""

    class Origin(models.TextChoices):
        DEFAULT = "default", "Default"
        CHOSEN = "chosen", "Chosen"

    connection = FirmForeignKey(Connection)
    case_type = models.CharField(max_length=80)
    """Key of the case type, or `area:<practice area>` for the fallback row of a practice area."""
    stage_id = models.CharField(max_length=80, blank=True)
    practice_area_id = models.CharField(max_length=80, blank=True)
    sub_status_id = models.CharField(max_length=80, blank=True)
    origin = models.CharField(
        max_length=10, choices=Origin.choices, default=Origin.DEFAULT
    )
    changed_by_id = models.UUIDField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "case_type"],
                name="casetypemapping_once",
            )
        ]


class StatusMapping(FirmModel):
    """Remote stage, sub-status or main status → local matter status (CH-27)."""

    connection = FirmForeignKey(Connection)
    source_kind = models.CharField(max_length=20)
    source_id = models.CharField(max_length=80)
    local_status = models.CharField(max_length=20)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "source_kind", "source_id"],
                name="statusmapping_once",
            )
        ]


class FieldMapping(FirmModel):
    """Client-submitted answer → custom field of the contact or matter (CH-37)."""

    connection = FirmForeignKey(Connection)
    owner = models.CharField(max_length=10)
    question_key = models.CharField(max_length=80)
    field_id = models.CharField(max_length=80)
    transform = models.CharField(max_length=20, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "owner", "field_id"],
                name="fieldmapping_once",
            )
        ]

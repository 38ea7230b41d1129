"""The client's side: the link that opens the portal, and what the client submitted with its provenance."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models.matters import Matter


class IntakeLink(FirmModel):
    """The only credential of the portal. The token is kept as its SHA-256; one live link per matter."""

    matter = FirmForeignKey(Matter, related_name="links")
    token_hash = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_way = models.CharField(max_length=10, blank=True)
    """email or copied; empty until it was sent."""
    created_by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "matter"], condition=Q(revoked_at=None), name="intakelink_one_per_matter"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see; not the token."""
        return public_id("lnk", self.id)

    @property
    def state(self) -> str:
        """valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "valid" if self.expires_at > timezone.now() else "expired"


class Submission(FirmModel):
    """What a client submitted for a matter: the portal's answers, an imported row, or a form typed in by staff."""

    class Source(models.TextChoices):
        PORTAL = "portal", "Client portal"
        CSV_IMPORT = "csv_import", "Imported intake"
        STAFF_ENTRY = "staff_entry", "Typed in by staff"

    matter = FirmForeignKey(Matter, related_name="submissions")
    link = FirmForeignKey(IntakeLink, null=True, blank=True, related_name="submissions")
    source = models.CharField(max_length=12, choices=Source.choices)
    submitted_at = models.DateTimeField(null=True, blank=True)
    """Empty while the client is still filling in the form."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=("portal", "csv_import", "staff_entry")), name="submission_source"
            ),
            models.CheckConstraint(
                condition=~Q(source="csv_import") | Q(submitted_at__isnull=False), name="submission_import_is_whole"
            ),
            # The client can leave, come back with a newer link, and go on with the same answers.
            models.UniqueConstraint(fields=["firm_id", "matter", "source"], name="submission_one_per_source"),
        ]


class Answer(FirmModel):
    """One answer as the client gave it. `label` is the question as it was asked at that time."""

    submission = FirmForeignKey(Submission, related_name="answers")
    question_key = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    value = models.TextField(blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "submission", "question_key"], name="answer_once"),
            models.CheckConstraint(condition=~Q(question_key=""), name="answer_has_key"),
        ]

"""The checklist of a matter and the files given for it."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models.matters import Matter


class DocumentStatus(models.TextChoices):
    """Status of one checklist item (casehug.md §7.5)."""

    PENDING = "pending", "Requested"
    UPLOADED = "uploaded", "To review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Sent back"


class Document(FirmModel):
    """One requested item. `reason` is what the client reads when it was sent back."""

    matter = FirmForeignKey(Matter, related_name="documents")
    key = models.CharField(max_length=60, blank=True)
    """Key in the case type's checklist; empty for items staff added."""
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=40)
    description = models.TextField(blank=True)
    """Why the firm asks for it, in words for the client."""
    instructions = models.TextField(blank=True)
    required = models.BooleanField(default=True)
    accepted_types = models.JSONField(default=list)
    max_size_mb = models.SmallIntegerField(default=25)
    status = models.CharField(max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.PENDING)
    reason = models.TextField(blank=True)
    decided_by_id = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    uploaded_at = models.DateTimeField(null=True, blank=True)
    """When it last came in: the review queue is oldest first."""
    position = models.SmallIntegerField(default=0)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DocumentStatus.values), name="document_status"),
            models.CheckConstraint(condition=~Q(status="rejected", reason=""), name="document_rejection_has_reason"),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "uploaded"), decided_at=None)
                | Q(status__in=("approved", "rejected"), decided_at__isnull=False),
                name="document_decision_has_time",
            ),
            models.CheckConstraint(condition=Q(max_size_mb__gte=1, max_size_mb__lte=100), name="document_size_limit"),
            models.CheckConstraint(condition=~Q(name=""), name="document_has_name"),
            models.UniqueConstraint(
                fields=["firm_id", "matter", "key"], condition=~Q(key=""), name="document_key_once_per_matter"
            ),
        ]
        indexes = [
            models.Index(fields=["firm_id", "matter", "position"], name="document_checklist"),
            models.Index(
                fields=["firm_id", "uploaded_at", "id"], condition=Q(status="uploaded"), name="document_to_review"
            ),
            models.Index(fields=["firm_id", "-decided_at", "-id"], name="document_decided"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("doc", self.id)

    @property
    def current_uploads(self) -> list["Upload"]:
        """The files that count, of a document that came through `selectors.documents.with_uploads`."""
        return [one for one in self.uploads.all() if one.current]

    @property
    def earlier_uploads(self) -> list["Upload"]:
        """The files that were replaced, of a document that came through `selectors.documents.with_uploads`."""
        return [one for one in self.uploads.all() if not one.current]


class Upload(FirmModel):
    """One stored file of a document. Several current uploads are the pages of one item."""

    class Source(models.TextChoices):
        PORTAL = "portal", "Client"
        STAFF = "staff", "Firm"

    document = FirmForeignKey(Document, related_name="uploads")
    path = models.CharField(max_length=200)
    """Random place below CASEHUG_MEDIA_DIR; says nothing about client or file."""
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.PORTAL)
    uploaded_by_id = models.UUIDField(null=True, blank=True)
    uploaded_at = models.DateTimeField()
    page = models.SmallIntegerField(default=1)
    current = models.BooleanField(default=True)
    """False once the client gave a new version after it was sent back."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "path"], name="upload_path_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="upload_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="upload_sha256"),
            models.CheckConstraint(condition=Q(source__in=("portal", "staff")), name="upload_source"),
            models.UniqueConstraint(
                fields=["firm_id", "document", "sha256"], condition=Q(current=True), name="upload_same_file_once"
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "document", "-uploaded_at"], name="upload_document")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("upl", self.id)


class UploadSlot(FirmModel):
    """A place for one file that comes straight to the storage: announced by the API, filled once, then confirmed."""

    document = FirmForeignKey(Document, on_delete=models.CASCADE, related_name="upload_slots")
    path = models.CharField(max_length=200)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size_bytes = models.BigIntegerField()
    expires_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    made_upload_id = models.UUIDField(null=True, blank=True)
    """The upload it became when it was confirmed (which may have been taken back since)."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "path"], name="uploadslot_path_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="uploadslot_not_empty"),
        ]
        indexes = [models.Index(fields=["firm_id", "expires_at"], name="uploadslot_expiry")]

    def __str__(self) -> str:
        return public_id("upl", self.id)

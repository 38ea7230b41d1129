"""What the data duties keep of themselves: exports of a firm, and certificates of erased clients (ids and counts)."""

from django.db import models

from casehug.common.ids import public_id
from casehug.common.models import FirmModel


class FirmExport(FirmModel):
    """One export of everything a firm has. The file goes after a day; the row says that it was made and by whom."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        BUILDING = "building", "Being put together"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        GONE = "gone", "Deleted"

    OPEN = ("queued", "building")

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    """Rows and files packed so far."""
    total = models.BigIntegerField(default=0)
    contents = models.JSONField(default=dict)
    """How far it is: members of the file with their hashes, and the place in the table it is at."""
    path = models.CharField(max_length=200, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    created_by_id = models.UUIDField(null=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.IntegerField(default=0)

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["firm_id", "-created_at", "-id"], name="firmexport_recent")]

    @property
    def public_id(self) -> str:
        """The id people see."""
        return public_id("exp", self.id)


class Erasure(FirmModel):
    """One erased client: ids, counts and the remote records to delete elsewhere. Nothing the client ever said."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        FILES = "files", "Deleting files"
        DONE = "done", "Erased"

    class Reason(models.TextChoices):
        REQUEST = "request", "The client asked for it"
        OVER = "over", "The time of keeping is over"
        MISTAKE = "mistake", "Entered by mistake"
        OTHER = "other", "Another reason, kept in the firm's own file"

    client_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    duty_accepted = models.BooleanField(default=False)
    """A person confirmed that no duty to keep the file stands against it."""
    requested_by_id = models.UUIDField(null=True)
    matters = models.JSONField(default=list)
    """Ids of the matters that went with the client."""
    counts = models.JSONField(default=dict)
    remote = models.JSONField(default=list)
    """[{where, account, kind, id}]: what the firm has to delete at the providers itself."""
    mentions = models.JSONField(default=dict)
    """Rows of others that still hold the client's address, number or full name, per table."""
    files = models.JSONField(default=list)
    """Files that are still to be deleted; empty on a certificate."""
    finished_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the certificate, noted in the audit log as well."""

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "client_id"], name="erasure_client_once")]
        indexes = [models.Index(fields=["firm_id", "-created_at", "-id"], name="erasure_recent")]

    @property
    def public_id(self) -> str:
        """The id people see."""
        return public_id("era", self.id)

"""What was sent: links to remote records, intents of single writes, the e-mail mutex, and the operation log."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class ExternalLink(FirmModel):
    """Local row ↔ remote record. Survives a disconnect (CH-35); never used for another remote firm."""

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    local_type = models.CharField(max_length=40)
    """`contact`, `matter`, `form`, or a note by its kind: `note.intake_completed`, `note.intake_status`."""
    local_id = models.UUIDField()
    external_id = models.CharField(max_length=80, blank=True)
    """Empty where the provider names none: a note inside its contact, an answer to an invitation, what a person saw."""
    how = models.CharField(max_length=20, default="created")
    """created | matched_email | inline | by_hand | reconciled | form — why this record was linked."""
    label = models.CharField(max_length=300, blank=True)
    fingerprint = models.JSONField(default=dict)
    """HMAC of each value (mapped ids included) confirmed last; all equal means nothing to send, 0 calls."""
    needs_review = models.CharField(max_length=40, blank=True)
    """Empty, `ambiguous` (several hits), `other_name` (same e-mail), `late_duplicate`, `deleted_there`."""
    review_ids = models.JSONField(default=list)
    """The records that came into question; of a late duplicate also after the decision: both are this client's."""
    stranger_bidx = models.BinaryField(null=True)
    """Blind index of the address under which a person said somebody else stands there: for this client it is neither
    looked up nor sent any more (`sync.records.strangers`)."""
    broken_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(
                fields=["firm_id", "connection", "updated_at", "id"], condition=~Q(needs_review=""), name="link_review"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "remote_firm", "local_type", "local_id"],
                name="link_local_once",
            ),
            # Two clients may share one contact, and two forms may land on it; matters and notes never share a record.
            models.UniqueConstraint(
                fields=["firm_id", "remote_firm", "local_type", "external_id"],
                condition=~Q(local_type__in=("contact", "form")) & ~Q(external_id=""),
                name="link_remote_once",
            ),
        ]


class RemoteIntent(FirmModel):
    """One intended write, committed before its first byte. While one is in doubt the database refuses a second."""

    class Outcome(models.TextChoices):
        INFLIGHT = "inflight", "Sent"
        UNKNOWN = "unknown", "Unknown — checking"
        APPLIED = "applied", "Applied"
        NOT_APPLIED = "not_applied", "Not applied"

    connection = FirmForeignKey(Connection)
    work_item_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    """Local type of the record, as in `ExternalLink.local_type`."""
    verb = models.CharField(max_length=10, default="create")
    """`create`, `update`, or `inline` for a note whose arrival inside a contact is not proven yet."""
    subject_id = models.UUIDField()
    """Local id of the record the write is for (client, matter, matter's note)."""
    matter_id = models.UUIDField()
    marker = models.CharField(max_length=40)
    carries = models.JSONField(default=list)
    body_hmac = models.BinaryField()
    origins = models.JSONField(default=list)
    """Field names, sources and references of what left; never values. The proof per matter of what left the firm."""
    try_no = models.SmallIntegerField(default=1)
    fence = models.BigIntegerField()
    send_deadline = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settle_until = models.DateTimeField()
    outcome = models.CharField(
        max_length=12, choices=Outcome.choices, default=Outcome.INFLIGHT
    )
    ever_unknown = models.BooleanField(default=False)
    probes_done = models.SmallIntegerField(default=0)
    sweeps_done = models.SmallIntegerField(default=0)
    frozen = models.BinaryField(null=True)
    """The snapshot that was sent, sealed: the client's data may change before the answer. Cleared when settled."""
    error_code = models.CharField(max_length=60, blank=True)
    remote_id = models.CharField(max_length=80, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "kind", "subject_id"],
                condition=Q(outcome__in=("inflight", "unknown")),
                name="intent_one_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["firm_id", "matter_id", "-created_at"], name="intent_matter"
            ),
            models.Index(fields=["firm_id", "work_item_id"], name="intent_work"),
        ]


class ContactKey(FirmModel):
    """Mutex for "two matters, same client": one row per e-mail (blind index) and remote firm."""

    remote_firm = models.CharField(max_length=80)
    email_bidx = models.BinaryField()
    holder_id = models.UUIDField(null=True)
    """Work row that is looking for or creating this contact; kept while its outcome is unknown."""
    external_id = models.CharField(max_length=80, blank=True)
    """Contact confirmed for this address: a lagging search index must not lead to a second one."""
    name_bidx = models.BinaryField(null=True)
    """Blind index of the name it was confirmed for: an equal address under another name is only linked and flagged."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "remote_firm", "email_bidx"], name="contactkey_once"
            )
        ]
        # Few are held at any time: giving them back must not read the key of every client.
        indexes = [
            models.Index(fields=["firm_id", "holder_id"], condition=Q(holder_id__isnull=False), name="contactkey_held")
        ]


class SyncLog(FirmModel):
    """One line per operation (CH-43), also for retries: what was done, with which result, for whom."""

    class Status(models.TextChoices):
        SUCCESS = "success", "Done"
        FAILED = "failed", "Failed"
        CHECKING = "checking", "Unknown — checking"
        NOTHING = "nothing", "Nothing to change"
        NOTE = "note", "Note"

    connection = FirmForeignKey(Connection)
    work_item_id = models.UUIDField(null=True)
    matter_id = models.UUIDField(null=True)
    action = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status.choices)
    external_id = models.CharField(max_length=80, blank=True)
    attempt = models.SmallIntegerField(default=1)
    actor_id = models.UUIDField(null=True)
    trigger = models.CharField(max_length=40, blank=True)
    error_class = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True)
    http_status = models.SmallIntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    intent_id = models.UUIDField(null=True)

    class Meta:
        base_manager_name = "objects"
        # Each starts with the firm and connection of every question, and ends in the order of the page. Under row
        # security only leakproof comparisons (=, <, >) reach an index: no LIKE, no trigram.
        indexes = [
            models.Index(fields=["firm_id", "connection", "-created_at", "-id"], name="synclog_recent"),
            models.Index(fields=["firm_id", "connection", "status", "-created_at", "-id"], name="synclog_status"),
            models.Index(fields=["firm_id", "matter_id", "-created_at", "-id"], name="synclog_matter"),
            models.Index(fields=["firm_id", "work_item_id"], name="synclog_work"),
            models.Index(
                fields=["firm_id", "connection", "error_class", "-created_at", "-id"],
                condition=~Q(error_class=""), name="synclog_cause",
            ),
            models.Index(
                fields=["firm_id", "connection", "error_text", "-created_at", "-id"],
                condition=~Q(error_text=""), name="synclog_text",
            ),
            models.Index(
                fields=["firm_id", "connection", "error_code", "-created_at", "-id"],
                condition=~Q(error_code=""), name="synclog_code",
            ),
            models.Index(
                fields=["firm_id", "connection", "-created_at", "-id"],
                condition=~Q(error_class=""), name="synclog_errors",
            ),
            models.Index(
                fields=["firm_id", "connection", "external_id", "-created_at", "-id"],
                condition=~Q(external_id=""), name="synclog_remote",
            ),
        ]  # fmt: skip

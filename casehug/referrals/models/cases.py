"""A referred case, the firm at its other end, its money and its files."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.intake.models import Matter


class PartnerFirm(FirmModel):
    """One entry of the firm's address book of other firms."""

    name = models.CharField(max_length=200)
    remote_id = models.CharField(max_length=80, blank=True)
    """The id under which the exchange knows this firm, as it was told."""
    note = models.TextField(blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="partnerfirm_has_name"),
            models.UniqueConstraint(
                fields=["firm_id", "remote_id"], condition=~Q(remote_id=""), name="partnerfirm_id_once"
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "name", "id"], name="partnerfirm_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("par", self.id)


class Referral(FirmModel):
    """One case between two firms. What it says of the client is the copy that came or went, never the client record."""

    class Direction(models.TextChoices):
        IN = "in", "Received"
        OUT = "out", "Referred out"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        QUEUED = "queued", "Waiting to be sent"
        UNKNOWN = "unknown", "Unknown — checking"
        FAILED = "failed", "Not sent"
        MATCHING = "matching", "Matching"
        INVITED = "invited", "Invited"
        FOLLOWING = "following", "Followed"
        EXPIRED = "expired", "Expired"
        DECLINED = "declined", "Declined"
        NO_PARTNER = "no_partner", "No partner found"
        ALL_DECLINED = "all_declined", "All declined"
        CANCELLED = "cancelled", "Cancelled"
        ACCEPTED = "accepted", "Accepted"

    direction = models.CharField(max_length=3, choices=Direction.choices)
    state = models.CharField(max_length=12, choices=State.choices)
    matter = FirmForeignKey(Matter, null=True, blank=True, related_name="referrals")
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=2, blank=True)
    """US state of the incident, two letters."""
    summary = models.TextField(blank=True)
    case_type = models.CharField(max_length=200, blank=True)
    """The exchange's exact word."""
    incident_date = models.DateField(null=True, blank=True)
    partner = FirmForeignKey(PartnerFirm, null=True, blank=True, related_name="referrals")
    partner_name = models.CharField(max_length=200, blank=True)
    """The firm at the other end, as the exchange names it."""
    stage = models.CharField(max_length=120, blank=True)
    """Their word for where the case stands."""
    stage_at = models.DateTimeField(null=True, blank=True)
    looks = models.SmallIntegerField(default=0)
    """How many firms have been invited so far."""
    is_import = models.BooleanField(default=False)
    """A case that another firm already handled: nobody is invited."""
    suggestions = models.BooleanField(default=False)
    """Sent as a draft on purpose, so that the exchange suggests partners."""
    lead_form = models.BooleanField(default=False)
    """The person offered the case themselves, by the firm's public form; what stands here are their answers."""
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_by_id = models.UUIDField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    """Why it was not sent, or why the partner declined, in words."""
    update_due_at = models.DateTimeField(null=True, blank=True)
    last_update_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    """The time of the newest account of this case."""
    told = models.JSONField(default=dict, blank=True)
    """Per value: rank, time and digest of the account that counts (`services/told.py`); no values. Under `status`:
    which mapped news the status of the matter followed (`services/following.py`)."""
    provider = models.CharField(max_length=40, blank=True)
    created_by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(direction__in=("in", "out")), name="referral_direction"),
            # A matter leaves the firm once, and comes from one referral.
            models.UniqueConstraint(
                fields=["firm_id", "matter", "direction"],
                condition=Q(matter__isnull=False) & ~Q(state__in=("failed", "no_partner", "all_declined", "cancelled")),
                name="referral_matter_once",
            ),
        ]
        indexes = [
            models.Index(fields=["firm_id", "direction", "-created_at", "-id"], name="referral_recent"),
            models.Index(fields=["firm_id", "update_due_at"], name="referral_update_due"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("ref", self.id)

    @property
    def client_name(self) -> str:
        """The client as named in the referral."""
        return f"{self.first_name} {self.last_name}".strip() or "Name not told"


class Settlement(FirmModel):
    """What was told about the money of a case. The newest account replaces the earlier one of the same key."""

    referral = FirmForeignKey(Referral, related_name="settlements")
    own_key = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=40, blank=True)
    gross = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    attorney_fee = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    referral_fee = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    expenses = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "referral", "own_key"], name="settlement_key_once"),
        ]


class Attachment(FirmModel):
    """One file of a referred case; our copy, because the exchange's address of it dies."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending until confirmed"
        STORED = "stored", "Stored here"
        SHARED = "shared", "Shared"
        REFUSED = "refused", "Not taken"
        FAILED = "failed", "Failed"
        REMOVED = "removed", "Removed"

    referral = FirmForeignKey(Referral, related_name="attachments")
    own_key = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    path = models.CharField(max_length=200, blank=True)
    """Random place below CASEHUG_MEDIA_DIR; empty while there is no copy."""
    direction = models.CharField(max_length=3, choices=Referral.Direction.choices)
    purpose = models.CharField(max_length=12, blank=True)
    """`retainer` for the signed agreement that goes with an acceptance."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    trouble = models.CharField(max_length=300, blank=True)
    created_by_id = models.UUIDField(null=True, blank=True)
    copied_upload_id = models.UUIDField(null=True, blank=True)
    """The upload on the matter this file was copied to."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="attachment_has_name"),
            models.UniqueConstraint(
                fields=["firm_id", "referral", "own_key"], condition=~Q(own_key=""), name="attachment_key_once"
            ),
        ]
        indexes = [models.Index(fields=["firm_id", "referral", "created_at"], name="attachment_referral")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """The id people and the API see."""
        return public_id("att", self.id)

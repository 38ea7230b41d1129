"""What came in: the address of a connection's webhooks, its secrets, every event, and unverified ones apart."""

from django.db import models
from django.db.models import Q

from casehug.common import encryption
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.common.secret import Secret
from integrations.models.connection import Connection


class InboundEndpoint(FirmModel):
    """The address a provider posts to for one connection, and how far the safety-net poll has read."""

    connection = FirmForeignKey(Connection)
    token_hash = models.BinaryField(unique=True)
    """SHA-256 of a 128-bit token: the address names the connection, nothing in it can be guessed."""
    token = models.BinaryField()
    """The token, sealed: the address is shown to be copied."""
    rotating_until = models.DateTimeField(null=True)
    """A declared rotation: unverified deliveries are answered so that the provider repeats them."""
    secret_replaced_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    """Last verified delivery."""
    unverified_count = models.IntegerField(default=0)
    dropped_count = models.IntegerField(default=0)
    """Unverified deliveries that were counted only, because the quarantine was full or too fast."""
    quarantine_bytes = models.IntegerField(default=0)
    poll_minutes = models.SmallIntegerField(default=15)
    next_poll_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    poll_cursor = models.DateTimeField(null=True)
    """Newest change read completely (the provider's clock); moves in the transaction that stores the events."""
    poll_trouble = models.CharField(max_length=200, blank=True)
    purged_at = models.DateTimeField(null=True)
    alarms_checked_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "connection"], name="inbound_endpoint_once")]

    def seal_token(self, token: str) -> None:
        """Store the token of the address sealed."""
        self.token = encryption.seal(Secret(token), table=self._meta.db_table, column="token", row_id=self.id)

    def open_token(self) -> str:
        """Return the token of the address. Raises `DecryptionError`."""
        return encryption.unseal(self.token, table=self._meta.db_table, column="token", row_id=self.id).reveal()


class InboundSecret(FirmModel):
    """One signing secret, write-only. A replaced one stays valid for a day beside its successor."""

    endpoint = FirmForeignKey(InboundEndpoint)
    label = models.CharField(max_length=80)
    """The webhook's name at the provider: each webhook there has a secret of its own."""
    value = models.BinaryField()
    created_by_id = models.UUIDField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["firm_id", "endpoint", "-created_at"], name="inboundsecret_endpoint")]

    def seal_value(self, secret: Secret) -> None:
        """Store the secret sealed."""
        self.value = encryption.seal(secret, table=self._meta.db_table, column="value", row_id=self.id)

    def open_value(self) -> Secret:
        """Return the secret. Raises `DecryptionError`."""
        return encryption.unseal(self.value, table=self._meta.db_table, column="value", row_id=self.id)


class InboundEvent(FirmModel):
    """Anything received and authentic, pushed or polled. Receipt is this row; processing is a work row."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        POLL = "poll", "Read without a webhook"

    class Verification(models.TextChoices):
        VERIFIED = "verified", "Verified"
        LATER = "later", "Verified later"
        READ = "read", "Read by us"

    class Result(models.TextChoices):
        APPLIED = "applied", "Applied"
        NOTHING = "nothing", "Nothing to change"
        LOGGED = "logged", "Logged only"
        NO_MATTER = "no_matter", "No linked matter"
        FAILED = "failed", "Failed"

    endpoint = FirmForeignKey(InboundEndpoint)
    connection = FirmForeignKey(Connection)
    source = models.CharField(max_length=10, choices=Source.choices)
    verification = models.CharField(max_length=10, choices=Verification.choices)
    event_id = models.CharField(max_length=200)
    event_type = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=30)
    subject = models.UUIDField()
    """Subject of the work row: one per remote matter for stage events, so that ten of them are one read."""
    matter_external_id = models.CharField(max_length=200, blank=True)
    contact_external_id = models.CharField(max_length=200, blank=True)
    matter_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    content = models.CharField(max_length=64, blank=True)
    """Digest of what a referral's event tells: the same news come pushed and polled under different ids."""
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    headers = models.JSONField(default=dict)
    payload = models.BinaryField(null=True)
    """The raw body, sealed; gone after 30 days."""
    size = models.IntegerField(default=0)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    """Empty while it waits."""
    reason = models.CharField(max_length=300, blank=True)
    decision = models.JSONField(default=dict)
    """Stage, sub-status and main status that were read, and which of them decided; ids and names of the account."""
    processed_at = models.DateTimeField(null=True)
    duplicates = models.IntegerField(default=0)
    replays = models.SmallIntegerField(default=0)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "endpoint", "event_id"], name="inbound_event_once"),
        ]
        indexes = [
            models.Index(fields=["firm_id", "-received_at", "-id"], name="inbound_recent"),
            models.Index(fields=["firm_id", "subject"], condition=Q(result=""), name="inbound_waiting"),
            models.Index(fields=["firm_id", "matter_id", "-received_at"], name="inbound_matter"),
            models.Index(fields=["firm_id", "client_id"], condition=Q(client_id__isnull=False), name="inbound_client"),
            models.Index(
                fields=["firm_id", "connection", "matter_external_id"], condition=~Q(content=""), name="inbound_case"
            ),
        ]


class QuarantinedEvent(FirmModel):
    """A delivery that failed verification: kept for 72 hours, never processed unless a secret proves it later."""

    endpoint = FirmForeignKey(InboundEndpoint)
    digest = models.BinaryField()
    """SHA-256 of the body: the same body again only raises the counter."""
    body = models.BinaryField(null=True)
    """The raw body, sealed; cleared once it was verified."""
    size = models.IntegerField()
    attempts = models.JSONField(default=list)
    """Kept headers and arrival time of the latest deliveries of this body."""
    seen = models.IntegerField(default=1)
    reason = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200, blank=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "endpoint", "digest"], name="quarantine_body_once"),
        ]
        indexes = [models.Index(fields=["firm_id", "endpoint", "created_at"], name="quarantine_age")]


class MatterReading(FirmModel):
    """How a linked matter stood when it was last read: an older answer never overwrites a newer one."""

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    external_id = models.CharField(max_length=200)
    stage_id = models.CharField(max_length=80, blank=True)
    sub_status = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=80, blank=True)
    remote_updated_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "remote_firm", "external_id"], name="matter_reading_once"),
        ]

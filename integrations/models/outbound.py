"""Webhooks we send: who wants which events, their secrets, every delivery with its frozen body, and each attempt."""

from django.db import models
from django.db.models import Q

from casehug.common import encryption
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.common.secret import Secret


class WebhookEndpoint(FirmModel):
    """A receiver of the firm. A removed one keeps its deliveries for 30 days, its address and secrets are wiped."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        ZAPIER = "zapier", "Zapier"

    class OffBy(models.TextChoices):
        PERSON = "person", "Switched off by a person"
        FAILURES = "failures", "Switched off after failures"
        GONE = "gone", "Switched off by the receiver"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WEBHOOK)
    url = models.BinaryField(null=True)
    """The target address, sealed: a catch-hook address is a credential."""
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list)
    """Names of events, or `*` alone for all."""
    with_client_data = models.BooleanField(default=False)
    agreement_confirmed_at = models.DateTimeField(null=True)
    agreement_confirmed_by_id = models.UUIDField(null=True)
    version = models.CharField(max_length=10)
    """Shape of the bodies, pinned when the receiver was added."""
    older_signature = models.BooleanField(default=False)
    """Also send `X-CaseHug-Signature: t=…,v1=…`."""
    active = models.BooleanField(default=True)
    off_by = models.CharField(max_length=10, choices=OffBy.choices, blank=True, default="")
    off_reason = models.CharField(max_length=300, blank=True)
    off_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    """First failure since the last success."""
    warned_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    created_by_id = models.UUIDField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(active=True, off_by="") | Q(active=False), name="webhook_off_has_cause"),
            models.CheckConstraint(
                condition=Q(with_client_data=False) | Q(agreement_confirmed_at__isnull=False),
                name="webhook_client_data_agreed",
            ),
        ]

    def seal_url(self, url: str) -> None:
        """Store the target address sealed."""
        self.url = encryption.seal(Secret(url), table=self._meta.db_table, column="url", row_id=self.id)

    def open_url(self) -> str:
        """Return the target address, "" when it was wiped. Raises `DecryptionError`."""
        if self.url is None:
            return ""
        return encryption.unseal(self.url, table=self._meta.db_table, column="url", row_id=self.id).reveal()


class WebhookSecret(FirmModel):
    """A signing secret, shown once. A rotated one signs along for 24 hours."""

    endpoint = FirmForeignKey(WebhookEndpoint)
    value = models.BinaryField()
    ends_in = models.CharField(max_length=4)
    created_by_id = models.UUIDField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["firm_id", "endpoint", "-created_at"], name="webhooksecret_endpoint")]

    def seal_value(self, secret: Secret) -> None:
        """Store the secret sealed."""
        self.value = encryption.seal(secret, table=self._meta.db_table, column="value", row_id=self.id)

    def open_value(self) -> Secret:
        """Return the secret. Raises `DecryptionError`."""
        return encryption.unseal(self.value, table=self._meta.db_table, column="value", row_id=self.id)


class WebhookDelivery(FirmModel):
    """One event for one receiver: the body as it was frozen, and how sending it stands."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        RETRY = "retry", "Retry at"
        GAVE_UP = "gave_up", "Gave up"
        OFF = "off", "Endpoint off"

    OPEN = ("waiting", "retry")
    FAILED = ("gave_up", "off")

    endpoint = FirmForeignKey(WebhookEndpoint)
    event_id = models.UUIDField()
    """The announcement; the receiver sees it as `evt_…` on every attempt and every resend."""
    event_type = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    body = models.BinaryField(null=True)
    """Sealed; gone after 30 days."""
    size = models.IntegerField(default=0)
    fields = models.JSONField(default=list)
    """What leaves: [name of the field, its source]; no values."""
    digest = models.BinaryField()
    """HMAC of the body under the firm's index key."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    tries = models.SmallIntegerField(default=0)
    """Attempts that failed since it was queued or sent again."""
    replays = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    sending_until = models.DateTimeField(null=True)
    """A request is under way, at the longest until then; at most four at a time per receiver."""
    last_status = models.SmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "endpoint", "event_id"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(fields=["firm_id", "endpoint", "-created_at", "-id"], name="webhook_delivery_recent"),
            models.Index(fields=["firm_id", "created_at"], name="webhook_delivery_age"),
        ]


class WebhookAttempt(FirmModel):
    """One request for one delivery: written before the first byte leaves, completed with what came back."""

    delivery = FirmForeignKey(WebhookDelivery)
    number = models.IntegerField()
    replay = models.SmallIntegerField(default=0)
    """0 for the first sending, n for the n-th time a person had it sent again."""
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    """Empty while it is under way; then delivered or the kind of failure."""
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    retry_after = models.IntegerField(null=True)
    excerpt = models.BinaryField(null=True)
    """First part of the answer, sealed."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "delivery", "number"], name="webhook_attempt_number_once"),
        ]

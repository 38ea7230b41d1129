"""One firm's authorised link to a provider, the single-use OAuth states, and the catalogue of the connected account."""

from typing import Any

from django.db import models

from casehug.common import encryption
from casehug.common.models import FirmForeignKey, FirmModel
from casehug.common.secret import Secret


class Connection(FirmModel):
    """A firm's link to a provider (CH-31: one per firm and provider). Tokens are sealed with a key of their own."""

    class State(models.TextChoices):
        NOT_CONNECTED = "not_connected", "Not connected"
        CONNECTED = "connected", "Connected"
        NEEDS_RECONNECT = "needs_reconnect", "Reconnect needed"
        OTHER_ACCOUNT = "other_account", "Different account"

    provider = models.CharField(max_length=40)
    state = models.CharField(
        max_length=20, choices=State.choices, default=State.NOT_CONNECTED
    )
    state_reason = models.TextField(blank=True)
    paused = models.BooleanField(default=False)
    """Outgoing: nothing is sent."""
    paused_in = models.BooleanField(default=False)
    """Incoming: events are stored and wait, nothing is read there."""
    remote_firm = models.CharField(max_length=80, blank=True)
    remote_firm_name = models.CharField(max_length=200, blank=True)
    remote_user = models.CharField(max_length=200, blank=True)
    remote_email = models.CharField(max_length=254, blank=True)
    links_account = models.CharField(max_length=80, blank=True)
    """Remote firm whose links are in use; differs from `remote_firm` while another account waits for a decision."""
    access_token = models.BinaryField(null=True)
    refresh_token = models.BinaryField(null=True)
    token_version = models.IntegerField(default=0)
    token_expires_at = models.DateTimeField(null=True)
    token_lifetime = models.IntegerField(null=True)
    refresh_lease_until = models.DateTimeField(null=True)
    refresh_started_at = models.DateTimeField(null=True)
    connected_by_id = models.UUIDField(null=True)
    connected_at = models.DateTimeField(null=True)
    auto_sync_on_approval = models.BooleanField(default=True)
    auto_sync_on_matter_created = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    calls_per_minute = models.IntegerField(default=50)
    learned_rate = models.FloatField(null=True)
    paused_until = models.DateTimeField(null=True)
    """Set by a provider's `Retry-After`; every worker obeys it, a Redis flush does not forget it."""
    next_call_at = models.DateTimeField(null=True)
    """Slow clock used only while Redis is gone."""
    failures_in_row = models.IntegerField(default=0)
    breaker_probe_at = models.DateTimeField(null=True)
    """After five transient failures in a row: when the next single probe may go out."""
    last_success_at = models.DateTimeField(null=True)
    catalogue_read_at = models.DateTimeField(null=True)
    probe_first_until = models.DateTimeField(null=True)
    """After a restore of the database: until then every create looks for its record first."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "provider"], name="connection_one_per_provider"
            )
        ]

    @property
    def key_purpose(self) -> str:
        """Name of the data key that seals this connection's tokens."""
        return f"connection:{self.id}"

    def seal_token(self, column: str, token: str | None) -> None:
        """Store a token sealed in `access_token` or `refresh_token`; None clears it."""
        blob = None
        if token:
            table = self._meta.db_table
            blob = encryption.seal(
                Secret(token),
                table=table,
                column=column,
                row_id=self.id,
                purpose=self.key_purpose,
            )
        setattr(self, column, blob)

    def open_token(self, column: str) -> Secret | None:
        """Return a stored token, or None. Raises `DecryptionError` (an alarm, never a value)."""
        blob: Any = getattr(self, column)
        if blob is None:
            return None
        return encryption.unseal(
            blob, table=self._meta.db_table, column=column, row_id=self.id
        )


class OAuthState(FirmModel):
    """A started authorisation: kept as a hash, single use, ten minutes, bound to session, user and firm (CH-59)."""

    provider = models.CharField(max_length=40)
    state_hash = models.BinaryField(unique=True)
    user_id = models.UUIDField()
    session_hash = models.BinaryField()
    redirect_uri = models.CharField(max_length=500)
    verifier = models.BinaryField(null=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"


class CatalogueItem(FirmModel):
    """A stage, practice area, sub-status or custom field read from the connected account."""

    connection = FirmForeignKey(Connection)
    remote_firm = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=80)
    name = models.CharField(max_length=300)
    parent = models.CharField(max_length=300, blank=True)
    position = models.IntegerField(default=0)
    extra = models.JSONField(default=dict)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection", "remote_firm", "kind", "external_id"],
                name="catalogue_item_once",
            )
        ]

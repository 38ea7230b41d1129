"""The address of a connection's webhooks, its secrets, and the declared rotation."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from casehug.audit.services import record
from casehug.common.secret import Secret
from casehug.common.work import database_now
from integrations.contract.errors import Refused
from integrations.contract.inbound import Inbound
from integrations.inbound.wake import ask_for_recheck
from integrations.models import Connection, InboundEndpoint, InboundSecret
from integrations.registry import UnknownProvider, provider

OVERLAP = timedelta(hours=24)
MOST_SECRETS = 40
SECRET_LENGTHS = range(8, 257)
ROTATION = timedelta(hours=24)


def inbound_of(key: str) -> Inbound | None:
    """Return the way in of a provider, None when it has none or is not configured."""
    try:
        declared: Inbound | None = provider(key).inbound
    except UnknownProvider:
        return None
    return declared


def token_hash(token: str) -> bytes:
    """Return what is stored of the token of an address."""
    return hashlib.sha256(token.encode()).digest()


def ensure_endpoint(connection: Connection) -> InboundEndpoint:
    """Return the endpoint of a connection, made at first use. In the firm scope."""
    found = InboundEndpoint.objects.filter(connection=connection).first()
    if found is None:
        token = secrets.token_urlsafe(16)
        fresh = InboundEndpoint(connection=connection, token_hash=token_hash(token), next_poll_at=database_now())
        fresh.seal_token(token)
        InboundEndpoint.objects.bulk_create([fresh], ignore_conflicts=True)
        found = InboundEndpoint.objects.get(connection=connection)
    endpoint: InboundEndpoint = found
    return endpoint


def address(endpoint: InboundEndpoint, provider_key: str) -> str:
    """Return the full address to enter at the provider."""
    path = reverse("api-integrations-webhook", args=[provider_key, endpoint.open_token()])
    return f"{settings.CASEHUG_BASE_URL.rstrip('/')}{path}"


def live_secrets(endpoint_id: uuid.UUID, now: datetime) -> list[str]:
    """Return the secrets that may sign now, newest first. Raises `DecryptionError`. In the firm scope."""
    rows = InboundSecret.objects.filter(endpoint_id=endpoint_id).order_by("-created_at")
    return [row.open_value().reveal() for row in rows if row.ends_at is None or row.ends_at > now]


def save_secret(*, endpoint_id: uuid.UUID, label: str, value: Secret, actor_id: uuid.UUID | None) -> InboundSecret:
    """Store a secret; one with the same label stays valid for another 24 hours, an older one of that label ends now.

    Asks for the unverified deliveries to be checked again. Raises `Refused` (code = field) for unusable values.
    """
    label, text = " ".join(label.split()), value.reveal().strip()
    if not label or len(label) > 80 or not label.isprintable():
        raise Refused("Enter the webhook's name, up to 80 characters.", code="label")
    if len(text) not in SECRET_LENGTHS or not text.isascii() or not text.isprintable() or " " in text:
        raise Refused("This is not a webhook secret. Copy it again, without spaces.", code="value")
    endpoint = InboundEndpoint.objects.select_for_update().get(id=endpoint_id)
    now = database_now()
    rows = InboundSecret.objects.filter(endpoint=endpoint)
    rows.filter(ends_at__lte=now).delete()
    same = list(rows.filter(label=label).order_by("-created_at"))
    if len(same) == 0 and rows.values("label").distinct().count() >= MOST_SECRETS:
        raise Refused("No more secrets can be stored. End one that is not used any more.", code="label")
    for older in same[1:]:
        older.delete()
    if same:
        same[0].ends_at = now + OVERLAP
        same[0].save(update_fields=["ends_at", "updated_at"])
        endpoint.secret_replaced_at = now
        endpoint.save(update_fields=["secret_replaced_at", "updated_at"])
    made = InboundSecret(endpoint=endpoint, label=label, created_by_id=actor_id)
    made.seal_value(Secret(text))
    made.save(force_insert=True)
    record(action="webhook_secret.saved", object_type="inbound_endpoint", object_id=endpoint.id,
           changes={"label": label, "replaced": bool(same)})  # fmt: skip
    ask_for_recheck(endpoint)
    return made


def end_secret(*, endpoint_id: uuid.UUID, secret_id: uuid.UUID) -> bool:
    """End a secret at once. Returns False when there is none like that."""
    row = InboundSecret.objects.filter(endpoint_id=endpoint_id, id=secret_id).first()
    if row is None:
        return False
    row.delete()
    record(action="webhook_secret.ended", object_type="inbound_endpoint", object_id=endpoint_id,
           changes={"label": row.label})  # fmt: skip
    return True


def declare_rotation(*, endpoint_id: uuid.UUID, on: bool) -> None:
    """Say that secrets are being renewed at the provider (or no longer): what fails is then repeated by it."""
    until = database_now() + ROTATION if on else None
    InboundEndpoint.objects.filter(id=endpoint_id).update(rotating_until=until)
    record(action="webhook_rotation.declared", object_type="inbound_endpoint", object_id=endpoint_id,
           changes={"on": on})  # fmt: skip


def asks_for_repeat(endpoint: InboundEndpoint, now: datetime) -> bool:
    """Tell whether an unverified delivery should be repeated by its sender: rotation declared, or just replaced."""
    if endpoint.rotating_until is not None and endpoint.rotating_until > now:
        return True
    return endpoint.secret_replaced_at is not None and endpoint.secret_replaced_at + OVERLAP > now


"""What the pages of outgoing webhooks read: receivers with their week, deliveries by key, attempts, secrets."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Q

from casehug.common.encryption import DecryptionError
from casehug.common.work import database_now
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from integrations.outbound.catalogue import ALL
from integrations.outbound.delivery import open_excerpt
from integrations.outbound.sending import MOST_AGAIN
from integrations.selectors.connections import user_names
from integrations.selectors.log import decode_key, encode_key

PAGE = 50
WEEK = timedelta(days=7)
UNREADABLE = "(cannot be opened any more)"
STATES = {"waiting": ("waiting", "Waiting"), "delivered": ("delivered", "Delivered"), "retry": ("waiting", "Retry"),
          "gave_up": ("gave_up", "Gave up"), "off": ("off", "Endpoint off")}  # fmt: skip


def zap_count() -> int:
    """Return how many Zaps are subscribed and switched on."""
    rows = WebhookEndpoint.objects.filter(kind=WebhookEndpoint.Kind.ZAPIER, active=True, deleted_at__isnull=True)
    return int(rows.count())


@dataclass(frozen=True)
class ReceiverRow:
    """A receiver as lists show it: state, where it is (never the whole address), and how its last 7 days went."""

    endpoint: WebhookEndpoint
    state: str
    label: str
    place: str
    delivered: int
    finished: int
    events: str

    @property
    def success(self) -> str:
        """The success of 7 days in words."""
        if not self.finished:
            return "Nothing sent"
        return f"{self.delivered * 100 // self.finished} % of {self.finished}"


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery with its state in the one vocabulary."""

    delivery: WebhookDelivery
    state: str
    label: str


@dataclass(frozen=True)
class DeliveryPage:
    """One page of deliveries and the keys of its neighbours."""

    rows: list[DeliveryRow]
    older: str = ""
    newer: str = ""


@dataclass(frozen=True)
class AttemptRow:
    """One attempt and the kept part of the answer."""

    attempt: WebhookAttempt
    excerpt: str


@dataclass(frozen=True)
class SecretRow:
    """A secret as far as it may be shown."""

    ends_in: str
    created_at: datetime
    created_by: str
    ends_at: datetime | None


def receiver_rows() -> list[ReceiverRow]:
    """Return the receivers that are not removed, newest first."""
    rows = list(WebhookEndpoint.objects.filter(deleted_at__isnull=True).order_by("-created_at", "-id"))
    since = database_now() - WEEK
    recent = WebhookDelivery.objects.filter(endpoint__in=rows, created_at__gte=since)
    counts = recent.values("endpoint_id").annotate(
        ok=Count("id", filter=Q(status="delivered")),
        ended=Count("id", filter=Q(status__in=("delivered", *WebhookDelivery.FAILED))),
    )
    week = {one["endpoint_id"]: (one["ok"], one["ended"]) for one in counts}
    return [receiver_row(row, *week.get(row.id, (0, 0))) for row in rows]


def receiver_row(row: WebhookEndpoint, delivered: int = 0, finished: int = 0) -> ReceiverRow:
    """Return one receiver as lists show it."""
    state, label = ("on", "On") if row.active else ("off", "Off")
    if row.active and row.failing_since is not None:
        state, label = "needs_reconnect", "Failing"
    events = "Every event" if ALL in row.events else ", ".join(row.events)
    return ReceiverRow(row, state, label, place_of(row), delivered, finished, events)


def url_of(row: WebhookEndpoint) -> str:
    """Return the whole address, for people who may change it."""
    try:
        return row.open_url()
    except DecryptionError:
        return UNREADABLE


def place_of(row: WebhookEndpoint) -> str:
    """Return the host of the address; the rest of it may be a credential."""
    url = url_of(row)
    return urlsplit(url).netloc or url


def deliveries(endpoint: WebhookEndpoint, *, status: str = "", before: str = "", after: str = "") -> DeliveryPage:
    """Return one page of deliveries by key (time, id), newest first; `status` narrows it."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    if status:
        rows = rows.filter(status=status)
    older_than, newer_than = decode_key(before), decode_key(after)
    if newer_than:
        at, row_id = newer_than
        rows = rows.filter(Q(created_at__gt=at) | Q(created_at=at, id__gt=row_id)).order_by("created_at", "id")
        found = list(rows[: PAGE + 1])
        more_newer, more_older, found = len(found) > PAGE, True, found[:PAGE][::-1]
    else:
        if older_than:
            at, row_id = older_than
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=row_id))
        found = list(rows.order_by("-created_at", "-id")[: PAGE + 1])
        more_older, more_newer, found = len(found) > PAGE, older_than is not None, found[:PAGE]
    return DeliveryPage(
        [delivery_row(row) for row in found],
        older=encode_key(found[-1]) if found and more_older else "",
        newer=encode_key(found[0]) if found and more_newer else "",
    )


def delivery_row(row: WebhookDelivery) -> DeliveryRow:
    """Return one delivery with its state."""
    return DeliveryRow(row, *STATES[row.status])


def attempts(delivery: WebhookDelivery) -> list[AttemptRow]:
    """Return the attempts of a delivery, newest first."""
    return [
        AttemptRow(row, _excerpt(row))
        for row in WebhookAttempt.objects.filter(delivery=delivery).order_by("-number")[:200]
    ]  # fmt: skip


def _excerpt(row: WebhookAttempt) -> str:
    try:
        text = open_excerpt(row)
    except DecryptionError:
        return UNREADABLE
    return "".join(one if one.isprintable() or one in "\n\t" else f"\\u{ord(one):04x}" for one in text)


def secrets(endpoint: WebhookEndpoint) -> list[SecretRow]:
    """Return the secrets that sign, newest first."""
    now = database_now()
    live = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    rows = list(WebhookSecret.objects.filter(live, endpoint=endpoint).order_by("-created_at", "-id"))
    names = user_names([row.created_by_id for row in rows if row.created_by_id])
    return [SecretRow(row.ends_in, row.created_at, _name(names, row.created_by_id), row.ends_at) for row in rows]


def _name(names: dict[uuid.UUID, str], user_id: uuid.UUID | None) -> str:
    return names.get(user_id, "") if user_id else ""


def failed_count(endpoint: WebhookEndpoint) -> int:
    """Return how many deliveries could be sent again, at most one more than one press sends."""
    rows = WebhookDelivery.objects.filter(
        endpoint=endpoint, status__in=WebhookDelivery.FAILED, body__isnull=False
    )  # fmt: skip
    return len(rows.values_list("id", flat=True)[: MOST_AGAIN + 1])

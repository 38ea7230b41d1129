"""What an exchange tells of, event by event: whether it is set up there, pushed or kept, and when it last came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from casehug.firms.page_reads import page_now
from integrations.contract.onboarding import ONBOARDING, Kind
from integrations.inbound import pace
from integrations.models import Connection, InboundEndpoint, InboundEvent

KINDS = (Kind.WEBHOOK.value, Kind.STORED.value)


@dataclass(frozen=True)
class Subscription:
    """One kind of event: `pushed` and `kept` say whether it stands there, None when it is not wanted that way."""

    name: str
    pushed: bool | None
    kept: bool | None
    came_at: datetime | None


def subscriptions(connection: Connection) -> Sequence[Subscription]:
    """Return the events the firm's ways of working need, as the last comparison found them. In the firm scope."""
    lines = [one for one in connection.profile.get(ONBOARDING, {}).get("lines", ()) if one.get("kind") in KINDS]
    if not lines:
        return []
    stands = {(one["label"], one["kind"]): one["state"] == "fits" for one in lines}
    rows = InboundEvent.objects.filter(connection=connection).exclude(content="").values("event_type")
    came = {one["event_type"]: one["at"] for one in rows.annotate(at=Max("received_at"))}
    names = dict.fromkeys(one["label"] for one in lines)
    return [
        Subscription(name, stands.get((name, KINDS[0])), stands.get((name, KINDS[1])), came.get(name)) for name in names
    ]


def minutes_now(connection: Connection, endpoint: InboundEndpoint) -> int:
    """Return how often is looked at present; shorter than chosen while an open invitation runs out soon."""
    return pace.minutes(connection, endpoint.poll_minutes, page_now())

"""How often to look for news: as the firm chose, and more often while an open invitation is about to run out."""

from datetime import datetime, timedelta

from casehug.common.work import database_now
from casehug.referrals.models import Invitation
from integrations.inbound.endpoints import inbound_of
from integrations.models import Connection, InboundEndpoint


def minutes(connection: Connection, chosen: int, now: datetime) -> int:
    """Return the minutes until the next look: the shortest of the choice and what the provider advises for the open

    invitation that runs out first. In the firm scope.
    """
    declared = inbound_of(connection.provider)
    if declared is None or declared.stored is None:
        return chosen
    rows = Invitation.objects.filter(
        referral__provider=connection.provider, state__in=Invitation.OPEN, expires_at__gt=now
    ).order_by("expires_at")
    first: datetime | None = rows.values_list("expires_at", flat=True).first()
    if first is None:
        return chosen
    advised = next((every for left, every in declared.stored.pace if first - now <= left), None)
    return chosen if advised is None else min(chosen, max(1, int(advised / timedelta(minutes=1))))


def hurry(connection: Connection) -> None:
    """Let the next look come as early as a new deadline needs it; never later than planned. In the firm scope."""
    now = database_now()
    for row in InboundEndpoint.objects.select_for_update().filter(connection=connection, next_poll_at__isnull=False):
        soon = (row.polled_at or now) + timedelta(minutes=minutes(connection, row.poll_minutes, now))
        if soon < row.next_poll_at:
            InboundEndpoint.objects.filter(id=row.id).update(next_poll_at=soon)

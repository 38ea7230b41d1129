"""The light of a connection: green only with a recent success; everything else says why, and how old it is."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime

from casehug.firms.models import Notice
from casehug.firms.notices import open_notices
from casehug.firms.page_reads import page_now
from integrations.connections.checkup import last_test
from integrations.connections.examine import report_of
from integrations.models import Connection, InboundEndpoint
from integrations.selectors.connections import user_names
from integrations.selectors.figures import figures

FRESH = timedelta(hours=1)
"""Changes are read every 15 minutes as a rule: an hour without a success is worth saying."""
BREAKER = 5


@dataclass(frozen=True)
class Light:
    """A state of `casehug.common.wording`, its words, why, and when that was last seen."""

    state: str
    label: str
    reason: str
    at: datetime | None


@dataclass(frozen=True)
class Pause:
    """One way of a connection: whether it is paused, by whom and since when."""

    way: str
    on: bool
    by: str
    since: datetime | None


def light_of(connection: Connection) -> Light:
    """Return the light of a connection. In the firm scope."""
    state, seen = connection.state, _last_success(connection)
    if state == Connection.State.NOT_CONNECTED:
        return Light("not_connected", "Not connected", "No access is stored.", None)
    if state == Connection.State.NEEDS_RECONNECT:
        return Light("needs_reconnect", "Reconnect needed", connection.state_reason, seen)
    if state == Connection.State.OTHER_ACCOUNT:
        return Light("different_account", "Different account", "Nothing is sent until an account is chosen.", seen)
    if connection.failures_in_row >= BREAKER:
        reason = f"{connection.failures_in_row} requests in a row failed. One is tried every minute."
        return Light("failed", "Does not answer", reason, seen)
    if connection.paused or connection.paused_in:
        ways = "Sending and receiving are" if connection.paused and connection.paused_in else (
            "Sending is" if connection.paused else "Receiving is"
        )  # fmt: skip
        return Light("paused", "Paused", f"{ways} paused.", seen)
    if seen is None:
        return Light("unknown", "Not confirmed yet", "Nothing has been read or sent since it was connected.", None)
    if page_now() - seen > _fresh(connection):
        return Light("unknown", "Not confirmed lately", "Nothing has been read or sent successfully since then.", seen)
    return Light("connected", "Works", "The last request was answered.", seen)


def _fresh(connection: Connection) -> timedelta:
    return max(FRESH, timedelta(minutes=3 * figures(connection).poll_minutes))


def _last_success(connection: Connection) -> datetime | None:
    """Return the newest time at which the provider surely answered us, under the present access."""
    polled = figures(connection).polled_at
    tested = next((check.at for check in last_test(connection) if check.key == "key" and check.ok), None)
    moments = (connection.last_success_at, connection.catalogue_read_at, polled, tested, report_of(connection).at)
    known = [moment for moment in moments if moment is not None]
    return max(known, default=None)


def pauses_of(connection: Connection) -> dict[str, Pause]:
    """Return both ways with who paused them and since when."""
    changed = connection.profile.get("changed", {})
    stamps = {way: changed.get(column, {}) for way, column in (("out", "paused"), ("in", "paused_in"))}
    ids = {way: uuid.UUID(stamp["by"]) for way, stamp in stamps.items() if stamp.get("by")}
    names = user_names(ids.values())
    return {
        way: Pause(
            way, connection.paused if way == "out" else connection.paused_in, names.get(ids.get(way), ""),  # type: ignore[arg-type]
            parse_datetime(stamp["at"]) if stamp.get("at") else None,
        )
        for way, stamp in stamps.items()
    }  # fmt: skip


def alarms_of(endpoint: InboundEndpoint) -> Sequence[Notice]:
    """Return the alarms of the way in that stand now."""
    return open_notices(subject_id=endpoint.id, prefix="inbound.")

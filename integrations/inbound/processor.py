"""Work of kind `inbound_event`: read the matter once for all its waiting events, or log what changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casehug.common import work
from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.connections.holds import CONFIGURATION, PAUSED_IN, RECONNECT, inbound_hold_reason
from integrations.connections.open_api import WORKER_PATIENCE, note_throttle, open_api
from integrations.connections.services import confirm_rejected
from integrations.contract.changes import Change, Kind, MatterState
from integrations.contract.errors import (
    AccessRefused,
    AuthRejected,
    NetworkTrouble,
    NotFound,
    ProviderError,
    Throttled,
)
from integrations.inbound import apply
from integrations.inbound.endpoints import inbound_of
from integrations.inbound.store import open_payload
from integrations.models import Connection, ExternalLink, InboundEvent

MOST_EVENTS = 200
GONE = "The matter no longer exists there."


@dataclass(frozen=True)
class Waiting:
    """What one claim works on: the events of one remote matter with their changes, oldest first, and its link."""

    connection: Connection
    events: Sequence[InboundEvent]
    changes: Sequence[Change]
    link: ExternalLink

    @property
    def polled(self) -> MatterState | None:
        """The newest state the events carry themselves, None when one of them only hints."""
        states = [change.state for change in self.changes if change.state is not None]
        if len(states) < len(self.changes):
            return None
        dated = [state for state in states if state.updated_at is not None]
        return max(dated, key=lambda state: state.updated_at, default=None)  # type: ignore[arg-type, return-value]

    @property
    def explicit(self) -> bool:
        """Whether an event says that stage or status changed, or a person asked for it again."""
        said = any(change.explicit for change in self.changes)
        return said or any(event.replays for event in self.events)


def run_event(item: WorkItem) -> Settlement:
    """Handler of kind `inbound_event`."""
    with firm_scope(item.firm_id):
        found = _prepare(item)
    if isinstance(found, Settlement):
        return found
    try:
        state = found.polled or _read(found, item)
    except NotFound:
        with firm_scope(item.firm_id):
            work.guard(item)
            apply.finish(found.events, InboundEvent.Result.LOGGED, GONE, matter_id=found.link.local_id)
        return work.done()
    except ProviderError as problem:
        return _after(problem, found, item)
    with firm_scope(item.firm_id):
        work.guard(item)
        connection = Connection.objects.get(id=found.connection.id)
        link = apply.matter_link(connection, found.link.external_id)
        if link is None:
            apply.finish(found.events, InboundEvent.Result.NO_MATTER)
        else:
            apply.apply_state(
                connection=connection, link=link, events=found.events, state=state, explicit=found.explicit
            )
    return work.done()


def _prepare(item: WorkItem) -> Waiting | Settlement:
    """Load what waits; everything that needs no reading there is finished here."""
    work.guard(item)
    rows = InboundEvent.objects.filter(subject=item.subject_id, result="").select_related("connection")
    events = list(rows.order_by("received_at", "id")[:MOST_EVENTS])
    if not events:
        return work.done()
    connection: Connection = events[0].connection
    if connection.paused_in:
        return work.hold(reason=PAUSED_IN)
    declared = inbound_of(connection.provider)
    changes: list[Change] = []
    for event in list(events):
        body = _body(event)
        if declared is None or body is None:
            apply.finish([event], InboundEvent.Result.FAILED, "Its content can no longer be opened.")
            events.remove(event)
        else:
            changes.append(declared.change_of(event.headers, body))
    if not events:
        return work.done()
    external_id = events[0].matter_external_id
    if changes[0].kind is not Kind.MATTER_STAGE or events[0].subject == events[0].id:
        for event, change in zip(events, changes, strict=True):
            apply.log_only(connection=connection, event=event, change=change)
        return work.done()
    link = apply.matter_link(connection, external_id)
    if link is None:
        apply.finish(events, InboundEvent.Result.NO_MATTER, "No matter here is linked to it.")
        return work.done()
    reason = inbound_hold_reason(connection)
    return work.hold(reason=reason) if reason else Waiting(connection, events, changes, link)


def _body(event: InboundEvent) -> bytes | None:
    try:
        return open_payload(event)
    except DecryptionError:
        return None


def _read(found: Waiting, item: WorkItem) -> MatterState:
    """Read the matter at the provider, outside any transaction, from the shared budget."""
    declared = inbound_of(found.connection.provider)
    assert declared is not None and declared.read_matter is not None  # only matters wait for a reading
    api = open_api(found.connection, lane=item.lane, patience=WORKER_PATIENCE)
    return declared.read_matter(api, found.link.external_id)


def _after(problem: ProviderError, found: Waiting, item: WorkItem) -> Settlement:
    settlement = after_problem(problem, found.connection, item)
    gives_up = settlement.counts_attempt and item.attempts + 1 >= work.MAX_ATTEMPTS
    if settlement.status == "dead" or gives_up:
        with firm_scope(item.firm_id):
            work.guard(item)
            text = problem.detail or "The matter could not be read at the provider."
            apply.finish(found.events, InboundEvent.Result.FAILED, text, matter_id=found.link.local_id)
    return settlement


def after_problem(problem: ProviderError, connection: Connection, item: WorkItem) -> Settlement:
    """Return how a read that failed leaves its row. Call it outside any transaction."""
    about: dict[str, Any] = {
        "error_class": problem.error_class, "error_code": problem.code, "error_text": problem.detail
    }  # fmt: skip
    if isinstance(problem, Throttled):
        note_throttle(connection, problem)
        return work.wait(seconds=max(1.0, problem.seconds), **about)
    if isinstance(problem, AuthRejected):
        try:
            broken = confirm_rejected(connection=connection, lane=item.lane)
        except ProviderError as unclear:
            return work.retry(error_class=unclear.error_class, error_code=unclear.code, error_text=unclear.detail)
        return work.hold(reason=RECONNECT, **about) if broken else work.retry(**about)
    if isinstance(problem, AccessRefused):
        return work.hold(reason=CONFIGURATION, **about)
    return work.retry(**about) if isinstance(problem, NetworkTrouble) else work.dead(**about)

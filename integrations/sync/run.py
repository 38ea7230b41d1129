"""One run of one matter: the claimed row, its connection, what may be sent, the links known so far, and the clock."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from casehug.common import checkpoints, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.connections.tokens import Held
from integrations.contract.operations import RemoteRef, Step, StepContext
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.outgoing.masking import sent_values
from integrations.sync.outgoing.prepared import Sendable
from integrations.sync.patience import PatientApi
from integrations.sync.records import links, standing
from integrations.sync.records.standing import Standing

STANDING_SECONDS = 1.0
"""How long links, urgency and open writes count as just read; every call of the run ends it before."""

@dataclass
class Run:
    """State of one run in memory. Everything that must survive a crash is written by the step that learned it."""

    item: WorkItem
    connection: Connection
    provider: Provider
    prepared: Sendable
    started: float
    api: PatientApi | None = None
    links: dict[str, ExternalLink] = field(default_factory=dict)
    markers: dict[str, str] = field(default_factory=dict)
    learned: dict[str, Any] = field(default_factory=dict)
    step_key: str = ""
    held: Held | None = None
    """The token as the start of the run read it, until the client is opened."""
    contact: RemoteRef | bool | None = None
    """What the mutex of the client's e-mail said (`ahead.take_contact`); None when it was not asked yet."""
    look_mark: str | None = None
    """What a look for the contact is worth (`contact_keys.look_mark`), read before the look."""
    later: list[Callable[[], None]] = field(default_factory=list)
    """What happened since the last commit and goes with the next one, whatever that is for."""
    _standing: tuple[float, int, Standing] | None = None

    @contextmanager
    def owned(self, *, durable: bool = False) -> Iterator[datetime]:
        """Open a short transaction that first proves we still own the row. Raises `LostClaim`. Yields its time."""
        waiting = list(self.later)
        with firm_scope(self.item.firm_id):
            now = work.guard(self.item, durable=durable)
            for write in waiting:
                write()
            yield now
        del self.later[: len(waiting)]

    @property
    def matter_id(self) -> uuid.UUID:
        """The matter this run is for or belongs to."""
        return self.prepared.matter_id

    def observe(self, point: str) -> None:
        """Tell the checkpoints that a point of the current step was passed (`contact.request.sent`)."""
        checkpoints.reached(f"{self.step_key}.{point}")

    def too_late(self) -> bool:
        """No remote call starts later than this after the claim: the lease must outlive the call."""
        return time.monotonic() - self.started > work.START_WITHIN_SECONDS

    def must_yield(self) -> bool:
        """A step is the unit of pre-emption: let a more urgent row of this connection go first."""
        now = self.standing_now()
        if now is None:
            with self.owned():
                now = self.look()
        return now.urgent

    def gives_way(self) -> bool:
        """Inside the scope, before a write whose look was just noted: let a more urgent row go first even here.

        Once for each record, noted in the row: what is more urgent may be waiting for something else than for us.
        """
        now, calls, note = self.standing_now(), self.api.calls if self.api is not None else [], f"{self.step_key}.way"
        if now is None or not now.urgent or not calls or calls[-1].method != "GET" or note in self.item.step_state:
            return False
        work.save_progress(self.item, step=self.item.step, state={**self.item.step_state, note: True})
        return True

    def records(self) -> dict[str, standing.Record]:
        """Return local type and id of every record this run may send, by step key."""
        return {
            key: (self.prepared.local_type(key), self.prepared.local_id(key))
            for key in (step.key for step in self.provider.operations[self.item.kind].steps)
        }

    def load_links(self) -> None:
        """Read the usable links of this matter (and compute its markers) inside the scope."""
        records = self.records()
        self.markers = {key: marker_for(*record) for key, record in records.items()}
        self.links = links.find_all(connection=self.connection, records=records)

    def look(self) -> Standing:
        """Read the links and how the row stands, inside the scope."""
        self.load_links()
        return self.note(standing.read(self.item, list(self.records().values())))

    def answered(self, *, step: str, **ids: Any) -> bool:
        """Note in the scope that the provider answered and what is done now; False when the row was taken over."""
        found = standing.conclude(
            self.item, step=step, state={**self.item.step_state, **ids}, records=list(self.records().values())
        )  # fmt: skip
        if found is not None:
            self.note(found)
        return found is not None

    def note(self, found: Standing) -> Standing:
        """Keep how the row stands; it counts until the next call."""
        self._standing = (time.monotonic(), self._calls(), found)
        return found

    def standing_now(self) -> Standing | None:
        """Return how the row stands as it was read a moment ago, None when a call was made since then."""
        if self._standing is None:
            return None
        at, calls, found = self._standing
        return found if calls == self._calls() and time.monotonic() - at < STANDING_SECONDS else None

    def _calls(self) -> int:
        return len(self.api.calls) if self.api is not None else 0

    def refs(self) -> Mapping[str, RemoteRef]:
        """Return the known remote records by step key."""
        return {key: RemoteRef(key, link.external_id, link.label) for key, link in self.links.items()}

    def context(self, step: Step, *, changed: frozenset[str] = frozenset()) -> StepContext:
        """Return what a step gets."""
        if self.api is None:
            raise RuntimeError("the provider's client is not open yet")
        return StepContext(
            api=self.api,
            snapshot=self.prepared.snapshot,
            links=self.refs(),
            marker=self.markers[step.key],
            settings=self.connection.settings,
            profile={**self.connection.profile, **self.learned},
            changed=changed,
        )

    def our_values(self) -> set[str]:
        """Return every value this run may send, for masking."""
        return sent_values(self.prepared.snapshot)

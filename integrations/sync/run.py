"""One run of one matter: the claimed row, its connection, what may be sent, the links known so far, and the clock."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from casehug.common import checkpoints, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.contract.operations import RemoteRef, Step, StepContext
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.outgoing.masking import sent_values
from integrations.sync.outgoing.prepared import Sendable
from integrations.sync.patience import PatientApi
from integrations.sync.records import links


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

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Open a short transaction that first proves we still own the row. Raises `LostClaim`."""
        with firm_scope(self.item.firm_id):
            work.guard(self.item)
            yield

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
        with firm_scope(self.item.firm_id):
            return work.higher_lane_waits(self.item)

    def load_links(self) -> None:
        """Read the usable links of this matter (and compute its markers) inside the scope."""
        records = {
            key: (self.prepared.local_type(key), self.prepared.local_id(key))
            for key in (step.key for step in self.provider.operations[self.item.kind].steps)
        }
        self.markers = {key: marker_for(*record) for key, record in records.items()}
        self.links = links.find_all(connection=self.connection, records=records)

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

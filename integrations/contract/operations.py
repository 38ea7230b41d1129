"""Operations and steps: a provider says how to look, act and recognise; the engine keeps the exactly-once promise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from integrations.contract.http import Api, Exchange, OutgoingFile
from integrations.contract.records import SealedBody, Snapshot


@dataclass(frozen=True)
class RemoteRef:
    """A record at the provider: its kind (`contact`, `matter`, `note`), id, and what a person calls it."""

    kind: str
    id: str
    label: str = ""


@dataclass(frozen=True)
class Found:
    """Verified hits of a probe, lowest id first. `same_person` is False for an equal e-mail under another name."""

    refs: tuple[RemoteRef, ...] = ()
    same_person: bool = True


@dataclass(frozen=True)
class Window:
    """Where a reconcile scan may stop: nothing older than `since` (provider time) is ours."""

    since: datetime


@dataclass(frozen=True)
class StepContext:
    """What a step gets: an open client, the sealed snapshot, known links by step key, marker, firm settings, profile.

    `profile` holds what was learned about the connected account: `note_target` (`contact`, `matter`) and `inline_note`
    (absent: not known yet, the engine verifies the first one; True: proven; False: never carry a note inside).
    """

    api: Api
    snapshot: Snapshot
    links: Mapping[str, RemoteRef]
    marker: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    """Keys of `Step.content` that changed since the last confirmed push; an update sends these and nothing else."""


@dataclass(frozen=True)
class Write:
    """One intended write: method, path and sealed body. `carries` names further steps it fulfils (an inline note).

    With a `file` the client's `upload` is called instead of `write` (`contract.http.FileApi`).
    """

    method: str
    path: str
    body: SealedBody
    query: Mapping[str, str] = field(default_factory=dict)
    carries: tuple[str, ...] = ()
    file: OutgoingFile | None = None


class Step(Protocol):
    """One effect at the provider. Pure translation: reads through `context.api`, never stores anything."""

    key: str
    """Step key and kind of its remote record: `contact`, `matter`, `note`. Also the local type of the link."""
    action: str
    """Noun of the operation log: `contact` → `contact.find`, `contact.create`, `contact.update`."""

    def applies(self, context: StepContext) -> bool:
        """Tell whether this snapshot has anything for this step (a note only when there is one to write)."""

    def probe(self, context: StepContext) -> Found | None:
        """Look by the natural key before a create; None when there is none to look by (no read is spent).

        Every hit is verified (finders are fuzzy). Raises `contract.errors` when the answer is neither hit nor miss.
        """

    def create(self, context: StepContext) -> Write:
        """Return the one POST that makes the record."""

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        """Return the PUT for a linked record, or None when this record is never updated."""

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        """Read the linked record after an unanswered update: do the changed values stand there already?"""

    def content(self, context: StepContext) -> Mapping[str, Any]:
        """Return the plain values whose change makes an update necessary (canonical; hashed by the engine)."""

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        """Return the record named in a successful answer, None when the body does not name one of this kind."""

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        """Look for an unanswered write: natural key first and, when `deep`, the newest records of the window."""

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        """Return profile changes that make one more create worth trying after this refusal; empty when none does.

        Example: the account refuses a note inside a contact. Remembered only when the second try is accepted.
        """

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        """Return the step key whose linked record the provider no longer knows, if this refusal says so."""


@dataclass(frozen=True)
class Adoption:
    """Records to link by step key (`contact`, `matter`), and in plain words why one that is missing stays unlinked."""

    refs: Sequence[RemoteRef] = ()
    missing: str = ""


@dataclass(frozen=True)
class Operation:
    """Ordered steps for one kind of work (`sync_matter`).

    `order` may put them in another order for one snapshot. `adopt`, by step key, names records that a confirmed record
    of that step brought into being there (a form makes its own contact and matter); they are linked, not made again.
    `refusal_codes`, by step key: the error code under which a 400 or 422 of that step is explained.
    `ask_person`: steps whose unanswered create is never sent again by itself, however long nothing is found: a person
    decides whether it arrived.
    """

    key: str
    steps: Sequence[Step]
    order: Callable[[Snapshot, Sequence[Step]], Sequence[Step]] | None = None
    adopt: Mapping[str, Callable[[StepContext, RemoteRef], Adoption]] = field(default_factory=dict)
    refusal_codes: Mapping[str, str] = field(default_factory=dict)
    ask_person: frozenset[str] = frozenset()

    def ordered(self, snapshot: Snapshot) -> Sequence[Step]:
        """Return the steps in the order in which they run for this snapshot."""
        return self.order(snapshot, self.steps) if self.order else self.steps

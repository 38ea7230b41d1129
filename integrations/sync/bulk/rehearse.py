"""What the sync of one matter would do, found by running the provider's own steps against nothing: no call is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from integrations.contract.errors import NotFound, ProviderError
from integrations.contract.http import Exchange
from integrations.contract.operations import Operation, RemoteRef, Step, StepContext, Write
from integrations.contract.records import SealedBody
from integrations.models import Connection, ExternalLink
from integrations.registry import provider
from integrations.sync.act import NEVER_FILL
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.outgoing.snapshots import Prepared
from integrations.sync.records import links

CONTACT = "contact"
PLANNED_ID = "(known after the step before)"


class NothingThere:
    """A provider's client that reaches nobody: it counts what would be read and answers that nothing is there."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Count one read; there is nothing."""
        self.reads += 1
        raise NotFound(path, status=404)

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        """A rehearsal sends nothing."""
        raise RuntimeError("a rehearsal sends nothing")

    def error_of(self, exchange: Exchange) -> ProviderError:
        """There is no exchange in a rehearsal."""
        raise RuntimeError("a rehearsal sends nothing")


@dataclass(frozen=True)
class Act:
    """One step that does something. `fewest` and `most` calls; `write` is what it would send.

    An update that first reads what stands there has no `write`: `content` then names the values that may be sent.
    """

    key: str
    verb: str  # create | link | update
    fewest: int
    most: int
    write: Write | None = None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rehearsal:
    """All acts of one matter under one assumption about its contact."""

    acts: tuple[Act, ...]

    @property
    def fewest(self) -> int:
        """The least number of calls."""
        return sum(act.fewest for act in self.acts)

    @property
    def most(self) -> int:
        """The greatest number of calls as long as nothing unexpected is answered."""
        return sum(act.most for act in self.acts)

    @property
    def carried(self) -> bool:
        """Tell whether a write carries another step's record inside."""
        return any(act.write is not None and act.write.carries for act in self.acts)


def operation_of(connection: Connection) -> Operation:
    """Return what the provider of this connection does to sync a matter."""
    return provider(connection.provider).operations["sync_matter"]


def known_links(connection: Connection, prepared: Prepared) -> dict[str, ExternalLink]:
    """Return the usable links of a matter by step key. In the firm scope."""
    steps = operation_of(connection).steps
    return links.find_all(
        connection=connection,
        records={step.key: (prepared.local_type(step.key), prepared.local_id(step.key)) for step in steps},
    )


class _Stage:
    """The rehearsal under way: what is known, what was assumed, what was done."""

    def __init__(self, connection: Connection, prepared: Prepared, known: Mapping[str, ExternalLink]) -> None:
        self.connection, self.prepared, self.known = connection, prepared, known
        self.refs = {key: RemoteRef(key, link.external_id, link.label) for key, link in known.items()}

    def context(self, step: Step, api: NothingThere, changed: frozenset[str] = frozenset()) -> StepContext:
        return StepContext(
            api=api, snapshot=self.prepared.snapshot, links=self.refs, changed=changed,
            marker=marker_for(self.prepared.local_type(step.key), self.prepared.local_id(step.key)),
            settings=self.connection.settings, profile=self.connection.profile,
        )  # fmt: skip

    def look(self, step: Step) -> int:
        """Return how many calls it takes to look for a record that is not there."""
        api = NothingThere()
        try:
            step.probe(self.context(step, api))
        except ProviderError:
            pass  # a look that found nothing
        return api.reads

    def link(self, step: Step, reference: RemoteRef, *, looked: int) -> Act:
        """A record that is there already: linked, and its blanks filled if the firm wants that."""
        self.refs[step.key] = reference
        content = step.content(self.context(step, NothingThere()))
        act = self.update(step, reference, frozenset(content)) or Act(step.key, "link", 0, 0)
        return replace(act, fewest=act.fewest + looked, most=act.most + looked)

    def update(self, step: Step, reference: RemoteRef, changed: frozenset[str]) -> Act | None:
        if not changed:
            return None
        api = NothingThere()
        context = self.context(step, api, changed)
        content = {key: value for key, value in step.content(context).items() if key in changed}
        try:
            write = step.update(context, reference)
        except ProviderError:  # it reads what stands there first, and then sends at most one write
            return Act(step.key, "update", api.reads, api.reads + 1, None, content)
        return Act(step.key, "update", 1, 1, write, content) if write else None

    def create(self, step: Step) -> Act:
        calls, api = self.look(step) + 1, NothingThere()
        try:
            write = step.create(self.context(step, api))
        except ProviderError:  # it first reads what it is sent to, and then sends at most one write
            self.refs[step.key] = RemoteRef(step.key, PLANNED_ID)
            content = step.content(self.context(step, NothingThere()))
            return Act(step.key, "create", calls + api.reads, calls + api.reads, None, content)
        for key in (step.key, *write.carries):
            self.refs[key] = RemoteRef(key, PLANNED_ID)
        return Act(step.key, "create", calls, calls, write)


def rehearse(
    connection: Connection,
    prepared: Prepared,
    known: Mapping[str, ExternalLink],
    *,
    contact: RemoteRef | None = None,
    look: bool = False,
) -> Rehearsal:
    """Return what the sync of a matter would do. `contact`: assume that this contact is there, found by a `look`.

    In the firm scope (markers are keyed per firm). Nothing is read from or sent to the provider.
    """
    stage, acts = _Stage(connection, prepared, known), []
    for step in operation_of(connection).ordered(prepared.snapshot):
        if not step.applies(stage.context(step, NothingThere())):
            continue
        link = known.get(step.key)
        act: Act | None = None
        if link is not None:
            if link.needs_review not in NEVER_FILL and link.external_id:
                changed = links.changed_keys(link, step.content(stage.context(step, NothingThere())))
                act = stage.update(step, stage.refs[step.key], changed)
        elif step.key == CONTACT and contact is not None:
            act = stage.link(step, contact, looked=stage.look(step) if look else 0)
        elif step.key not in stage.refs:
            act = stage.create(step)
        if act is not None:
            acts.append(act)
    return Rehearsal(tuple(acts))

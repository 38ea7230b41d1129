"""One unanswered write and everything needed to recognise it: what was sent, sealed then, and the links known now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from integrations.connections.holds import hold_reason
from integrations.contract.http import Api
from integrations.contract.operations import Found, Operation, RemoteRef, Step, StepContext, Window
from integrations.contract.provider import Provider
from integrations.contract.records import Snapshot
from integrations.models import Connection, ExternalLink, RemoteIntent
from integrations.registry import provider
from integrations.sync import failures
from integrations.sync.messages import message_for
from integrations.sync.operations import of_intent, step_of
from integrations.sync.outgoing import frozen
from integrations.sync.outgoing.masking import sent_values
from integrations.sync.records import calls, links
from integrations.sync.records.calls import Call

FORM = "form"
SAME_TIME = timedelta(seconds=60)


@dataclass(frozen=True)
class Search:
    """A doubt in memory, opened in one short scope; asking the provider happens outside of it."""

    item: WorkItem
    intent: RemoteIntent
    connection: Connection
    provider: Provider
    operation: Operation
    step: Step
    snapshot: Snapshot
    changed: frozenset[str]
    links: dict[str, ExternalLink]

    @property
    def elapsed(self) -> float:
        """Seconds since the write may have left."""
        return (database_now() - self.sent_at).total_seconds()

    @property
    def sent_at(self) -> datetime:
        """When the write may have left at the earliest."""
        return self.intent.sent_at or self.intent.created_at

    @property
    def settle_after(self) -> float:
        """Seconds after the send from which an absence counts."""
        return (self.intent.settle_until - self.sent_at).total_seconds()

    def context(self, api: Api) -> StepContext:
        """Return the context as it was when the write left."""
        refs = {key: RemoteRef(key, link.external_id, link.label) for key, link in self.links.items()}
        return StepContext(
            api=api, snapshot=self.snapshot, links=refs, marker=self.intent.marker,
            settings=self.connection.settings, profile=self.connection.profile, changed=self.changed,
        )  # fmt: skip

    def look(self, context: StepContext, *, deep: bool) -> Found:
        """Ask the provider: does the record (for an update: do the new values) stand there?"""
        if self.intent.verb != "update":
            found = self.step.reconcile(context, Window(since=self.sent_at), deep=deep)
            return self._without_others(found) if self.intent.kind == FORM else found
        link = self.links.get(self.step.key)
        ref = RemoteRef(self.step.key, link.external_id, link.label) if link else None
        return Found((ref,)) if ref and self.step.arrived(context, ref) else Found()

    def _without_others(self, found: Found) -> Found:
        """Take out what another matter's form left: two matters of one client may have submitted the same values."""
        ids, mine = [ref.id for ref in found.refs], self.links.get(FORM)
        with firm_scope(self.item.firm_id):
            rows = ExternalLink.objects.filter(
                remote_firm=self.connection.remote_firm, local_type=FORM, external_id__in=ids,
                created_at__gte=self.sent_at - SAME_TIME,
            )  # fmt: skip
            for taken in rows.exclude(local_id=self.intent.matter_id).values_list("external_id", flat=True):
                shared = mine is not None and mine.external_id == taken  # a contact there can stand for several forms
                gone = ids[-1] if shared and ids else taken
                ids = [one for one in ids if one != gone]
        return Found(tuple(ref for ref in found.refs if ref.id in ids), found.same_person)

    def keep_calls(self, made: Sequence[Call]) -> None:
        """Keep what was asked beside the run whose write is looked for, in a scope of its own."""
        with firm_scope(self.item.firm_id):
            calls.keep(
                made, connection=self.connection, run_id=self.intent.work_item_id, matter_id=self.intent.matter_id,
                attempt=self.intent.probes_done + 1, values=sent_values(self.snapshot), settling=True,
            )  # fmt: skip


def open_search(item: WorkItem, *, outcomes: Sequence[str]) -> Search | Settlement | None:
    """Read the intent of a row inside the scope; a settlement when it has to wait, None for nothing to do."""
    rows = RemoteIntent.objects.filter(id=item.subject_id, outcome__in=outcomes, frozen__isnull=False)
    intent: RemoteIntent | None = rows.select_related("connection").first()
    if intent is None or intent.frozen is None:
        return None
    connection: Connection = intent.connection
    declared = provider(connection.provider)
    reason = hold_reason(connection)
    if reason:
        text = message_for("held", reason, name=declared.name).text
        return work.hold(reason=reason, error_class="held", error_code=reason, error_text=text)
    seconds = failures.breaker_wait(connection)
    if seconds:
        return work.wait(seconds=seconds)
    thawed = frozen.thaw(bytes(intent.frozen), intent_id=intent.id)
    operation, step = step_of(declared, intent)
    known = _links(connection, thawed.snapshot, intent)
    return Search(item, intent, connection, declared, operation, step, thawed.snapshot, thawed.changed, known)


def _links(connection: Connection, snapshot: Snapshot, intent: RemoteIntent) -> dict[str, ExternalLink]:
    if of_intent(intent) is not None:
        own = links.find(connection=connection, local_type=intent.kind, local_id=intent.subject_id)
        return {intent.kind: own} if own else {}
    local = {"contact": ("contact", uuid.UUID(snapshot.contact.local_id))}
    local |= {key: (key, intent.matter_id) for key in ("matter", FORM)}
    if snapshot.note is not None:
        local["note"] = (f"note.{snapshot.note.kind}", intent.matter_id)
    found = {
        key: links.find(connection=connection, local_type=local_type, local_id=local_id)
        for key, (local_type, local_id) in local.items()
    }
    return {key: link for key, link in found.items() if link is not None}

"""The start of a run: recover what an earlier claim left, then read what may be sent, or say why the row stops here."""

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.connections.holds import hold_reason
from integrations.connections.tokens import held_by
from integrations.contract.provider import Provider
from integrations.contract.records import PrivilegeGuard
from integrations.mappings.services import is_preparing
from integrations.models import Connection, SyncLog
from integrations.registry import provider
from integrations.sync import ahead, doubts, failures
from integrations.sync.bulk import seal
from integrations.sync.messages import error_text, message_for
from integrations.sync.operations import SET_UP, NotSendable, NotYet, Outgoing, is_addressable, outgoing
from integrations.sync.outgoing import snapshots
from integrations.sync.outgoing.prepared import NO_MATTER, Sendable
from integrations.sync.records import log
from integrations.sync.run import Run

PREPARING_SECONDS = 1.0


def begin(item: WorkItem, started: float) -> Run | Settlement:
    """Return the run of a claimed row, or a settlement when the row has to stop here."""
    with firm_scope(item.firm_id):
        now = work.guard(item)
        connection: Connection = Connection.objects.get(id=item.connection_id)
        declared, found = provider(connection.provider), outgoing(item.kind)
        stop = _held(connection, declared, found) or doubts.recover(connection=connection, item=item)
        if stop is not None:
            return stop
        seconds = failures.breaker_wait(connection)
        if seconds:
            return work.wait(seconds=seconds, error_class="network",
                             error_text=message_for("network", name=declared.name).text)  # fmt: skip
        if found is None and is_preparing(connection):
            return work.wait(seconds=PREPARING_SECONDS)
        prepared = _record(connection, item, found, declared.name) if found else _matter(connection, item, declared)
        if isinstance(prepared, Settlement):
            return prepared
        run = Run(item, connection, declared, prepared, started)
        standing = run.look()
        first = next(iter(declared.operations[item.kind].ordered(prepared.snapshot)), None)
        if first is not None and first.key == ahead.CONTACT and ahead.CONTACT not in standing.open_kinds:
            ahead.take_contact(run)
        run.held = held_by(connection, now)
        return run


def _held(connection: Connection, declared: Provider, found: Outgoing | None) -> Settlement | None:
    reason = hold_reason(connection)
    if not reason and found is not None and not is_addressable(connection):
        reason = SET_UP
    if not reason:
        return None
    text = message_for("held", reason, name=declared.name).text
    return work.hold(reason=reason, error_class="held", error_code=reason, error_text=text)


def _matter(connection: Connection, item: WorkItem, declared: Provider) -> Sendable | Settlement:
    try:
        prepared = snapshots.read(connection=connection, item=item)
    except snapshots.NoClient:
        return _refuse(connection, item, "no_client", error_text("validation", "no_client", name=declared.name))
    except snapshots.MatterGone:
        return _refuse(connection, item, "matter_gone", error_text("validation", "matter_gone", name=declared.name))
    except PrivilegeGuard as guard:
        return guarded(connection, item, guard, declared.name)
    if prepared.blocker is not None:
        return failures.wait_for_mapping(connection, item, prepared.blocker, declared.name)
    return prepared if seal.covers(item, prepared) else seal.left_out(connection, item)


def _record(connection: Connection, item: WorkItem, found: Outgoing, name: str) -> Sendable | Settlement:
    try:
        return found.read(connection, item)
    except NotYet as early:
        return work.wait(seconds=early.seconds)
    except NotSendable as refusal:
        return _refuse(connection, item, refusal.code, refusal.words)
    except PrivilegeGuard as guard:
        return guarded(connection, item, guard, name)


def _refuse(connection: Connection, item: WorkItem, code: str, text: str) -> Settlement:
    found = outgoing(item.kind)
    log.write(
        connection=connection, item=item, matter_id=NO_MATTER if found else item.subject_id,
        action=f"{found.local_type if found else 'matter'}.prepare", status=SyncLog.Status.FAILED,
        trouble=log.Trouble("validation", code, text),
    )  # fmt: skip
    return work.dead(error_class="validation", error_code=code, error_text=text)


def guarded(connection: Connection, item: WorkItem, guard: PrivilegeGuard, name: str) -> Settlement:
    """A value without an allowed source was on its way out: nothing is sent, and it is on record. In the scope."""
    audit.record(
        action="sync.privilege_guard", object_type=item.subject_type, object_id=item.subject_id,
        changes={"field": str(guard)}, outcome="refused",
    )  # fmt: skip
    return _refuse(connection, item, "privilege_guard", error_text("validation", "privilege_guard", name=name))

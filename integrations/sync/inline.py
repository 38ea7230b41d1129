"""Notes that travel inside our own create of a contact: proven once per account, looked for whenever there is doubt."""

from casehug.audit import services as audit
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.contract.operations import RemoteRef, Step, Window
from integrations.models import Connection, RemoteIntent, SyncLog
from integrations.sync import doubts, intents
from integrations.sync.confirm import confirm
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.records import links, log
from integrations.sync.run import Run

PROFILE_KEY = "inline_note"
NOTE = "note"


def record(run: Run, parent: RemoteIntent) -> None:
    """Settle the note that a confirmed contact carried: proven accounts link it, others are asked. In the scope."""
    if NOTE not in parent.carries:
        return
    kind = run.prepared.local_type(NOTE)
    row = links.lock(connection=run.connection, local_type=kind, local_id=run.matter_id)
    if row is not None and row.broken_at is None:
        return
    if run.connection.profile.get(PROFILE_KEY) is not True:
        open_search(parent, kind=kind)
        return
    run.links[NOTE] = links.save(
        connection=run.connection, local_type=kind, local_id=run.matter_id, ref=RemoteRef(NOTE, ""), how="inline",
        row=row or links.fresh(connection=run.connection, local_type=kind, local_id=run.matter_id),
    )  # fmt: skip
    log.write(
        connection=run.connection, item=run.item, matter_id=run.matter_id, action="note.create",
        status=SyncLog.Status.SUCCESS, intent_id=parent.id,
    )  # fmt: skip
    audit.record(
        action="note.create", object_type=NOTE, object_id=run.matter_id,
        changes={"intent": str(parent.id), "how": "inline"}, remote_id=parent.remote_id,
    )  # fmt: skip


def open_search(parent: RemoteIntent, *, kind: str) -> None:
    """Leave an open intent for a carried note; the note's own step looks for it. `parent` still holds what was sent."""
    if intents.open_for(connection=parent.connection, kind=kind, subject_id=parent.matter_id) is None:
        marker = marker_for(kind, parent.matter_id)
        intents.open_inline(parent=parent, kind=kind, marker=marker, matter_id=parent.matter_id)


def look_for_carried(run: Run, step: Step) -> Settlement | None:
    """Look once for a note that travelled inside its contact. Not found yet: a doubt, never a second note."""
    if step.key != NOTE:
        return None
    with firm_scope(run.item.firm_id):
        intent = intents.open_for(
            connection=run.connection, kind=run.prepared.local_type(NOTE), subject_id=run.matter_id
        )
    if intent is None or intent.sent_at is None:
        return None
    context = run.context(step)
    found = step.reconcile(context, Window(since=intent.sent_at), deep=True)
    with run.owned():
        if found.refs:
            confirm(
                connection=run.connection, item=run.item, step=step, context=context, intent=intent,
                ref=found.refs[0],
            )  # fmt: skip
            remember(run.connection, works=True)
            run.load_links()
            return None
        doubts.open_doubt(
            connection=run.connection, item=run.item, intent=intents.lock(intent.id),
            action="note.create", name=run.provider.name,
        )  # fmt: skip
    return doubts.checking(run.provider.name)


def remember(connection: Connection, *, works: bool) -> None:
    """Keep the first verdict about carried notes for this account, inside the scope."""
    row = Connection.objects.select_for_update().get(id=connection.id)
    if PROFILE_KEY not in row.profile:
        row.profile = {**row.profile, PROFILE_KEY: works}
        row.save(update_fields=["profile", "updated_at"])
    connection.profile = row.profile

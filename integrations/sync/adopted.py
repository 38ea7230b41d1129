"""Records that another one of ours brought into being there: a form makes its own contact and matter. Linked once."""

from django.db import IntegrityError, transaction

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.contract.operations import RemoteRef, Step
from integrations.models import ExternalLink, SyncLog
from integrations.sync.messages import message_for
from integrations.sync.records import contact_keys, links, log
from integrations.sync.run import Run

HOW = "form"
OWN = ("contact", "matter")
ANOTHER = "It used another contact than the one this client is linked to."
TAKEN = "Its matter is linked to another matter here."


def link(run: Run, step: Step) -> Settlement | None:
    """Link what the confirmed record of this step made, and put on record why something stays unlinked.

    A settlement when it is too late in this claim to ask; then the next claim does it.
    """
    operation = run.provider.operations[run.item.kind]
    name = operation.adopt.get(step.key)
    source = run.links.get(step.key)
    if name is None or source is None or all(key in run.links for key in OWN) or _explained(run, step):
        return None
    if run.too_late():
        return work.wait(seconds=0)
    found = name(run.context(step), RemoteRef(step.key, source.external_id, source.label))
    if not found.refs and not found.missing:
        return None
    steps = {one.key: one for one in operation.steps}
    with run.owned():
        reasons = [found.missing, *(_take(run, steps[ref.kind], ref) for ref in found.refs)]
        _explain(run, step, source, [reason for reason in reasons if reason])
        run.load_links()
    return None


def _explained(run: Run, step: Step) -> bool:
    with firm_scope(run.item.firm_id):
        lines = SyncLog.objects.filter(matter_id=run.matter_id, action=f"{step.action}.link")
        return bool(lines.filter(connection=run.connection).exists())


def _take(run: Run, step: Step, ref: RemoteRef) -> str:
    """Link one record; return why not, "" when it is linked. Its content counts as confirmed: no PUT follows."""
    known = run.links.get(step.key)
    if known is not None:
        return "" if known.external_id == ref.id else ANOTHER
    content = {} if step.key == "contact" else step.content(run.context(step))
    try:
        with transaction.atomic():
            made: ExternalLink = links.save(
                connection=run.connection, local_type=run.prepared.local_type(step.key),
                local_id=run.prepared.local_id(step.key), ref=ref, how=HOW, content=content,
            )  # fmt: skip
    except IntegrityError:
        return TAKEN
    if step.key == "contact":
        contact_keys.confirm(
            connection=run.connection, email=run.prepared.email, name=run.prepared.name, external_id=ref.id
        )
    audit.record(
        action=f"{step.action}.linked", object_type=step.key, object_id=made.local_id, remote_id=ref.id,
        changes={"how": HOW},
    )  # fmt: skip
    return ""


def _explain(run: Run, step: Step, source: ExternalLink, reasons: list[str]) -> None:
    if not reasons:
        return
    words = message_for("review", HOW, name=run.provider.name).text
    log.write(
        connection=run.connection, item=run.item, matter_id=run.matter_id, action=f"{step.action}.link",
        status=SyncLog.Status.NOTE, external_id=source.external_id,
        trouble=log.Trouble("review", HOW, " ".join([words, *reasons])),
    )  # fmt: skip

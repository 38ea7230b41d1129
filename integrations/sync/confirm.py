"""Confirm a write: intent, link, operation log and audit in one transaction, whoever found the answer."""

from casehug.audit import services as audit
from casehug.common.models import WorkItem
from integrations.contract.operations import RemoteRef, Step, StepContext
from integrations.models import Connection, ExternalLink, RemoteIntent, SyncLog
from integrations.registry import provider
from integrations.sync import intents
from integrations.sync.messages import message_for
from integrations.sync.operations import of_intent, tell
from integrations.sync.records import links, log

HOW = {"create": "created", "update": "", "inline": "inline"}


def confirm(
    *,
    connection: Connection,
    item: WorkItem,
    step: Step,
    context: StepContext | None,
    intent: RemoteIntent,
    ref: RemoteRef,
    seconds: float | None = None,
    how: str = "",
) -> ExternalLink:
    """Record that a write stands at the provider as `ref`. Inside the firm scope; safe to call twice for one intent.

    `context` is the one it was sent with: its content becomes the fingerprint. None for what a person or an event
    said: then nothing is known of it. When the intent was settled differently
    meanwhile, the link store keeps the lowest of the two records and flags them.
    """
    found = of_intent(intent)
    answered = intent.outcome == RemoteIntent.Outcome.INFLIGHT and intents.answer(intent, remote_id=ref.id)
    if not answered:
        intent = intents.lock(intent.id)
    row = links.lock(connection=connection, local_type=intent.kind, local_id=intent.subject_id)
    known = row if row is not None and row.broken_at is None else None
    if known is not None and not answered:
        if intent.outcome == RemoteIntent.Outcome.APPLIED and intent.remote_id == ref.id:
            return known
    link = links.save(
        connection=connection,
        local_type=intent.kind,
        local_id=intent.subject_id,
        ref=ref if found is None or found.names_record else RemoteRef(ref.kind, "", ref.label),
        how=how or HOW[intent.verb] or (known.how if known else "created"),
        content=step.content(context) if context else None,
        row=row or links.fresh(connection=connection, local_type=intent.kind, local_id=intent.subject_id),
    )
    if not answered:
        intents.close(intent, RemoteIntent.Outcome.APPLIED, remote_id=ref.id)
    action = f"{step.action}.{'create' if intent.verb == 'inline' else intent.verb}"
    # An answer in time has no open line: that is written with the doubt.
    if answered or not log.settle_open(intent_id=intent.id, status=SyncLog.Status.SUCCESS, external_id=ref.id):
        log.write(
            connection=connection, item=item, matter_id=intent.matter_id, action=action,
            status=SyncLog.Status.SUCCESS, external_id=ref.id, seconds=seconds, intent_id=intent.id,
        )  # fmt: skip
    if link.needs_review == links.LATE_DUPLICATE:
        alert_late_duplicate(connection=connection, item=item, intent=intent, link=link, action=step.action)
    audit.record(
        action=action, object_type=step.key, object_id=intent.subject_id, remote_id=ref.id,
        changes={"intent": str(intent.id), "fields": [path for path, *_ in intent.origins], "how": link.how},
    )  # fmt: skip
    if found is not None:
        tell(found.confirmed, connection, intent.subject_id, ref.id)
    return link


def alert_late_duplicate(
    *, connection: Connection, item: WorkItem, intent: RemoteIntent, link: ExternalLink, action: str
) -> None:
    """Put a late duplicate on record with all ids; a person decides, we delete nothing there."""
    name = provider(connection.provider).name
    ids = ", ".join(link.review_ids)
    text = f"{message_for('review', links.LATE_DUPLICATE, name=name).text} Ids: {ids}."
    log.write(
        connection=connection, item=item, matter_id=intent.matter_id, action=f"{action}.duplicate",
        status=SyncLog.Status.NOTE, external_id=link.external_id, intent_id=intent.id,
        trouble=log.Trouble("review", links.LATE_DUPLICATE, text),
    )  # fmt: skip
    audit.record(
        action=f"{action}.late_duplicate", object_type=intent.kind, object_id=intent.subject_id,
        remote_id=link.external_id, changes={"ids": link.review_ids}, outcome="review",
    )  # fmt: skip

"""Act once: intent on disk → one request → confirmed, refused, or in doubt. Nothing here repeats blindly."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.work import Settlement
from integrations.contract.errors import ProviderError, Throttled
from integrations.contract.http import Exchange, Failure, FileApi, Outcome, classify
from integrations.contract.operations import RemoteRef, Step, StepContext, Write
from integrations.mappings.drift import met_gone
from integrations.models import Connection, ExternalLink, RemoteIntent, SyncLog
from integrations.sync import doubts, failures, inline, intents, lighter
from integrations.sync.confirm import confirm
from integrations.sync.messages import error_text
from integrations.sync.outgoing.snapshots import Prepared
from integrations.sync.records import contact_keys, links, log, remarks
from integrations.sync.run import Run

NEVER_FILL = ("ambiguous", "other_name")  # surely not, or not surely, the same person
Build = Callable[[StepContext], Write | None]


@dataclass(frozen=True)
class Sent:
    """One write that left, and what came back."""

    context: StepContext
    intent: RemoteIntent
    write: Write
    exchange: Exchange
    outcome: Outcome
    ref: RemoteRef | None


def create(run: Run, step: Step) -> Settlement | None:
    """POST one record; None when it is confirmed. After three tries that nobody can find there, a person decides."""
    kind, local_id = run.prepared.local_type(step.key), run.prepared.local_id(step.key)
    if run.item.fence > 1:  # in its first claim a row cannot have tried before
        with firm_scope(run.item.firm_id):
            used_up = intents.tries_used_up(item=run.item, kind=kind, subject_id=local_id)
        if used_up:
            text = error_text("network", "gave_up", name=run.provider.name)
            return work.dead(error_class="network", error_code="gave_up", error_text=text)
    return _write(run, step, step.create, changed=frozenset())


def update(run: Run, step: Step, link: ExternalLink) -> Settlement | None:
    """PUT what changed since the last confirmed push; equal content is 0 calls, and staff's own changes stay."""
    if link.needs_review in NEVER_FILL or not link.external_id:
        return None
    ref = RemoteRef(step.key, link.external_id, link.label)
    with firm_scope(run.item.firm_id):
        by_hand = run.item.lane == WorkItem.Lane.BUTTON
        lighter.leave_known(run, step, link, by_hand=by_hand)
        changed = links.changed_keys(link, step.content(run.context(step)), again=by_hand)
        if not changed and isinstance(run.prepared, Prepared) and step.key == "matter":
            remarks.record_fields(connection=run.connection, item=run.item, prepared=run.prepared,
                                  name=run.provider.name)  # fmt: skip
    if not changed:
        return None
    return _write(run, step, lambda context: step.update(context, ref), changed=changed, known=link)


def _write(
    run: Run, step: Step, build: Build, *, changed: frozenset[str], known: ExternalLink | None = None
) -> Settlement | None:
    """Build, send and conclude one write. A refusal may earn another, different body (`lighter`)."""
    ladder = lighter.Ladder()
    while True:
        context = run.context(step, changed=changed)
        write = build(context)
        if write is None:
            _nothing_to_send(run, step, context, known)
            return None
        sent = _send_once(run, step, context, write, known=known)
        if isinstance(sent, Settlement):
            return sent
        if sent.outcome is Outcome.UNKNOWN:
            return _doubt(run, step, sent)
        if sent.outcome is Outcome.APPLIED:
            _applied(run, step, sent)
            return None
        error = _close_refused(run, step, sent)
        lost = step.lost_link(context, sent.exchange)
        if lost and lost in run.links:
            return _lost(run, lost)
        another = ladder.next_body(run, step, context, write, sent.exchange, error)
        if ladder.gone and _met_gone(run, ladder.gone):
            return work.wait(seconds=0)  # it starts again, sees what its mapping lost, and waits for another choice
        if not another:
            break
    return failures.settlement_for(
        error, item=run.item, connection=run.connection, name=run.provider.name, values=run.our_values()
    )


def _met_gone(run: Run, keys: Sequence[str]) -> bool:
    known = set(run.connection.profile.get("gone", ()))
    with run.owned():
        return met_gone(run.connection, [key for key in keys if key not in known])


def _nothing_to_send(run: Run, step: Step, context: StepContext, known: ExternalLink | None) -> None:
    with run.owned():
        if known is not None:
            links.confirm_content(known, step.content(context))
            lighter.remember(run, step, known)
            if isinstance(run.prepared, Prepared) and step.key == "matter":
                remarks.record_fields(connection=run.connection, item=run.item, prepared=run.prepared,
                                      name=run.provider.name)  # fmt: skip


def _send_once(
    run: Run, step: Step, context: StepContext, write: Write, *, known: ExternalLink | None
) -> Sent | Settlement:
    """Commit the intent, then send its one request. `known` is the link of the record an update is for."""
    if run.too_late():
        return work.wait(seconds=0)
    run.observe("intent.before")
    begun = time.monotonic()
    with run.owned(durable=True) as now:
        if run.gives_way():
            return work.wait(seconds=0)
        intent = intents.open_intent(
            connection=run.connection, item=run.item, kind=run.prepared.local_type(step.key),
            verb="update" if known else "create", subject_id=run.prepared.local_id(step.key),
            matter_id=run.matter_id, context=context, write=write, now=now,
        )  # fmt: skip
    run.observe("intent.committed")
    assert_no_transaction()
    if time.monotonic() - begun > intents.send_seconds():
        # A process that woke up late must not fire an old shot: others already count on its silence.
        return _unsent(run, intent)
    try:
        exchange = _leave(context, write)
    except Throttled:
        _unsent(run, intent)
        raise
    ref = step.read_ref(exchange) if exchange.failure is Failure.NONE else None
    if ref is None and known is not None:
        ref = RemoteRef(step.key, known.external_id, known.label)  # an update may answer with an empty body
    return Sent(context, intent, write, exchange, classify(exchange, ref.id if ref else None), ref)


def _leave(context: StepContext, write: Write) -> Exchange:
    if write.file is None:
        return context.api.write(write.method, write.path, write.body, write.query or None)
    carrier: FileApi = context.api  # type: ignore[assignment]  # a provider whose steps send files opens such a client
    return carrier.upload(write.path, write.body, write.file)


def _unsent(run: Run, intent: RemoteIntent) -> Settlement:
    with firm_scope(run.item.firm_id):
        intents.drop(intent)
    return work.wait(seconds=0)


def _applied(run: Run, step: Step, sent: Sent) -> None:
    """Confirm in one transaction. No guard first: the answer to our own intent is a fact, also after losing the row."""
    if sent.ref is None:
        raise RuntimeError("an applied write names its record")
    with firm_scope(run.item.firm_id):
        with log.together():
            link = confirm(
                connection=run.connection, item=run.item, step=step, context=sent.context, intent=sent.intent,
                ref=sent.ref, seconds=sent.exchange.seconds,
            )  # fmt: skip
            inline.record(run, sent.intent)
        run.links[step.key] = link
        if step.key == "contact" and sent.intent.verb == "create":
            contact_keys.confirm(
                connection=run.connection,
                email=run.prepared.email,
                name=run.prepared.name,
                external_id=link.external_id,
            )
        lighter.remember(run, step, link)
        if isinstance(run.prepared, Prepared) and step.key == "matter":
            remarks.record(connection=run.connection, item=run.item, prepared=run.prepared, name=run.provider.name)
        _remember(run)
        mine = run.answered(step=f"{step.key}.confirmed", **{step.key: link.external_id})
    run.observe("confirmed")
    if not mine:
        raise work.LostClaim(str(run.item.id))


def _remember(run: Run) -> None:
    """Keep what an accepted second try proved about the account, inside the scope."""
    if run.learned:
        row = Connection.objects.select_for_update().get(id=run.connection.id)
        row.profile = {**row.profile, **run.learned}
        row.save(update_fields=["profile", "updated_at"])
        run.connection.profile, run.learned = row.profile, {}


def _doubt(run: Run, step: Step, sent: Sent) -> Settlement:
    """No usable answer: it may have arrived. Hold the row and look before anything is repeated."""
    with firm_scope(run.item.firm_id):
        doubts.open_doubt(
            connection=run.connection, item=run.item, intent=intents.lock(sent.intent.id),
            action=f"{step.action}.{sent.intent.verb}", name=run.provider.name,
            http_status=sent.exchange.status, seconds=sent.exchange.seconds,
        )  # fmt: skip
    failures.count_failure(run.item, run.connection)
    return doubts.checking(run.provider.name)


def _close_refused(run: Run, step: Step, sent: Sent) -> ProviderError:
    """Close the intent of a write that certainly did not apply, before any question about it is asked."""
    error = sent.context.api.error_of(sent.exchange)
    code = run.provider.operations[run.item.kind].refusal_codes.get(step.key)
    if code and error.status in (400, 422):
        error.code = code  # what this step is refused for has causes of its own
    trouble = failures.trouble_of(
        error, name=run.provider.name, values=run.our_values(), meanings=failures.meanings(run.connection)
    )
    action = f"{step.action}.{sent.intent.verb}"
    with firm_scope(run.item.firm_id):
        intent = intents.lock(sent.intent.id)
        if intent.outcome in intents.OPEN:
            intents.close(intent, RemoteIntent.Outcome.NOT_APPLIED, error_code=trouble.error_code)
        log.write(
            connection=run.connection, item=run.item, matter_id=run.matter_id, action=action,
            status=SyncLog.Status.FAILED, trouble=trouble, seconds=sent.exchange.seconds, intent_id=intent.id,
        )  # fmt: skip
        audit.record(
            action=action, object_type=step.key, object_id=intent.subject_id, outcome="failed",
            changes={"intent": str(intent.id), "code": trouble.error_code},
        )  # fmt: skip
    return error


def _lost(run: Run, key: str) -> Settlement:
    """The provider no longer knows a linked record: forget the link and start again by looking for it."""
    link = run.links[key]
    with run.owned():
        links.mark_broken(link)
        if key == "contact":
            contact_keys.forget(connection=run.connection, external_id=link.external_id)
        audit.record(
            action=f"{key}.link_lost", object_type=key, object_id=link.local_id, remote_id=link.external_id
        )  # fmt: skip
    text = error_text("validation", "lost_link", name=run.provider.name)
    return work.retry(error_class="validation", error_code="lost_link", error_text=text, seconds=0)

"""What happened to an unanswered write? Look by the natural key and the newest records, before anything repeats.

Found → confirmed and the matter goes on. Absent after the settle time → the matter may send again, same marker; where
absence proves nothing (`Operation.ask_person`) a person decides instead.
"""

import time

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from integrations import queue
from integrations.contract.errors import ProviderError
from integrations.contract.operations import Found, RemoteRef
from integrations.models import RemoteIntent, SyncLog
from integrations.sync import failures, inline, intents
from integrations.sync.decide import ask_person, row_of
from integrations.sync.doubts import CHECKING, DECIDE, scaled
from integrations.sync.messages import error_text
from integrations.sync.operations import proof_of
from integrations.sync.patience import open_patiently
from integrations.sync.records import log
from integrations.sync.searches.found import after_error, record_found
from integrations.sync.searches.late_sweep import run_late_sweep as run_late_sweep
from integrations.sync.searches.search import Search, open_search

PROBES = (2.0, 10.0, 30.0, 60.0)
DEEP_AFTER = 30.0
FIRST_SWEEP = 600.0


def run_reconcile(item: WorkItem) -> Settlement:
    """Handler of kind `reconcile`: settle one doubt, then let its matter go on. Uses up no attempts."""
    started = time.monotonic()
    with firm_scope(item.firm_id):
        found = open_search(item, outcomes=intents.OPEN)
    if found is None:
        return _release(item)
    if isinstance(found, Settlement):
        return found
    elapsed = found.elapsed
    last = elapsed >= found.settle_after
    api = None
    try:
        api = open_patiently(found.connection, lane=item.lane, started=started)
        api.new_look(found.step.key)
        context = found.context(api)
        hits = found.look(context, deep=last or elapsed >= scaled(DEEP_AFTER))
    except ProviderError as error:
        return after_error(found, error)
    finally:
        if api is not None:
            found.keep_calls(api.calls)
    with firm_scope(item.firm_id):
        work.guard(item)
        failures.count_success(found.connection)
        settled = intents.lock(found.intent.id).outcome not in intents.OPEN  # its late answer arrived by itself
        proof = proof_of(found.intent) if not hits.refs else None
        if proof is not None:
            hits = Found((RemoteRef(found.intent.kind, proof),))
        if not settled and not hits.refs and not last:
            RemoteIntent.objects.filter(id=found.intent.id).update(probes_done=found.intent.probes_done + 1)
            return work.wait(seconds=_until_next(elapsed, found.settle_after))
        if not settled:
            if not hits.refs and found.step.key in found.operation.ask_person:
                return _ask(item, found)
            record_found(found, context, hits) if hits.refs else _absent(found)
            queue.enqueue_late_sweep(intent=found.intent, after_seconds=scaled(FIRST_SWEEP))
    return _release(item)


def _until_next(elapsed: float, settle_after: float) -> float:
    """Return the seconds until the next probe of the schedule."""
    due = [point for point in (*map(scaled, PROBES), settle_after) if point > elapsed]
    return max(0.1, (due[0] if due else settle_after) - elapsed)


def _absent(found: Search) -> None:
    """It did not arrive: looked for by both ways after the settle time. The matter may send it again."""
    intent = intents.lock(found.intent.id)
    intents.close(intent, RemoteIntent.Outcome.NOT_APPLIED, error_code=intents.ABSENT)
    text = error_text("network", intents.ABSENT, name=found.provider.name)
    log.settle_open(
        intent_id=intent.id, status=SyncLog.Status.FAILED, trouble=log.Trouble("network", intents.ABSENT, text)
    )
    if intent.verb == "inline":
        inline.remember(found.connection, works=False)
    audit.record(
        action=f"{found.step.action}.not_found", object_type=found.step.key, object_id=intent.subject_id,
        changes={"intent": str(intent.id), "try": intent.try_no}, outcome="failed",
    )  # fmt: skip


def _release(item: WorkItem) -> Settlement:
    """Let the matter of a settled doubt go on. A row that is just being held is asked again in a second."""
    with firm_scope(item.firm_id):
        intent = RemoteIntent.objects.filter(id=item.subject_id).first()
        if intent is None:
            return work.done()
        row = row_of(intent)
        if row is None:
            return work.done()
        if _at_work(row):
            return work.wait(seconds=1)
        work.resume_held(item_id=row.id, reasons=(CHECKING, DECIDE))
        return work.done()


def _at_work(row: WorkItem) -> bool:
    return row.status == "running" and row.lease_until is not None and row.lease_until > database_now()


def _ask(item: WorkItem, found: Search) -> Settlement:
    """It cannot be told whether it arrived, and a second one would be a duplicate: a person decides. In the scope."""
    intent = intents.lock(found.intent.id)
    row = row_of(intent)
    if row is not None and _at_work(row):
        return work.wait(seconds=1)
    ask_person(connection=found.connection, intent=intent, row=row)
    return work.done()

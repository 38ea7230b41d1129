"""Running a confirmed plan: feed its rows into the bulk lane, a few at a time, and keep the results when all ended."""

from collections.abc import Sequence
from typing import Any

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from integrations import queue
from integrations.connections.holds import hold_reason
from integrations.models import BulkRow, BulkRun, Connection
from integrations.sync.bulk import look, plan, seal
from integrations.sync.bulk.outcomes import LEFT, LEFT_OUT, MOVING, UNSENT, trial_positions, with_outcome

TRIAL_ROWS = 5
WINDOW = 200
"""Rows queued at once: enough for any pace, few enough that pausing and stopping take effect at once."""
EVERY_SECONDS = 3.0
Status = BulkRun.Status


def run_bulk(item: WorkItem) -> Settlement:
    """Handler of kind `bulk`: the next piece of whatever its run is at."""
    with firm_scope(item.firm_id):
        run = BulkRun.objects.select_related("connection").filter(id=item.subject_id).first()
    if run is None or run.status in BulkRun.FINAL:
        return work.done()
    if run.status == Status.PLANNING:
        return plan.work_on(item, run)
    if run.status == Status.LOOKING and item.connection_id is not None:
        return look.work_on(item, run)
    return _drive(item) if run.status in BulkRun.ACTIVE else work.done()


def _drive(item: WorkItem) -> Settlement:
    with firm_scope(item.firm_id):
        work.guard(item)
        run = lock(item.subject_id)
        if run.status in (Status.TRIAL, Status.RUNNING) and not hold_reason(run.connection):
            feed(run)
        ended = conclude_if_ended(run)
        waits = run.status == Status.PAUSED or (run.status == Status.TRIAL and trial_over(run))
    # A paused run, and one that waits for the word to continue, is driven again when a person says so.
    return work.done() if ended or waits else work.wait(seconds=EVERY_SECONDS)


def lock(run_id: object) -> BulkRun:
    """Read a run for update."""
    found: BulkRun = BulkRun.objects.select_for_update(of=("self",)).select_related("connection").get(id=run_id)
    return found


def feed(run: BulkRun) -> int:
    """Queue the next rows as ordinary syncs that carry what the plan covers. In the firm scope. Returns how many."""
    waiting = BulkRow.objects.filter(run=run, action__in=BulkRow.SENDING, result="", work_item_id=None)
    if run.status == Status.TRIAL:
        waiting = waiting.filter(position__in=trial_positions(run, TRIAL_ROWS))
    queued = with_outcome(run).filter(work_item_id__isnull=False, outcome__in=MOVING).count()
    rows = list(waiting.order_by("position")[: max(0, WINDOW - queued)])
    live = WorkItem.objects.filter(
        kind=queue.SYNC_MATTER, connection_id=run.connection_id, status__in=WorkItem.LIVE,
        subject_id__in=[row.matter_id for row in rows],
    )  # fmt: skip
    under_way = set(live.values_list("subject_id", flat=True))
    for row in rows:
        if row.matter_id in under_way:
            row.result, row.reason = LEFT_OUT, plan.UNDER_WAY
        else:
            item = queue.enqueue_sync(
                connection=run.connection, matter_id=row.matter_id, lane=WorkItem.Lane.BULK, trigger="bulk",
                actor_id=run.confirmed_by_id, step_state={} if row.again else seal.ticket(row),
            )  # fmt: skip
            row.work_item_id = item.id
    BulkRow.objects.bulk_update(rows, ["work_item_id", "result", "reason"], batch_size=WINDOW)
    return len(rows)


def unqueue(run: BulkRun) -> int:
    """Take back what is queued and has not begun; what has begun ends by itself. In the firm scope. Returns how many.

    A row that somebody else asked for meanwhile (another lane, a newer generation) is theirs and stays.
    """
    mine = WorkItem.objects.filter(
        id__in=BulkRow.objects.filter(run=run, result="").exclude(work_item_id=None).values("work_item_id"),
        status__in=("ready", "held"), lane=WorkItem.Lane.BULK, generation=1, fence=0,
    )  # fmt: skip
    ids = list(mine.select_for_update(skip_locked=True).values_list("id", flat=True))
    WorkItem.objects.filter(id__in=ids).delete()
    return int(BulkRow.objects.filter(run=run, work_item_id__in=ids).update(work_item_id=None))


def trial_over(run: BulkRun) -> bool:
    """Tell whether every row of the trial has ended, and more are to come."""
    places = trial_positions(run, TRIAL_ROWS + 1)
    if len(places) <= TRIAL_ROWS:
        return False  # the trial is the whole run
    return not with_outcome(run).filter(position__in=places[:TRIAL_ROWS], outcome__in=MOVING).exists()


def conclude_if_ended(run: BulkRun) -> bool:
    """Keep every row's result when nothing moves any more. In the firm scope, the run locked. Returns whether it ended.

    A stopped run ends as soon as what had begun has ended; what never began stays unsent.
    """
    if run.status not in (Status.TRIAL, Status.RUNNING, Status.STOPPING):
        return False
    stopping = run.status == Status.STOPPING
    moving = with_outcome(run).filter(outcome__in=MOVING)
    if stopping:
        moving = moving.exclude(outcome=LEFT, work_item_id=None)
    if moving.exists():
        return False
    _keep_results(list(with_outcome(run).filter(result="")))
    run.status = Status.STOPPED if stopping else Status.DONE
    run.finished_at = database_now()
    run.save(update_fields=["status", "finished_at", "updated_at"])
    audit.record(action=f"bulk.{run.status}", object_type="bulk_run", object_id=run.id)
    return True


def _keep_results(rows: Sequence[Any]) -> None:
    for row in rows:
        outcome, text = row.outcome, row.item_error or ""
        row.result = UNSENT if outcome == LEFT else outcome
        row.error_text = text if outcome in ("failed", LEFT_OUT) else ""
        if outcome == LEFT_OUT and row.item_code == seal.CHANGED:
            row.reason = seal.CHANGED
    BulkRow.objects.bulk_update(rows, ["result", "error_text", "reason"], batch_size=500)


def wake(run: BulkRun) -> None:
    """Let a worker drive this run. In the firm scope."""
    queue.enqueue_bulk(run=run, looking=run.status == Status.LOOKING)


def conclude_others(connection: Connection) -> bool:
    """Conclude the active run of a connection if it has ended; return whether one is still active. In the scope."""
    other = BulkRun.objects.filter(connection=connection, status__in=BulkRun.ACTIVE).first()
    return other is not None and not conclude_if_ended(lock(other.id))

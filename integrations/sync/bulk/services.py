"""What people do with a bulk run: confirm, continue, pause, resume, stop, retry, discard. All in the firm scope."""

import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction

from casehug.audit import services as audit
from casehug.common.work import database_now
from integrations.connections.holds import PAUSED as CONNECTION_PAUSED
from integrations.connections.holds import hold_reason
from integrations.models import BulkRow, BulkRun
from integrations.registry import provider
from integrations.sync.bulk import drive, plan, refused, seal
from integrations.sync.bulk.look import start_look, stop_look
from integrations.sync.bulk.outcomes import FAILED, trial_positions
from integrations.sync.bulk.plan import start_plan
from integrations.sync.bulk.refused import BulkRefused

__all__ = [
    "BulkRefused",
    "check_again",
    "confirm",
    "continue_run",
    "discard",
    "pause",
    "resume",
    "retry_failed",
    "start_look",
    "start_plan",
    "stop",
    "stop_look",
]
PLAN_LASTS = timedelta(hours=24)
Status = BulkRun.Status


def sending(run: BulkRun) -> int:
    """Return how many records a plan sends: the number that confirms it."""
    return int(BulkRow.objects.filter(run=run, action__in=BulkRow.SENDING).count())


def confirm(*, run_id: uuid.UUID, typed: str, actor_id: uuid.UUID | None) -> BulkRun:
    """Start a plan: its number was typed, its seal is whole, its mappings stand. The first five go as a trial.

    Raises `BulkRefused`, then nothing was sent. Two presses, or two people, are one start.
    """
    run = drive.lock(run_id)
    _refuse_unless_startable(run, typed)
    name = provider(run.connection.provider).name
    if run.remote_firm != run.connection.remote_firm or run.plan_version != seal.plan_version(run.connection):
        raise BulkRefused(refused.MAPPING.format(name=name))
    if not seal.is_whole(run):
        raise BulkRefused(refused.BROKEN)
    whole = len(trial_positions(run, drive.TRIAL_ROWS + 1)) <= drive.TRIAL_ROWS
    run.status, run.trial_passed = (Status.RUNNING, True) if whole else (Status.TRIAL, False)
    run.confirmed_by_id, run.confirmed_at = actor_id, database_now()
    _activate(run)
    audit.record(
        action="bulk.confirmed", object_type="bulk_run", object_id=run.id,
        changes={"records": sending(run), "seal": bytes(run.seal or b"").hex(), "mappings": run.plan_version},
    )  # fmt: skip
    return run


def _refuse_unless_startable(run: BulkRun, typed: str) -> None:
    name = provider(run.connection.provider).name
    if run.status != Status.PLANNED:
        raise BulkRefused(refused.NOT_PLANNED)
    count = sending(run)
    if not count:
        raise BulkRefused(refused.NOTHING_TO_SEND)
    if typed.replace(",", "").replace(" ", "") != str(count):
        raise BulkRefused(refused.WRONG_NUMBER.format(count=count))
    if run.planned_at is None or database_now() - run.planned_at > PLAN_LASTS:
        raise BulkRefused(refused.STALE)
    reason = hold_reason(run.connection)
    if reason:
        words = refused.PAUSED if reason == CONNECTION_PAUSED else refused.NOT_CONNECTED
        raise BulkRefused(words.format(name=name))


def _activate(run: BulkRun) -> None:
    """Store a run as the one active run of its connection, and wake a worker. The database refuses a second one."""
    if drive.conclude_others(run.connection):
        raise BulkRefused(refused.OTHER_RUNS)
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError:
        raise BulkRefused(refused.OTHER_RUNS) from None
    drive.wake(run)


def continue_run(*, run_id: uuid.UUID) -> BulkRun:
    """Send the rest after the trial. Raises `BulkRefused` while the trial is under way, or when the seal is broken."""
    run = drive.lock(run_id)
    if run.status != Status.TRIAL or not drive.trial_over(run):
        raise BulkRefused(refused.WRONG_MOMENT)
    if not seal.is_whole(run):
        raise BulkRefused(refused.BROKEN)
    run.trial_passed = True
    return _move(run, Status.RUNNING, "bulk.continued")


def pause(*, run_id: uuid.UUID) -> BulkRun:
    """Queue nothing more; what has begun ends. Raises `BulkRefused`."""
    run = drive.lock(run_id)
    if run.status not in (Status.TRIAL, Status.RUNNING):
        raise BulkRefused(refused.WRONG_MOMENT)
    drive.unqueue(run)
    return _move(run, Status.PAUSED, "bulk.paused")


def resume(*, run_id: uuid.UUID) -> BulkRun:
    """Go on where a paused run stopped. Raises `BulkRefused`."""
    run = drive.lock(run_id)
    if run.status != Status.PAUSED:
        raise BulkRefused(refused.WRONG_MOMENT)
    return _move(run, Status.RUNNING if run.trial_passed else Status.TRIAL, "bulk.resumed")


def stop(*, run_id: uuid.UUID) -> BulkRun:
    """End a run: what has begun ends, the rest stays unsent. Raises `BulkRefused`."""
    run = drive.lock(run_id)
    if run.status not in (Status.TRIAL, Status.RUNNING, Status.PAUSED):
        raise BulkRefused(refused.WRONG_MOMENT)
    drive.unqueue(run)
    _move(run, Status.STOPPING, "bulk.stopping")
    drive.conclude_if_ended(run)
    return run


def _move(run: BulkRun, status: str, action: str) -> BulkRun:
    run.status = status
    run.save(update_fields=["status", "trial_passed", "updated_at"])
    audit.record(action=action, object_type="bulk_run", object_id=run.id)
    drive.wake(run)
    return run


def retry_failed(*, run_id: uuid.UUID, actor_id: uuid.UUID | None) -> int:
    """Start every failed record of an ended run again, with the matter as it is now. Raises `BulkRefused`.

    Steps that were confirmed are not repeated. Returns how many.
    """
    run = drive.lock(run_id)
    if run.status not in (Status.DONE, Status.STOPPED):
        raise BulkRefused(refused.WRONG_MOMENT)
    failed = BulkRow.objects.filter(run=run, result=FAILED)
    count = int(failed.update(result="", error_text="", work_item_id=None, again=True))
    if not count:
        raise BulkRefused(refused.NO_FAILURES)
    run.status, run.trial_passed, run.finished_at, run.confirmed_by_id = Status.RUNNING, True, None, actor_id
    _activate(run)
    audit.record(action="bulk.retried", object_type="bulk_run", object_id=run.id, changes={"records": count})
    return count


def discard(*, run_id: uuid.UUID) -> BulkRun:
    """Put a dry run away; nothing was sent by it. Raises `BulkRefused`."""
    run = drive.lock(run_id)
    if run.status not in (Status.PLANNING, Status.LOOKING, Status.PLANNED):
        raise BulkRefused(refused.WRONG_MOMENT)
    run.status, run.finished_at = Status.DISCARDED, database_now()
    run.save(update_fields=["status", "finished_at", "updated_at"])
    audit.record(action="bulk.discarded", object_type="bulk_run", object_id=run.id)
    return run


def check_again(*, run_id: uuid.UUID, actor_id: uuid.UUID | None) -> BulkRun:
    """Make a fresh dry run over the same matters. Raises `BulkRefused`."""
    run = drive.lock(run_id)
    if run.status in (Status.PLANNING, Status.LOOKING, Status.PLANNED):
        discard(run_id=run.id)
    ids = list(BulkRow.objects.filter(run=run).order_by("position").values_list("matter_id", flat=True))
    return plan.start_plan(
        connection=run.connection, matter_ids=ids, choice=run.choice, matched=run.matched,
        name=provider(run.connection.provider).name, actor_id=actor_id,
    )  # fmt: skip

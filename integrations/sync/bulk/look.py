"""Looking the contacts of a plan up at the provider: read-only, one person once, paced by the shared limit."""

import time

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations import queue
from integrations.connections.holds import hold_reason
from integrations.contract.errors import ProviderError
from integrations.contract.operations import Found, Step, StepContext
from integrations.contract.records import PrivilegeGuard
from integrations.models import BulkRow, BulkRun
from integrations.registry import provider
from integrations.sync import failures
from integrations.sync.bulk import plan
from integrations.sync.bulk.refused import WRONG_MOMENT, BulkRefused
from integrations.sync.bulk.rehearse import CONTACT, known_links, operation_of
from integrations.sync.outgoing import snapshots
from integrations.sync.outgoing.masking import sent_values
from integrations.sync.patience import PatientApi, open_patiently
from integrations.sync.records import contact_keys

SLICE_SECONDS = 25.0
AMBIGUOUS, OTHER_NAME = "ambiguous", "other_name"
FAILED = "Looking the contacts up was stopped: {text} What was found so far is kept."


def start_look(*, run_id: object) -> BulkRun:
    """Begin to look up every contact the plan does not know. In the firm scope. Raises `BulkRefused`."""
    run: BulkRun = BulkRun.objects.select_for_update().get(id=run_id)
    if run.status != BulkRun.Status.PLANNED:
        raise BulkRefused(WRONG_MOMENT)
    run.status, run.trouble = BulkRun.Status.LOOKING, ""
    run.save(update_fields=["status", "trouble", "updated_at"])
    queue.enqueue_bulk(run=run, looking=True)
    return run


def stop_look(*, run_id: object) -> BulkRun:
    """End the look-up; what was found is kept. In the firm scope. Raises `BulkRefused`."""
    run: BulkRun = BulkRun.objects.select_for_update().get(id=run_id)
    if run.status != BulkRun.Status.LOOKING:
        raise BulkRefused(WRONG_MOMENT)
    plan.reseal(run)
    return run


def work_on(item: WorkItem, run: BulkRun) -> Settlement:
    """Look up contact after contact for as long as one claim and the limit allow."""
    started = time.monotonic()
    name, values = provider(run.connection.provider).name, set[str]()
    try:
        api = open_patiently(run.connection, lane=item.lane, started=started)
        while time.monotonic() - started < SLICE_SECONDS:
            with firm_scope(item.firm_id):
                work.guard(item)
                row = _next(run)
                if row is None:
                    return work.done()
                try:
                    prepared = plan.read(run, row)
                except (snapshots.NoClient, snapshots.MatterGone, PrivilegeGuard):
                    row.action, row.reason = "left_out", plan.GONE
                    row.save()
                    continue
                context = _context(run, prepared, api)
            values = sent_values(prepared.snapshot)
            api.new_look(CONTACT)
            found = _step(run).probe(context)
            with firm_scope(item.firm_id):
                work.guard(item)
                _note(run, row, prepared, found or Found())
    except ProviderError as error:
        return _trouble(item, run, failures.settlement_for(
            error, item=item, connection=run.connection, name=name, values=values
        ))  # fmt: skip
    return work.wait(seconds=0)


def _step(run: BulkRun) -> Step:
    return next(step for step in operation_of(run.connection).steps if step.key == CONTACT)


def _context(run: BulkRun, prepared: snapshots.Prepared, api: PatientApi) -> StepContext:
    connection = run.connection
    return StepContext(
        api=api, snapshot=prepared.snapshot, links={}, marker="", settings=connection.settings,
        profile=connection.profile,
    )  # fmt: skip


def _next(run: BulkRun) -> BulkRow | None:
    """Return the next row to look for; without one, or when the look-up was stopped, the plan stands again."""
    now = BulkRun.objects.select_for_update().select_related("connection").get(id=run.id)
    if now.status != BulkRun.Status.LOOKING:
        return None
    row: BulkRow | None = BulkRow.objects.filter(run=run, action="either").order_by("position").first()
    if row is None or hold_reason(now.connection):
        plan.reseal(now)
        return None
    return row


def _note(run: BulkRun, row: BulkRow, prepared: snapshots.Prepared, found: Found) -> None:
    """Write down what was found, for every row of this person. A sure hit also spares the sync its own look."""
    now = BulkRun.objects.select_for_update().get(id=run.id)
    if now.status != BulkRun.Status.LOOKING:
        return
    flag = AMBIGUOUS if len(found.refs) > 1 else "" if found.same_person else OTHER_NAME
    if found.refs and not flag:
        row.contact_id = found.refs[0].id
        contact_keys.confirm(
            connection=run.connection, email=prepared.email, name=prepared.name, external_id=row.contact_id
        )
    known = known_links(run.connection, prepared)
    if flag:
        row.action, row.reason = "link", flag  # the sync looks again and flags it: as many calls as planned before
    else:
        plan.decide(now, row, prepared, known, looked=True)
    row.save()


def _trouble(item: WorkItem, run: BulkRun, settlement: Settlement) -> Settlement:
    """Waiting and retrying are the row's own; what needs a person ends the look-up and says so."""
    if settlement.status == "ready":
        return settlement
    with firm_scope(item.firm_id):
        now = BulkRun.objects.select_for_update().get(id=run.id)
        if now.status == BulkRun.Status.LOOKING:
            now.trouble = FAILED.format(text=settlement.error_text)[:500]
            plan.reseal(now)
    return work.done()

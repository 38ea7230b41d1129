"""Bring one matter (or the record of another operation) to the provider, exactly once in effect. Top to bottom:

claim (done by the runner) → recover → read what may be sent → for each step: probe → intent → act → confirm.
Each of these is its own commit, and no transaction is open while a request is under way.
"""

import contextlib
import time
from dataclasses import replace
from functools import partial

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.contract.errors import ProviderError, Throttled
from integrations.contract.operations import Found, RemoteRef, Step
from integrations.contract.records import PrivilegeGuard
from integrations.models import RemoteIntent, SyncLog
from integrations.sync import adopted, ahead, failures, inline
from integrations.sync.act import create, update
from integrations.sync.after_restore import look_first
from integrations.sync.begin import begin, guarded
from integrations.sync.messages import message_for
from integrations.sync.patience import open_patiently
from integrations.sync.records import calls, contact_keys, links, log
from integrations.sync.run import Run

KEY_BUSY_SECONDS, ABSENCE_SECONDS = 2.0, 120.0


def run_sync(item: WorkItem) -> Settlement:
    """Handler of `sync_matter` (contact, matter and note, as far as missing) and of the kinds in `operations`."""
    item.closing.append(partial(contact_keys.release, item=item))
    run = begin(item, time.monotonic())
    if isinstance(run, Settlement):
        return run
    item.closing.append(partial(_let_go, run))
    return _push_all(run)


def _let_go(run: Run) -> None:
    """Write what is left of a run. Inside the scope; what needs the row is left out when another worker has it now."""
    if run.later:
        with contextlib.suppress(work.LostClaim), run.owned():
            pass
    if run.api is not None:
        calls.keep_for(run.item, connection=run.connection, calls=run.api.calls, values=run.our_values())


def _push_all(run: Run) -> Settlement:
    """Run the steps in order; the first that has to stop says how."""
    item, name = run.item, run.provider.name
    step: Step | None = None
    try:
        held, run.held = run.held, None
        run.api = open_patiently(
            run.connection, lane=item.lane, started=run.started, observer=run.observe, held=held
        )  # fmt: skip
        steps = run.provider.operations[item.kind].ordered(run.prepared.snapshot)
        for step in steps:
            made = len(run.api.calls)
            stop = _push(run, step) or adopted.link(run, step)
            if stop is not None:
                return stop
            # Only a step with a call takes time, and after the last one nothing is left to be put off.
            if len(run.api.calls) > made and step is not steps[-1] and run.must_yield():
                return work.wait(seconds=0)
    except ProviderError as error:
        _log_failed_read(run, step, error)
        return failures.settlement_for(
            error, item=item, connection=run.connection, name=name, values=run.our_values()
        )  # fmt: skip
    except PrivilegeGuard as guard:
        with run.owned():
            return guarded(run.connection, item, guard, name)
    return _paced(run, work.done())


def _paced(run: Run, settlement: Settlement) -> Settlement:
    """Keep the least time from call to call of the bulk lane: the lane is closed, no worker waits."""
    if not run.provider.bulk_spacing_ms or run.item.lane != WorkItem.Lane.BULK or run.api is None or not run.api.calls:
        return settlement
    seconds = run.provider.bulk_spacing_ms / 1000 - (calls.now() - run.api.calls[-1].at).total_seconds()
    if seconds <= 0:
        return settlement
    return replace(settlement, after_seconds=max(seconds, settlement.after_seconds), closes_lane=True)


def _push(run: Run, step: Step) -> Settlement | None:
    """Bring one record to the provider: nothing to do, or find it, or create it, or send what changed."""
    run.step_key = step.key
    if run.api is not None:
        run.api.new_look(step.key)
    run.observe("claim.before")
    if ahead.step_ahead(run, step):
        return work.wait(seconds=KEY_BUSY_SECONDS)
    run.observe("claim.after")
    context = run.context(step)
    if not step.applies(context):
        return None
    if step.key in run.links:
        stop = update(run, step, run.links[step.key])
    elif step.key == ahead.CONTACT and isinstance(run.contact, RemoteRef):
        stop = _link(run, step, Found((run.contact,)), how="matched_email")
    else:
        stop = inline.look_for_carried(run, step) or (None if step.key in run.links else _find_or_create(run, step))
    run.observe("settled")
    return stop


def _find_or_create(run: Run, step: Step) -> Settlement | None:
    """Probe where there is something to look by; one or more verified hits are linked, only a miss creates."""
    if run.too_late():
        return work.wait(seconds=0)
    if _just_looked(run, step):
        return create(run, step)
    run.observe("probe.before")
    begun = time.monotonic()
    kept = look_first(run, step)
    found = kept or step.probe(run.context(step))
    run.observe("probe.after")
    if found is None:
        return create(run, step)
    # Nothing is lost if it is not on disk before the next commit, which is the intent's or that of a link.
    run.later.append(partial(_note_look, run, step, found, time.monotonic() - begun, time.time()))
    if not found.refs:
        return create(run, step)
    return _link(run, step, found, how="reconciled" if kept else "matched_email")


def _note_look(run: Run, step: Step, found: Found, seconds: float, at: float) -> None:
    log.write(
        connection=run.connection, item=run.item, matter_id=run.matter_id, action=f"{step.action}.find",
        status=SyncLog.Status.SUCCESS, external_id=found.refs[0].id if found.refs else "", seconds=seconds,
    )  # fmt: skip
    if found.refs:
        failures.count_success(run.connection)
        return
    looked = {f"{step.key}_absent_at": at, f"{step.key}_absent_mark": _look_mark(run)}
    if not run.answered(step=f"{step.key}.absent", **looked):
        raise work.LostClaim(str(run.item.id))


def _just_looked(run: Run, step: Step) -> bool:
    """Tell whether this row looked a moment ago, found nothing, and then only waited for its turn to create.

    An address that was changed meanwhile, or that got a contact meanwhile under another name, is looked for again.
    """
    looked_at = run.item.step_state.get(f"{step.key}_absent_at")
    if not looked_at or time.time() - looked_at > ABSENCE_SECONDS:
        return False
    with firm_scope(run.item.firm_id):
        if run.item.step_state.get(f"{step.key}_absent_mark") != _look_mark(run):
            return False
        sent = RemoteIntent.objects.filter(work_item_id=run.item.id, kind=run.prepared.local_type(step.key))
        return not sent.exists()


def _look_mark(run: Run) -> str:
    if run.look_mark is not None:
        return run.look_mark
    return contact_keys.look_mark(connection=run.connection, email=run.prepared.email)


def _link(run: Run, step: Step, found: Found, *, how: str) -> Settlement | None:
    """Link a record found there. Several hits or another name: linked, nothing filled, flagged for a person."""
    flag = "ambiguous" if len(found.refs) > 1 else "" if found.same_person else "other_name"
    context = run.context(step)
    ids = links.lowest_first(ref.id for ref in found.refs)
    lowest = next(ref for ref in found.refs if ref.id == ids[0])
    with run.owned():
        link = links.save(
            connection=run.connection, local_type=run.prepared.local_type(step.key),
            local_id=run.prepared.local_id(step.key), ref=lowest, how=how,
            content=step.content(context) if flag else {}, needs_review=flag, review_ids=ids if flag else (),
        )  # fmt: skip
        if step.key == "contact" and not flag:
            contact_keys.confirm(
                connection=run.connection, email=run.prepared.email, name=run.prepared.name, external_id=lowest.id
            )
        audit.record(
            action=f"{step.action}.linked", object_type=step.key, object_id=run.prepared.local_id(step.key),
            changes={"how": how, "flag": flag}, remote_id=lowest.id,
        )  # fmt: skip
        if flag:
            log.write(
                connection=run.connection, item=run.item, matter_id=run.matter_id, action=f"{step.action}.link",
                status=SyncLog.Status.NOTE, external_id=lowest.id,
                trouble=log.Trouble("review", flag, message_for("review", flag, name=run.provider.name).text),
            )  # fmt: skip
        work.save_progress(run.item, step=f"{step.key}.linked", state={**run.item.step_state, step.key: lowest.id})
        run.load_links()
    # With "update matched contacts" switched on, the provider fills blanks of a contact that is surely the same person.
    return None if flag else update(run, step, link)


def _log_failed_read(run: Run, step: Step | None, error: ProviderError) -> None:
    if step is None or (isinstance(error, Throttled) and not error.by_provider):
        return
    trouble = failures.trouble_of(error, name=run.provider.name, values=run.our_values())
    with run.owned():
        log.write(
            connection=run.connection, item=run.item, matter_id=run.matter_id, action=f"{step.action}.find",
            status=SyncLog.Status.FAILED, trouble=trouble,
        )  # fmt: skip

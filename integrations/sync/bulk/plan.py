"""The dry run: what would happen to each chosen matter, read from our own tables, without a single call."""

import time
import uuid
from collections.abc import Mapping, Sequence

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.encryption import blind_index
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from casehug.intake.models import Matter, MatterStatus
from integrations import queue
from integrations.connections.open_api import note_throttle
from integrations.contract.errors import ProviderError
from integrations.contract.operations import RemoteRef
from integrations.contract.records import PrivilegeGuard
from integrations.mappings.drift import check_drift
from integrations.models import BulkRow, BulkRun, CatalogueItem, Connection, ContactKey, ExternalLink
from integrations.registry import provider
from integrations.sync.bulk import seal
from integrations.sync.bulk.refused import EMPTY, NOT_CONNECTED, BulkRefused
from integrations.sync.bulk.rehearse import CONTACT, PLANNED_ID, Rehearsal, known_links, rehearse
from integrations.sync.inline import PROFILE_KEY
from integrations.sync.outgoing import snapshots
from integrations.sync.records import contact_keys
from integrations.sync.records.remarks import WITHOUT_STAGE

MOST_ROWS = 5_000
CHUNK = 40
SLICE_SECONDS = 25.0
NO_CLIENT, GONE, ARCHIVED, UNDER_WAY, GUARD = "no_client", "gone", "archived", "under_way", "privilege_guard"
NO_STAGE, FIELD, MAPPING = "no_stage", "field", "mapping"
DRIFT = "drift"
NOT_COMPARED = (
    "The stages and fields of {name} could not be compared before this dry run; it was made with those known before."
)


def start_plan(
    *, connection: Connection, matter_ids: Sequence[uuid.UUID], choice: str, matched: int, name: str,
    actor_id: uuid.UUID | None,
) -> BulkRun:  # fmt: skip
    """Begin a dry run over these matters, in this order. In the firm scope. Raises `BulkRefused`."""
    if connection.state != Connection.State.CONNECTED:
        raise BulkRefused(NOT_CONNECTED.format(name=name))
    wanted = list(dict.fromkeys(matter_ids))[:MOST_ROWS]
    known = set(Matter.objects.filter(id__in=wanted).values_list("id", flat=True))
    ours = [one for one in wanted if one in known]  # of another firm, or invented: not there
    if not ours:
        raise BulkRefused(EMPTY)
    run: BulkRun = BulkRun.objects.create(
        connection=connection, choice=choice[:300], matched=max(matched, len(ours)),
        remote_firm=connection.remote_firm, created_by_id=actor_id,
    )  # fmt: skip
    BulkRow.objects.bulk_create(
        [BulkRow(run=run, position=place, matter_id=one) for place, one in enumerate(ours, 1)], batch_size=1000
    )
    queue.enqueue_bulk(run=run)
    audit.record(action="bulk.dry_run", object_type="bulk_run", object_id=run.id, changes={"matters": len(ours)})
    return run


def work_on(item: WorkItem, run: BulkRun) -> Settlement:
    """Check the next rows for as long as one claim may; the last piece seals the plan."""
    if item.step != DRIFT:
        _compare_account(item, run)
    ends = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < ends:
        with firm_scope(item.firm_id):
            work.guard(item)
            run = BulkRun.objects.select_for_update().get(id=run.id)
            if run.status != BulkRun.Status.PLANNING:
                return work.done()
            rows = list(BulkRow.objects.filter(run=run, action="").order_by("position")[:CHUNK])
            if not rows:
                _conclude(run)
                return work.done()
            _check(run, rows)
    return work.wait(seconds=0)


def _compare_account(item: WorkItem, run: BulkRun) -> None:
    """Read the account's stages and fields once, so that the plan is made with what is there. A few reading calls."""
    trouble = ""
    try:
        check_drift(connection=run.connection, lane=item.lane)
    except ProviderError as problem:
        note_throttle(run.connection, problem)
        trouble = NOT_COMPARED.format(name=provider(run.connection.provider).name)
    with firm_scope(item.firm_id):
        work.save_progress(item, step=DRIFT, state={})
        BulkRun.objects.filter(id=run.id).update(trouble=trouble)


def _conclude(run: BulkRun) -> None:
    run.plan_version = seal.plan_version(run.connection)
    run.seal, run.planned_at, run.status = seal.seal_of(run), database_now(), BulkRun.Status.PLANNED
    run.save()


def reseal(run: BulkRun) -> None:
    """Seal a plan again after what is known about its contacts changed. In the firm scope."""
    run.seal, run.status = seal.seal_of(run), BulkRun.Status.PLANNED
    run.save(update_fields=["seal", "status", "trouble", "updated_at"])


def _check(run: BulkRun, rows: list[BulkRow]) -> None:
    ids = [row.matter_id for row in rows]
    live = WorkItem.objects.filter(
        kind=queue.SYNC_MATTER, connection_id=run.connection_id, subject_id__in=ids, status__in=WorkItem.LIVE
    )
    under_way = set(live.values_list("subject_id", flat=True))
    archived = set(Matter.objects.filter(id__in=ids, status=MatterStatus.ARCHIVED).values_list("id", flat=True))
    stages = CatalogueItem.objects.filter(connection=run.connection, remote_firm=run.remote_firm, kind="stage").exists()
    for row in rows:
        if row.matter_id in under_way or row.matter_id in archived:
            row.action, row.reason = "left_out", UNDER_WAY if row.matter_id in under_way else ARCHIVED
            continue
        check_row(run, row, stages=stages)
        row.save()  # at once: the next row of the same person looks for it
    BulkRow.objects.bulk_update(rows, ["action", "reason"])
    run.save(update_fields=["calls_once", "updated_at"])


def read(run: BulkRun, row: BulkRow) -> snapshots.Prepared:
    """Read what may be sent of a row's matter now, as the sync will read it. Raises as `snapshots.read`."""
    item = WorkItem(subject_id=row.matter_id, lane=WorkItem.Lane.BULK, trigger="bulk")
    return snapshots.read(connection=run.connection, item=item)


def check_row(run: BulkRun, row: BulkRow, *, stages: bool) -> None:
    """Decide what would happen to one matter and what may be sent of it."""
    try:
        prepared = read(run, row)
    except snapshots.NoClient:
        row.action, row.reason = "left_out", NO_CLIENT
        return
    except snapshots.MatterGone:
        row.action, row.reason = "left_out", GONE
        return
    except PrivilegeGuard:
        row.action, row.reason = "left_out", GUARD
        return
    if prepared.blocker is not None:
        row.action, row.reason = "left_out", MAPPING
        return
    known = known_links(run.connection, prepared)
    row.person = _person(prepared)
    row.contact_id = "" if CONTACT in known else _contact_known(run, row, prepared)
    decide(run, row, prepared, known, looked=False)
    row.reason = _remark(prepared, stages=stages) if row.action != "nothing" else ""


def decide(
    run: BulkRun, row: BulkRow, prepared: snapshots.Prepared, known: Mapping[str, ExternalLink], *, looked: bool
) -> None:
    """Write down what happens to a matter, with how many calls, and what of it may be sent. In the firm scope.

    `looked`: its contact was looked for; none was found unless `row.contact_id` says so.
    """
    ways = [rehearse(run.connection, prepared, known)]
    found = RemoteRef(CONTACT, row.contact_id or PLANNED_ID)
    if "matter" in known:
        row.action = "update" if ways[0].acts else "nothing"
    elif CONTACT in known:
        row.action = "link"
    elif row.contact_id:
        row.action, ways = "link", [rehearse(run.connection, prepared, known, contact=found)]
    elif prepared.email and not looked:
        row.action = "either"
        ways.append(rehearse(run.connection, prepared, known, contact=found, look=True))
    else:
        row.action = "create"
    row.calls, row.calls_most = min(one.fewest for one in ways), max(one.most for one in ways)
    row.parts = sorted({act.key for one in ways for act in one.acts} | _carried(ways))
    row.digest = seal.digest_of(prepared, row.parts) if row.parts else None
    if any(one.carried for one in ways) and PROFILE_KEY not in run.connection.profile:
        run.calls_once = 1


def _carried(ways: Sequence[Rehearsal]) -> set[str]:
    return {key for one in ways for act in one.acts if act.write is not None for key in act.write.carries}


def _person(prepared: snapshots.Prepared) -> bytes:
    return blind_index(f"bulk-person:{prepared.email}|{prepared.name if prepared.email else prepared.client_id}")


def _contact_known(run: BulkRun, row: BulkRow, prepared: snapshots.Prepared) -> str:
    """Return the contact that will be known when this row's turn comes: confirmed before, or made by an earlier row."""
    if prepared.email:
        index = blind_index("email:" + prepared.email)
        key = ContactKey.objects.filter(remote_firm=run.remote_firm, email_bidx=index).first()
        confirmed = contact_keys.known_contact(key, name=prepared.name) if key else ""
        if confirmed:
            return confirmed
    earlier = BulkRow.objects.filter(run=run, person=row.person, position__lt=row.position, action__in=BulkRow.SENDING)
    return PLANNED_ID if earlier.exists() else ""


def _remark(prepared: snapshots.Prepared, *, stages: bool) -> str:
    if stages and prepared.target.state in WITHOUT_STAGE:
        return NO_STAGE
    return FIELD if prepared.left_out else ""

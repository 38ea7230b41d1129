"""Hand the rows of a checked list over, a few at a time; can be paused, resumed and cancelled, survives a restart."""

import uuid
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.errors import IntakeError
from casehug.referrals import events
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.models import CaseImport, CaseImportRow, Referral
from casehug.referrals.services.sending import import_case

Status = CaseImport.Status
KIND, SUBJECT = "import_cases", "case_import"
AT_ONCE = 20
"""So many cases wait to be sent at most; a pause then stops the rest."""
PAUSE_SECONDS = 3


def _lock(case_import_id: uuid.UUID) -> CaseImport:
    found: CaseImport | None = CaseImport.objects.select_for_update().filter(id=case_import_id).first()
    if found is None:
        raise NotFound("case_import")
    return found


def _waiting(one: CaseImport) -> Any:
    return CaseImportRow.objects.filter(case_import=one, outcome__in=CaseImportRow.WAITING)


@transaction.atomic
def start_import(*, case_import_id: uuid.UUID) -> CaseImport:
    """Start or resume a checked list; pressing twice changes nothing. Returns the row.

    Raises NotFound, Refused (`no_exchange`, nothing to import, over).
    """
    one = _lock(case_import_id)
    if one.status in (Status.DONE, Status.CANCELLED):
        raise Refused("import_over", "This import is over. Check the list again to import what is left.")
    require_exchange()
    if not _waiting(one).exists():
        raise Refused("nothing_to_import", "No row of this list can be imported. The reasons stand at the rows.")
    if one.status != Status.RUNNING:
        one.status, one.started_at = Status.RUNNING, one.started_at or timezone.now()
        one.save(update_fields=["status", "started_at", "updated_at"])
        record(action="case_import.started", object_type="case_import", object_id=one.id)
    _enqueue(one)
    return one


def _enqueue(one: CaseImport) -> WorkItem:
    return work.enqueue(
        kind=KIND, queue="maintenance", subject_type=SUBJECT, subject_id=one.id, lane=WorkItem.Lane.BUTTON,
        trigger="person", actor_id=current_actor_id(),
    )  # fmt: skip


@transaction.atomic
def pause_import(*, case_import_id: uuid.UUID) -> CaseImport:
    """Stop handing over; what was handed over goes on. Returns the row. Raises NotFound, Refused (not running)."""
    one = _lock(case_import_id)
    if one.status == Status.PAUSED:
        return one
    if one.status != Status.RUNNING:
        raise Refused("import_not_running", "This import is not running.")
    one.status = Status.PAUSED
    one.save(update_fields=["status", "updated_at"])
    record(action="case_import.paused", object_type="case_import", object_id=one.id)
    return one


@transaction.atomic
def cancel_import(*, case_import_id: uuid.UUID) -> CaseImport:
    """End an import: rows not handed over yet are left out. Returns the row. Raises NotFound, Refused (over)."""
    one = _lock(case_import_id)
    if one.status == Status.CANCELLED:
        return one
    if one.status == Status.DONE:
        raise Refused("import_over", "This import is finished.")
    left = _waiting(one).update(outcome=CaseImportRow.Outcome.CANCELLED, updated_at=timezone.now())
    one.status, one.finished_at = Status.CANCELLED, timezone.now()
    one.save(update_fields=["status", "finished_at", "updated_at"])
    record(action="case_import.cancelled", object_type="case_import", object_id=one.id, changes={"left": left})
    return one


@transaction.atomic
def import_chunk(*, case_import_id: uuid.UUID) -> bool:
    """Hand over the next rows in the open scope, as many as may wait to be sent at once. Returns whether to go on.

    A row and its referral are written in one step, so no row is handed over twice. Raises NotFound.
    """
    one = _lock(case_import_id)
    if one.status != Status.RUNNING:
        return False
    in_work = CaseImportRow.objects.filter(case_import=one, referral__state=Referral.State.QUEUED).count()
    rows = _waiting(one).select_related("partner").order_by("line")[: max(0, AT_ONCE - in_work)]
    for row in rows:
        _hand_over(row)
    if not _waiting(one).exists():
        one.status, one.finished_at = Status.DONE, timezone.now()
        one.save(update_fields=["status", "finished_at", "updated_at"])
        record(action="case_import.done", object_type="case_import", object_id=one.id)
        return False
    return True


def _hand_over(row: CaseImportRow) -> None:
    try:
        with transaction.atomic():
            row.referral = _from_matter(row, row.matter_id) if row.matter_id else _from_values(row)
            row.outcome = CaseImportRow.Outcome.HANDED
    except IntakeError as error:
        words = " ".join(error.fields.values()) if isinstance(error, Invalid) else error.message
        row.referral, row.outcome, row.messages = None, CaseImportRow.Outcome.REFUSED, [*row.messages, words]
    row.save()


def _from_matter(row: CaseImportRow, matter_id: uuid.UUID) -> Referral:
    return import_case(
        matter_id=matter_id, case_type=row.values["case_type"], partner_id=row.partner_id,
        suggestions=row.partner_id is None,
    )  # fmt: skip


def _from_values(row: CaseImportRow) -> Referral:
    given, partner = row.values, row.partner
    day = given.get("incident_date")
    referral: Referral = Referral.objects.create(
        direction=Referral.Direction.OUT, state=Referral.State.QUEUED, is_import=True, suggestions=partner is None,
        partner=partner, partner_name=partner.name if partner else "", provider=require_exchange().key,
        case_type=given["case_type"], incident_date=date.fromisoformat(day) if day else None,
        requested_at=timezone.now(), created_by_id=current_actor_id(),
        **{name: given.get(name, "") for name in ("first_name", "last_name", "email", "phone", "place", "summary")},
    )  # fmt: skip
    events.about_case("import_requested", referral)
    record(action="referral.import_requested", object_type="referral", object_id=referral.id)
    return referral


def resume_left_behind() -> None:
    """Give every running import its work row again; one that has it changes nothing. Called by the tick."""
    for one in CaseImport.objects.filter(status=Status.RUNNING):
        _enqueue(one)


def run_import(item: Any) -> work.Settlement:
    """Work handler `import_cases`: hand some rows over, then let others in and go on."""
    try:
        with firm_scope(item.firm_id):
            go_on = import_chunk(case_import_id=item.subject_id)
    except NotFound as error:
        return work.dead(error_class="validation", error_code=error.code, error_text=error.message)
    return work.wait(seconds=PAUSE_SECONDS) if go_on else work.done()

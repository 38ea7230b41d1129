"""The import itself: works from the stored rows of a check, each row by itself, and can be stopped and resumed."""

import time
import uuid
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.errors import IntakeError, NotFound
from casehug.intake.imports.create import create_from_row
from casehug.intake.models import CaseType, ImportBatch, ImportRow, Matter

log = structlog.get_logger(__name__)
CHUNK = 25  # rows per transaction: the firm's audit chain is locked as long as one runs
WORK_SECONDS = 40.0


def _explain(row: ImportRow, outcome: str, code: str, text: str) -> None:
    row.outcome = outcome
    row.messages = [*row.messages, {"level": "error", "column": "", "code": code, "text": text}]
    row.save(update_fields=["outcome", "messages", "updated_at"])


def _taken_meanwhile(row: ImportRow) -> bool:
    """Tell whether the reference came in by another way since the check, and say so on the row."""
    if not row.source_reference or not Matter.objects.filter(source_reference=row.source_reference).exists():
        return False
    same = ImportRow.objects.filter(
        source_reference=row.source_reference, content_hash=row.content_hash, outcome=ImportRow.Outcome.IMPORTED
    ).exists()
    outcome = ImportRow.Outcome.DUPLICATE if same else ImportRow.Outcome.DIFFERENT
    _explain(row, outcome, "taken_meanwhile", "A matter with this reference was created after the file was checked.")
    return True


def _import_row(row: ImportRow, case_types: dict[str, CaseType]) -> None:
    try:
        with transaction.atomic():
            if _taken_meanwhile(row):
                return
            matter = create_from_row(row, case_types)
            row.outcome, row.matter = ImportRow.Outcome.IMPORTED, matter
            row.save(update_fields=["outcome", "matter", "updated_at"])
    except IntakeError as error:
        reasons = " ".join(getattr(error, "fields", {}).values()) or error.message
        _explain(row, ImportRow.Outcome.FAILED, error.code, reasons)
    except DatabaseError as error:
        log.warning("import.row.failed", line=row.line, error=type(error).__name__)
        _explain(row, ImportRow.Outcome.FAILED, "database", "The database refused this row. Import the file again.")


def _lock(batch_id: uuid.UUID) -> ImportBatch:
    batch: ImportBatch | None = ImportBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise NotFound("import")
    return batch


def import_chunk(*, batch_id: uuid.UUID, size: int = CHUNK) -> int:
    """Import the next rows of a checked file in the open firm scope; returns how many are left.

    Two runs of one batch take turns; a row is never imported twice. Raises NotFound.
    """
    with transaction.atomic():
        batch = _lock(batch_id)
        rows = ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.READY)
        if batch.status == ImportBatch.Status.CHECKED:
            batch.status, batch.started_at = ImportBatch.Status.IMPORTING, timezone.now()
            batch.save(update_fields=["status", "started_at", "updated_at"])
        case_types = {case_type.key: case_type for case_type in CaseType.objects.all()}
        for row in rows.order_by("line")[:size]:
            _import_row(row, case_types)
        left: int = rows.count()
        if not left and batch.status != ImportBatch.Status.DONE:
            _finish(batch)
    return left


def _finish(batch: ImportBatch) -> None:
    batch.status, batch.finished_at = ImportBatch.Status.DONE, timezone.now()
    batch.save(update_fields=["status", "finished_at", "updated_at"])
    imported = ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.IMPORTED).count()
    record(action="import.done", object_type="import", object_id=batch.id, changes={"imported": imported})


def import_intakes(*, firm_id: uuid.UUID, batch_id: uuid.UUID, seconds: float = 0.0) -> bool:
    """Import a checked file, a transaction per few rows. Call it outside any scope.

    Stops after `seconds` (0 = never); returns whether everything is done. Raises NotFound.
    """
    until = time.monotonic() + seconds
    while True:
        with firm_scope(firm_id):
            left = import_chunk(batch_id=batch_id)
        if not left:
            return True
        if seconds and time.monotonic() > until:
            return False


def start_import(*, batch_id: uuid.UUID) -> WorkItem:
    """Hand a checked file to the workers, in the open firm scope; pressing twice changes nothing. Raises NotFound."""
    with transaction.atomic():
        batch = _lock(batch_id)
        if batch.status == ImportBatch.Status.CHECKED:
            batch.status, batch.started_at = ImportBatch.Status.IMPORTING, timezone.now()
            batch.save(update_fields=["status", "started_at", "updated_at"])
            record(action="import.started", object_type="import", object_id=batch.id)
        return work.enqueue(
            kind="import_intakes",
            queue="maintenance",
            subject_type="import",
            subject_id=batch.id,
            lane=WorkItem.Lane.BUTTON,
            trigger="person",
            actor_id=current_actor_id(),
        )


def run_import(item: Any) -> work.Settlement:
    """Work handler `import_intakes`: import for a while, then let others in and go on."""
    try:
        finished = import_intakes(firm_id=item.firm_id, batch_id=item.subject_id, seconds=WORK_SECONDS)
    except NotFound as error:
        return work.dead(error_class="validation", error_code=error.code, error_text=error.message)
    return work.done() if finished else work.wait(seconds=0)

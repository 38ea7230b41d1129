"""The import itself: works from the stored rows of a check; no bad row stops another; can be stopped and resumed."""

import time
import uuid
from collections.abc import Sequence
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
from casehug.intake.imports.create import create_from_rows, reason_of
from casehug.intake.models import CaseType, ImportBatch, ImportRow, Matter

log = structlog.get_logger(__name__)
CHUNK = 50  # rows per transaction: the firm's audit chain is locked as long as one runs
WORK_SECONDS = 40.0


def _explain(row: ImportRow, outcome: str, code: str, text: str) -> None:
    row.outcome, row.matter = outcome, None
    row.messages = [*row.messages, {"level": "error", "column": "", "code": code, "text": text}]
    row.save(update_fields=["outcome", "messages", "matter", "updated_at"])


def _set_taken_apart(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Explain the rows whose reference came in by another way since the check; return the others."""
    references = {row.source_reference for row in rows if row.source_reference}
    taken = set(Matter.objects.filter(source_reference__in=references).values_list("source_reference", flat=True))
    imported = ImportRow.objects.filter(source_reference__in=taken, outcome=ImportRow.Outcome.IMPORTED)
    contents = set(imported.values_list("source_reference", "content_hash")) if taken else set()
    for row in rows:
        if row.source_reference in taken:
            same = (row.source_reference, row.content_hash) in contents
            outcome = ImportRow.Outcome.DUPLICATE if same else ImportRow.Outcome.DIFFERENT
            text = "A matter with this reference was created after the file was checked."
            _explain(row, outcome, "taken_meanwhile", text)
    return [row for row in rows if row.source_reference not in taken]


def _import_rows(rows: Sequence[ImportRow], case_types: dict[str, CaseType]) -> None:
    """Create all rows at once; when that fails, halve them until only the row that fails is left out."""
    if not rows:
        return
    try:
        create_from_rows(rows, case_types)
    except (IntakeError, DatabaseError) as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            _import_rows(rows[:middle], case_types)
            _import_rows(rows[middle:], case_types)
        elif isinstance(error, IntakeError):
            _explain(rows[0], ImportRow.Outcome.FAILED, error.code, reason_of(error))
        else:
            log.warning("import.row.failed", seq=rows[0].line, exc_info=True)
            text = "The database refused this row. Import the file again."
            _explain(rows[0], ImportRow.Outcome.FAILED, "database", text)


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
        _import_rows(_set_taken_apart(list(rows.order_by("line")[:size])), case_types)
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

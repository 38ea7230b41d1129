"""The only view of a matter that may leave the firm: what the client submitted and the named case fields."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from casehug.intake.errors import NotFound
from casehug.intake.models import Answer, Document, DocumentStatus, Matter, Submission

# What staff typed in themselves is not a client's submission and stays here.
LEAVING_SOURCES = (Submission.Source.PORTAL, Submission.Source.CSV_IMPORT)


@dataclass(frozen=True)
class SubmittedAnswer:
    """One submitted answer with its provenance."""

    question_key: str
    label: str
    value: str
    submission_id: uuid.UUID
    source: str


@dataclass(frozen=True)
class MatterForSync:
    """Identity, case fields and submitted answers of one matter. No notes, description, remarks or files."""

    matter_id: uuid.UUID
    title: str
    practice_area: str
    case_type_key: str
    case_type_name: str
    status: str
    intake_completed_at: datetime | None
    created_at: datetime
    client_id: uuid.UUID | None
    client_first_name: str
    client_last_name: str
    client_email: str
    client_phone: str
    answers: tuple[SubmittedAnswer, ...]
    completed_items: tuple[str, ...]
    open_items: tuple[str, ...]


def _answers(matter_id: uuid.UUID) -> tuple[SubmittedAnswer, ...]:
    rows = Answer.objects.filter(
        submission__matter_id=matter_id,
        submission__source__in=LEAVING_SOURCES,
        submission__submitted_at__isnull=False,
    )
    found = rows.order_by("submission__submitted_at", "id").values_list(
        "question_key", "label", "value", "submission_id", "submission__source"
    )
    return tuple(SubmittedAnswer(*row) for row in found)


def matter_for_sync(matter_id: uuid.UUID) -> MatterForSync:
    """Return what may leave the firm about one matter, as of now. Raises NotFound.

    Answers count once the client has sent them; when two submissions answer one question, the later comes last.
    """
    matter = Matter.objects.select_related("client", "case_type").filter(id=matter_id).first()
    if matter is None:
        raise NotFound("matter")
    items = list(
        Document.objects.filter(matter_id=matter_id).order_by("position").values_list("name", "status", "required")
    )
    client = matter.client
    return MatterForSync(
        matter_id=matter.id,
        title=matter.title,
        practice_area=matter.practice_area,
        case_type_key=matter.case_type.key,
        case_type_name=matter.case_type.name,
        status=matter.status,
        intake_completed_at=matter.intake_completed_at,
        created_at=matter.created_at,
        client_id=client.id if client else None,
        client_first_name=client.first_name if client else "",
        client_last_name=client.last_name if client else "",
        client_email=client.email if client else "",
        client_phone=client.phone_display if client else "",
        answers=_answers(matter_id),
        completed_items=tuple(name for name, status, _ in items if status == DocumentStatus.APPROVED),
        open_items=tuple(name for name, status, required in items if required and status != DocumentStatus.APPROVED),
    )

"""The only view of a matter that may leave the firm: what the client submitted and the named case fields."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from casehug.common.scope import current_firm_id
from casehug.intake.errors import NotFound
from casehug.intake.models import DocumentStatus, Submission
from casehug.intake.models.clients import full_number

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


# Plain SQL: every sync begins with these three, and nothing but the columns named here is read.
_MATTER = """
    SELECT m.id, m.title, m.practice_area, t.key, t.name, m.status, m.intake_completed_at, m.created_at, c.id,
        c.first_name, c.last_name, c.email, c.phone, c.phone_extension
    FROM intake_matter m JOIN intake_casetype t ON t.firm_id = m.firm_id AND t.id = m.case_type_id
    LEFT JOIN intake_client c ON c.firm_id = m.firm_id AND c.id = m.client_id
    WHERE m.firm_id = %s AND m.id = %s"""
_ITEMS = "SELECT name, status, required FROM intake_document WHERE firm_id = %s AND matter_id = %s ORDER BY position"
_ANSWERS = """
    SELECT a.question_key, a.label, a.value, a.submission_id, s.source
    FROM intake_submission s JOIN intake_answer a ON a.firm_id = s.firm_id AND a.submission_id = s.id
    WHERE s.firm_id = %s AND s.matter_id = %s AND s.source = ANY(%s) AND s.submitted_at IS NOT NULL
    ORDER BY s.submitted_at, a.id"""


def matter_for_sync(matter_id: uuid.UUID) -> MatterForSync:
    """Return what may leave the firm about one matter, as of now. Raises NotFound.

    Answers count once the client has sent them; when two submissions answer one question, the later comes last.
    """
    own = [current_firm_id(), matter_id]
    with connection.cursor() as cursor:
        cursor.execute(_MATTER, own)
        row = cursor.fetchone()
        if row is None:
            raise NotFound("matter")
        cursor.execute(_ITEMS, own)
        items = cursor.fetchall()
        cursor.execute(_ANSWERS, [*own, [str(source) for source in LEAVING_SOURCES]])
        answers = tuple(SubmittedAnswer(*answer) for answer in cursor.fetchall())
    found, title, area, type_key, type_name, status, completed_at, created_at = row[:8]
    client_id, first_name, last_name, email, phone, extension = row[8:]
    return MatterForSync(
        matter_id=found,
        title=title,
        practice_area=area,
        case_type_key=type_key,
        case_type_name=type_name,
        status=status,
        intake_completed_at=completed_at,
        created_at=created_at,
        client_id=client_id,
        client_first_name=first_name or "",
        client_last_name=last_name or "",
        client_email=email or "",
        client_phone=full_number(phone or "", extension or ""),
        answers=answers,
        completed_items=tuple(name for name, status, _ in items if status == DocumentStatus.APPROVED),
        open_items=tuple(name for name, status, required in items if required and status != DocumentStatus.APPROVED),
    )

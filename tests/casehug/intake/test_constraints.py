"""What the database itself refuses, whatever the code above it does."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import (
    Answer,
    CaseType,
    Client,
    Document,
    ImportBatch,
    ImportRow,
    IntakeLink,
    Matter,
    Note,
    StatusChange,
    Submission,
    Upload,
)
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter

BAD: list[tuple[str, Callable[[Matter], Any]]] = [
    ("client_has_a_name", lambda m: Client.objects.create(first_name="", last_name="")),
    ("matter_status", lambda m: Matter.objects.update(status="lost")),
    ("matter_practice_area", lambda m: Matter.objects.update(practice_area="tax")),
    ("matter_has_title", lambda m: Matter.objects.update(title="")),
    ("matter_state_code", lambda m: Matter.objects.update(state="Te")),
    ("matter_approved_is_complete", lambda m: Matter.objects.update(intake_approved_at=timezone.now())),
    ("casetype_key_once", lambda m: CaseType.objects.create(key="other", name="O", practice_area="other")),
    ("casetype_practice_area", lambda m: CaseType.objects.create(key="t", name="T", practice_area="tax")),
    ("statuschange_differs", lambda m: StatusChange.objects.create(matter=m, from_status="active", to_status="active")),
    ("document_rejection_has_reason", lambda m: Document.objects.update(status="rejected", decided_at=timezone.now())),
    ("document_decision_has_time", lambda m: Document.objects.update(status="approved")),
    ("document_size_limit", lambda m: Document.objects.update(max_size_mb=0)),
    ("document_key_once_per_matter", lambda m: Document.objects.create(matter=m, key="photo_id", name="x")),
    ("submission_source", lambda m: Submission.objects.create(matter=m, source="mail")),
    ("submission_import_is_whole", lambda m: Submission.objects.create(matter=m, source="csv_import")),
    ("note_has_body", lambda m: Note.objects.create(matter=m, body="")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "act"), BAD, ids=[name for name, _ in BAD])
def test_the_database_refuses(matter: Matter, name: str, act: Callable[[Matter], Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act(matter)


def test_one_live_link_and_one_submission_per_source(matter: Matter) -> None:
    later = timezone.now()
    IntakeLink.objects.create(matter=matter, token_hash=b"1" * 32, expires_at=later)
    with pytest.raises(IntegrityError, match="intakelink_one_per_matter"), transaction.atomic():
        IntakeLink.objects.create(matter=matter, token_hash=b"2" * 32, expires_at=later)
    submission = Submission.objects.create(matter=matter, source="portal")
    with pytest.raises(IntegrityError, match="submission_one_per_source"), transaction.atomic():
        Submission.objects.create(matter=matter, source="portal")
    Answer.objects.create(submission=submission, question_key="a", label="A", answered_at=later)
    with pytest.raises(IntegrityError, match="answer_once"), transaction.atomic():
        Answer.objects.create(submission=submission, question_key="a", label="A", answered_at=later)


def test_a_reference_names_one_matter(divorce: CaseType) -> None:
    one = create_matter(title="A", case_type_id=divorce.id, source_reference="REF-1")
    two = create_matter(title="B", case_type_id=divorce.id)
    with pytest.raises(IntegrityError, match="matter_reference_once"), transaction.atomic():
        Matter.objects.filter(id=two.id).update(source_reference=one.source_reference)


def test_an_upload_is_whole_and_an_imported_row_has_its_matter(matter: Matter) -> None:
    document = Document.objects.filter(matter=matter)[0]
    good: dict[str, Any] = {
        "document": document, "path": "a/b", "filename": "a.pdf", "content_type": "application/pdf",
        "size_bytes": 1, "sha256": "0" * 64, "uploaded_at": timezone.now(),
    }  # fmt: skip
    for change, name in (
        ({"size_bytes": 0}, "upload_not_empty"),
        ({"sha256": "x"}, "upload_sha256"),
        ({"source": "web"}, "upload_source"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Upload.objects.create(**(good | change))
    batch = ImportBatch.objects.create(filename="a", sha256="0" * 64, size_bytes=1, encoding="utf-8", delimiter=",")
    with pytest.raises(IntegrityError, match="importrow_imported_has_matter"), transaction.atomic():
        ImportRow.objects.create(batch=batch, line=2, outcome="imported")


def test_keys_to_another_firm_are_refused_by_the_database(firm: Firm, other_firm: Firm) -> None:
    with firm_scope(other_firm.id):
        theirs = create_client(first_name="Eve", last_name="Else")
    with firm_scope(firm.id):
        matter = create_matter(title="Ours", case_type_id=CaseType.objects.get(key="other").id)
        with pytest.raises(IntegrityError, match="same_firm"), transaction.atomic():
            Matter.objects.filter(id=matter.id).update(client_id=theirs.id)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_history_cannot_be_rewritten(matter: Matter) -> None:
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        StatusChange.objects.filter(matter=matter).update(source="lawmatics")


def test_the_resolver_returns_ids_and_nothing_else(matter: Matter) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_intake_link(%s)", [b"x" * 32])
        assert [column.name for column in cursor.description or ()] == ["firm_id", "link_id", "matter_id"]
        assert cursor.fetchall() == []
    assert isinstance(matter.id, uuid.UUID)

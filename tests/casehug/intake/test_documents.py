"""Uploads, decisions on documents, and the approval of an intake that follows from them."""

import io
import threading
import uuid
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.data.document_kinds import CSV, DOCX, HEIC, JPEG, PDF, PNG, TEXT, XLSX
from casehug.intake.errors import Invalid, Refused
from casehug.intake.files import detect_kind, safe_filename
from casehug.intake.models import CaseType, Document, DocumentStatus, Matter, Upload
from casehug.intake.services.approval import approve_intake
from casehug.intake.services.documents import (
    approve_document,
    reject_document,
    request_document,
    reverse_decision,
    set_document_required,
)
from casehug.intake.services.matters import archive_matter, create_matter
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.services.uploads import remove_orphans, remove_upload, upload_document, upload_path
from casehug.outbox.models import OutboxEvent
from tests.casehug.intake.conftest import PDF_BYTES, REQUIRED_ANSWERS

Give = Callable[..., Document]
Published = Callable[[], list[str]]


def packed(*names: str) -> bytes:
    """Return a zip archive with these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return sink.getvalue()


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def first_item(matter: Matter) -> Document:
    found: Document = Document.objects.filter(matter=matter, required=True).order_by("position")[0]
    return found


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF_BYTES, "a.exe", PDF),
        (b"\xff\xd8\xff\xe0" + b"x" * 20, "a.jpg", JPEG),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 20, "a.png", PNG),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "a.heic", HEIC),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "a.heic", None),
        (packed("[Content_Types].xml", "word/document.xml"), "a.docx", DOCX),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", XLSX),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx", None),
        (packed("a.txt"), "a.docx", None),
        (b"PK\x03\x04 broken", "a.docx", None),
        ("Grüße\nan alle".encode(), "a.txt", TEXT),
        ("Grüße".encode("cp1252"), "a.txt", TEXT),
        (b"a,b\n1,2\n", "a.csv", CSV),
        (b"<html><script>alert(1)</script>", "a.txt", None),
        (b"#!/bin/sh\n", "a.txt", None),
        (b"MZ\x90", "a.txt", None),
        (b"a\x00b", "a.txt", None),
        (b"\x1f\x8b\x08", "a.txt", None),
    ],
)
def test_the_kind_of_a_file_is_told_by_its_content(tmp_path: Path, content: bytes, name: str, kind: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert detect_kind(path, name) == kind


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\Users\\a\\scan.PDF", PDF, "scan.PDF"),
        ("page.jpeg", JPEG, "page.jpeg"),
        ("evil\u202efdp.exe", PDF, "evilfdp.exe.pdf"),
        ('a"b\r\nc.pdf', PDF, "a_b c.pdf"),
        ("", PNG, "document.png"),
        ("x" * 300 + ".pdf", PDF, "x" * 200 + ".pdf"),
    ],
)
def test_file_names_are_made_harmless(given: str, kind: str, kept: str) -> None:
    assert safe_filename(given, kind) == kept


def test_an_upload_is_stored_outside_every_name_it_came_with(matter: Matter, give: Give, media: Path) -> None:
    document = give(first_item(matter))
    upload = Upload.objects.get()
    assert document.status == DocumentStatus.UPLOADED
    assert (upload.content_type, upload.size_bytes, upload.page, upload.current) == (PDF, len(PDF_BYTES), 1, True)
    path = upload_path(upload)
    assert path.read_bytes() == PDF_BYTES
    assert path.is_relative_to(media / str(matter.firm_id))
    assert "scan" not in str(path)
    assert path.stat().st_mode & 0o077 == 0


def test_several_files_become_the_pages_of_one_item(matter: Matter, give: Give) -> None:
    document = give(first_item(matter))
    give(document, PDF_BYTES + b"2")
    give(document, PDF_BYTES)  # the same file again is not a new page
    assert list(Upload.objects.order_by("page").values_list("page", "current")) == [(1, True), (2, True)]
    assert OutboxEvent.objects.filter(type="document.uploaded").count() == 2


@pytest.mark.parametrize(
    ("content", "declared", "words"),
    [
        (b"", "application/pdf", "empty"),
        (b"<html>", "application/pdf", "kind of file"),
        (packed("a.exe"), "application/pdf", "kind of file"),
        (PDF_BYTES, "image/png", "does not fit"),
        (PDF_BYTES + b"x" * 1_100_000, "application/pdf", "larger than 1 MB"),
    ],
)
def test_refused_files_leave_nothing_behind(
    matter: Matter, media: Path, content: bytes, declared: str, words: str
) -> None:
    document = request_document(matter_id=matter.id, name="Papers", max_size_mb=1)
    with pytest.raises(Invalid) as caught:
        upload_document(document_id=document.id, file=io.BytesIO(content), filename="a.pdf", content_type=declared)
    assert words in caught.value.fields["file"]
    assert not Upload.objects.exists()
    assert files_below(media) == []


def test_a_failing_transaction_leaves_only_what_the_sweep_removes(matter: Matter, give: Give, media: Path) -> None:
    document = give(first_item(matter))
    stray = upload_path(Upload.objects.get()).with_name("0" * 40)
    stray.write_bytes(b"rolled back")
    assert remove_orphans() == 0  # too young: its transaction may still be running
    assert remove_orphans(older_than_seconds=-1) == 1
    assert files_below(media) == [upload_path(Upload.objects.get())]
    assert document.status == DocumentStatus.UPLOADED


def test_sent_back_starts_anew_and_keeps_the_earlier_file(matter: Matter, give: Give, published: Published) -> None:
    document = give(first_item(matter))
    with pytest.raises(Invalid):
        reject_document(document_id=document.id, reason=" ")
    reject_document(document_id=document.id, reason="The second page is missing.")
    document = give(document, PDF_BYTES + b"2")
    assert (document.status, document.reason, document.decided_at) == (DocumentStatus.UPLOADED, "", None)
    assert list(Upload.objects.order_by("uploaded_at").values_list("current", flat=True)) == [False, True]
    assert "document.rejected" in published()


def test_a_wrong_page_can_be_taken_back_before_review(matter: Matter, give: Give) -> None:
    document = give(first_item(matter))
    remove_upload(upload_id=Upload.objects.get().id)
    document.refresh_from_db()
    assert (document.status, document.uploaded_at) == (DocumentStatus.PENDING, None)
    approve_document(document_id=give(document).id)
    with pytest.raises(Refused):
        remove_upload(upload_id=Upload.objects.get(current=True).id)


def test_decisions_need_a_file_and_a_free_item(matter: Matter, give: Give) -> None:
    document = first_item(matter)
    for decide in (approve_document, lambda *, document_id: reject_document(document_id=document_id, reason="x")):
        with pytest.raises(Refused) as caught:
            decide(document_id=document.id)
        assert caught.value.code == "nothing_uploaded"
    with pytest.raises(Refused):
        reverse_decision(document_id=document.id)
    approve_document(document_id=give(document).id)
    with pytest.raises(Refused) as caught:
        give(document, PDF_BYTES + b"more")
    assert caught.value.code == "already_approved"
    archive_matter(matter_id=matter.id)
    with pytest.raises(Refused) as caught:
        reverse_decision(document_id=document.id)
    assert caught.value.code == "matter_archived"


def test_the_last_required_document_approves_the_intake_once(
    submitted: Matter, give: Give, published: Published
) -> None:
    required = list(Document.objects.filter(matter=submitted, required=True))
    for document in required:
        submitted.refresh_from_db()
        assert submitted.intake_approved_at is None
        approve_document(document_id=give(document).id)
        approve_document(document_id=document.id)
    submitted.refresh_from_db()
    assert submitted.intake_completed_at == submitted.intake_approved_at is not None
    assert published()[-3:] == ["document.approved", "intake.completed", "intake.approved"]
    assert published().count("document.approved") == len(required)
    optional = Document.objects.filter(matter=submitted, required=False)[0]
    approve_document(document_id=give(optional).id)
    assert published().count("intake.completed") == published().count("intake.approved") == 1


def test_a_reversed_decision_withdraws_approval_but_never_completion(
    submitted: Matter, give: Give, published: Published
) -> None:
    for document in Document.objects.filter(matter=submitted, required=True):
        approve_document(document_id=give(document).id)
    submitted.refresh_from_db()
    completed = submitted.intake_completed_at
    last = first_item(submitted)
    reverse_decision(document_id=last.id)
    submitted.refresh_from_db()
    assert (submitted.intake_approved_at, submitted.intake_completed_at) == (None, completed)
    approve_document(document_id=last.id)
    submitted.refresh_from_db()
    assert submitted.intake_approved_at is not None
    assert submitted.intake_completed_at == completed
    assert (published().count("intake.completed"), published().count("intake.approved")) == (1, 2)


def test_documents_alone_do_not_complete_an_intake(matter: Matter, give: Give) -> None:
    for document in Document.objects.filter(matter=matter, required=True):
        approve_document(document_id=give(document).id)
    matter.refresh_from_db()
    assert matter.intake_completed_at is None
    with pytest.raises(Refused) as caught:
        approve_intake(matter_id=matter.id)
    assert caught.value.code == "not_submitted"
    save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
    complete_portal(matter_id=matter.id)
    assert approve_intake(matter_id=matter.id).intake_completed_at is not None


def test_staff_approve_an_intake_without_required_documents(submitted: Matter, published: Published) -> None:
    with pytest.raises(Refused) as caught:
        approve_intake(matter_id=submitted.id)
    assert caught.value.code == "documents_open"
    assert "Photo ID" in caught.value.message
    for document in Document.objects.filter(matter=submitted):
        set_document_required(document_id=document.id, required=False)
    approve_intake(matter_id=submitted.id)
    approve_intake(matter_id=submitted.id)
    assert published().count("intake.completed") == 1


def test_requests_are_checked(matter: Matter, published: Published) -> None:
    with pytest.raises(Invalid) as caught:
        request_document(matter_id=matter.id, name=" ", accepted_types=["text/html"], max_size_mb=500)
    assert set(caught.value.fields) == {"name", "accepted_types", "max_size_mb"}
    document = request_document(matter_id=matter.id, name="Lease", required=False)
    assert document.position > max(
        Document.objects.filter(matter=matter).exclude(id=document.id).values_list("position", flat=True)
    )
    assert published()[-1] == "document.requested"


def at_once(firm_id: uuid.UUID, *acts: Callable[[], object]) -> None:
    """Run the acts in threads of their own that start together; every failure is raised here."""
    start = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def run(act: Callable[[], object]) -> None:
        try:
            with firm_scope(firm_id):
                start.wait(10)
                act()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


def test_people_pressing_at_the_same_time_complete_an_intake_once(committed_firm: Firm, give: Give) -> None:
    with firm_scope(committed_firm.id):
        matter = create_matter(title="Race", case_type_id=CaseType.objects.get(key="business_formation").id)
        save_answers(matter_id=matter.id, answers={**REQUIRED_ANSWERS, "company_names": "Quill LLC"})
        complete_portal(matter_id=matter.id)
        waiting = [give(document) for document in Document.objects.filter(matter=matter, required=True)]
    assert len(waiting) == 2
    at_once(committed_firm.id, *(partial(approve_document, document_id=document.id) for document in waiting))
    with firm_scope(committed_firm.id):
        events = list(OutboxEvent.objects.values_list("type", flat=True))
        assert (events.count("intake.completed"), events.count("document.approved")) == (1, 2)


def test_a_double_click_on_approve_is_one_approval(committed_firm: Firm) -> None:
    with firm_scope(committed_firm.id):
        matter = create_matter(title="Race", case_type_id=CaseType.objects.get(key="other").id)
        save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
        complete_portal(matter_id=matter.id)
        for document in Document.objects.filter(matter=matter):
            set_document_required(document_id=document.id, required=False)
    at_once(committed_firm.id, *(partial(approve_intake, matter_id=matter.id) for _ in range(4)))
    with firm_scope(committed_firm.id):
        assert OutboxEvent.objects.filter(type="intake.completed").count() == 1
        assert OutboxEvent.objects.filter(type="intake.approved").count() == 1

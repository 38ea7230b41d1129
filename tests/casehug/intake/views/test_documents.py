"""The review queue, one document, decisions, and files."""

import html
import uuid

import pytest
from django.urls import reverse

from casehug.common.scope import firm_scope
from casehug.intake.models import Document, Matter, Upload
from tests.casehug.intake.views.conftest import PDF, PNG, Desk
from tests.conftest import Person


def approve_all_but_last(desk: Desk, matter: Matter, person: Person) -> Document:
    """Give and approve the required items but one; return that one, given and waiting."""
    required = desk.documents(matter, required=True)
    for number, document in enumerate(required):
        desk.give(document, PDF + str(number).encode())
    for document in required[:-1]:
        person.browser.post(reverse("document_approve", args=[document.id]))
    return required[-1]


def test_queue_is_oldest_first_and_decided_last_first(desk: Desk, staff: Person) -> None:
    first, second = desk.documents(desk.matter())[:2]
    desk.give(second)
    desk.give(first)
    queue = staff.browser.get(reverse("documents"))
    assert [each.id for each in queue.context["page"].rows] == [second.id, first.id]
    on = staff.browser.post(reverse("document_approve", args=[second.id]))
    assert on["Location"] == reverse("document", args=[first.id])
    decided = html.unescape(staff.browser.get(reverse("documents"), {"show": "decided"}).content.decode())
    assert second.name in decided and "Intake staff" in decided


def test_empty_queue_says_what_it_is_for(staff: Person) -> None:
    assert "Nothing waits for review" in staff.browser.get(reverse("documents")).content.decode()
    assert "No decisions yet" in staff.browser.get(reverse("documents"), {"show": "decided"}).content.decode()


def test_last_approval_says_before_what_it_starts(desk: Desk, staff: Person) -> None:
    matter = desk.matter(desk.client())
    desk.submit(matter)
    last = approve_all_but_last(desk, matter, staff)
    shown = staff.browser.get(reverse("document", args=[last.id])).content.decode()
    assert "Approving it approves the whole intake." in shown
    answer = staff.browser.post(reverse("document_approve", args=[last.id]))
    assert answer["Location"] == reverse("matter", args=[matter.id])
    approved = desk.fresh(matter)
    assert approved.intake_approved_at is not None and approved.intake_approved_by_id == staff.user.id
    staff.browser.post(reverse("document_reverse", args=[last.id]))
    assert desk.fresh(last).status == "uploaded" and desk.fresh(matter).intake_approved_at is None


def test_send_back_shows_the_client_the_reason(desk: Desk, staff: Person) -> None:
    matter = desk.matter()
    document = desk.give(desk.documents(matter)[0])
    url = reverse("document_send_back", args=[document.id])
    wrong = staff.browser.post(url, {"kind": "other", "text": " "})
    assert wrong.status_code == 422 and desk.fresh(document).status == "uploaded"
    assert staff.browser.post(url, {}).status_code == 422
    staff.browser.post(url, {"kind": "unreadable", "text": "Page 2 is cut off."})
    back = desk.fresh(document)
    assert back.status == "rejected" and back.reason.endswith("good light. Page 2 is cut off.")
    portal = staff.browser.get(reverse("portal_documents", args=[desk.token(matter)])).content.decode()
    assert "Page 2 is cut off." in portal and "scan.pdf" in portal


def test_nothing_to_approve_is_refused_in_words(desk: Desk, staff: Person) -> None:
    document = desk.documents(desk.matter())[0]
    answer = staff.browser.post(reverse("document_approve", args=[document.id]), follow=True)
    assert "There is no file to approve yet." in answer.content.decode()
    assert desk.fresh(document).status == "pending"


def test_required_can_be_made_optional(desk: Desk, staff: Person) -> None:
    document = desk.documents(desk.matter(), required=True)[0]
    staff.browser.post(reverse("document_required", args=[document.id]), {"required": "no"})
    assert desk.fresh(document).required is False


def test_another_document_is_asked_for_once(desk: Desk, staff: Person, key: str) -> None:
    matter = desk.matter()
    form = {"name": "Boat papers", "category": "Property", "description": "It shows who owns it.", "required": "on",
            "accepted_types": ["application/pdf"], "max_size_mb": "5", "idempotency_key": key}  # fmt: skip
    for _ in range(2):
        staff.browser.post(reverse("document_request", args=[matter.id]), form)
    assert len(desk.documents(matter, name="Boat papers")) == 1
    wrong = staff.browser.post(reverse("document_request", args=[matter.id]), {**form, "max_size_mb": "500"})
    assert wrong.status_code == 422 and "Boat papers" in wrong.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "kind"), [(PDF, "scan.pdf", "application/pdf"), (PNG, "é.png", "image/png")]
)
def test_files_are_only_downloads(desk: Desk, staff: Person, content: bytes, name: str, kind: str) -> None:
    document = desk.give(desk.documents(desk.matter())[0], content, name)
    with firm_scope(desk.firm.id):
        upload = Upload.objects.get()
    answer = staff.browser.get(reverse("upload_download", args=[upload.id]))
    assert b"".join(answer.streaming_content) == content  # type: ignore[attr-defined]
    assert answer["Content-Type"] == kind and answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "no-store"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    shown = staff.browser.get(reverse("document", args=[document.id])).content.decode()
    assert ("<img" in shown) is (kind == "image/png")


def test_a_lost_file_is_not_found(desk: Desk, staff: Person) -> None:
    desk.give(desk.documents(desk.matter())[0])
    with firm_scope(desk.firm.id):
        upload = Upload.objects.get()
        Upload.objects.update(path=f"{desk.firm.id}/00/gone")
    assert staff.browser.get(reverse("upload_download", args=[upload.id])).status_code == 404
    assert staff.browser.get(reverse("upload_download", args=[uuid.uuid4()])).status_code == 404


def test_intake_without_documents_is_approved_by_hand(desk: Desk, staff: Person) -> None:
    matter = desk.matter(desk.client(), key="other")
    with firm_scope(desk.firm.id):
        Document.objects.filter(matter=matter).update(required=False)
    page = staff.browser.get(reverse("matter", args=[matter.id])).content.decode()
    assert "The client has not sent the answers yet." in page
    desk.submit(matter)
    consequence = staff.browser.get(reverse("intake_approve", args=[matter.id])).content.decode()
    assert "complete and approved, with your name" in consequence
    assert desk.fresh(matter).intake_approved_at is None
    staff.browser.post(reverse("intake_approve", args=[matter.id]))
    assert desk.fresh(matter).intake_approved_at is not None

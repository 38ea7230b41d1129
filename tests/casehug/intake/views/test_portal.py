"""The client's side by the client's own steps, and every way in that must stay closed."""

import html
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import Answer, Document, IntakeLink, Matter, Submission, Upload
from casehug.intake.services.documents import reject_document
from casehug.intake.views import portal_access
from tests.casehug.intake.views.conftest import PDF, Desk
from tests.conftest import Person


class Visitor:
    """A client with the link and nothing else."""

    def __init__(self, token: str) -> None:
        self.token, self.browser = token, Browser()

    def url(self, name: str, *args: Any) -> str:
        """Return a portal address."""
        return reverse(name, args=[self.token, *args])

    def get(self, name: str, *args: Any) -> str:
        """Open a page and return its text."""
        answer = self.browser.get(self.url(name, *args), follow=True)
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    def post(self, name: str, *args: Any, data: dict[str, Any] | None = None, **headers: Any) -> Any:
        """Send a form."""
        return self.browser.post(self.url(name, *args), data or {}, **headers)

    def upload(self, document: Document, content: bytes, name: str = "scan.pdf", **headers: Any) -> Any:
        """Send one file."""
        file = SimpleUploadedFile(name, content, content_type="application/octet-stream")
        return self.post("portal_upload", document.id, data={"file": file}, **headers)


@pytest.fixture
def matter(desk: Desk) -> Matter:
    """A matter with a client."""
    return desk.matter(desk.client())


@pytest.fixture
def visitor(desk: Desk, matter: Matter) -> Visitor:
    """The client of the matter."""
    return Visitor(desk.token(matter))


def test_story_from_welcome_to_finished(desk: Desk, matter: Matter, visitor: Visitor) -> None:
    welcome = visitor.get("portal_welcome")
    assert "Welcome, Ada" in welcome and "Divorce — Standard" in welcome and ">Start<" in welcome
    answers, part = desk.answers(matter), 1
    while True:
        page = visitor.browser.get(visitor.url("portal_questions", part))
        fields = {key: answers[key] for key in page.context["form"].fields}
        onward = visitor.post("portal_questions", part, data=fields)["Location"]
        if onward == visitor.url("portal_documents"):
            break
        part += 1
        assert onward == visitor.url("portal_questions", part)
        assert "Continue where you stopped" in visitor.get("portal_welcome")
    for document in desk.documents(matter, required=True):
        assert visitor.upload(document, PDF + document.key.encode()).status_code == 302
    assert "A story." in visitor.get("portal_send")
    assert visitor.post("portal_send")["Location"] == visitor.url("portal_done")
    done = visitor.get("portal_done")
    assert "Thank you, everything is here" in done and "Photo ID" in done
    with firm_scope(desk.firm.id):
        submission = Submission.objects.get()
        assert submission.source == "portal" and submission.submitted_at and submission.link is not None
        assert {a.question_key: a.label for a in Answer.objects.all()}["statement"].startswith("In your own words")
        assert set(AuditEntry.objects.filter(action="intake.submitted").values_list("source", flat=True)) == {"portal"}
    assert visitor.post("portal_send")["Location"] == visitor.url("portal_done")
    assert desk.count(Submission) == 1


def test_errors_stand_at_their_field_and_keep_the_text(visitor: Visitor, desk: Desk) -> None:
    data = {"first_name": "", "last_name": "Quill", "email": "not an address"}
    answer = visitor.post("portal_questions", 1, data=data)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="not an address"' in page and "Please answer this." in page
    assert desk.count(Answer) == 0
    data["first_name"] = "Ada"
    answer = visitor.post("portal_questions", 1, data=data)
    assert answer.status_code == 422 and "not a complete e-mail" in answer.content.decode() and desk.count(Answer) == 0


def test_sending_too_early_names_what_is_missing(visitor: Visitor, desk: Desk) -> None:
    answer = visitor.post("portal_send")
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "Some answers are still missing" in page and "First name" in page
    assert "then=send" in page
    data = {"first_name": "Ada", "last_name": "Quill", "email": "ada@example.com", "then": "send"}
    assert visitor.post("portal_questions", 1, data=data)["Location"] == visitor.url("portal_send")


def test_sent_answers_stay_as_they_were(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    desk.submit(matter)
    assert visitor.browser.get(visitor.url("portal_questions", 1))["Location"] == visitor.url("portal_done")
    late = {"first_name": "Mallory", "last_name": "M", "email": "m@example.com"}
    assert visitor.post("portal_questions", 1, data=late)["Location"] == visitor.url("portal_done")
    assert desk.count(Answer, value="Mallory") == 0
    assert visitor.browser.get(visitor.url("portal_questions", 99)).status_code in (302, 404)


def test_several_pages_of_one_item_and_taking_one_back(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    document = desk.documents(matter)[0]
    for number in range(2):
        part = visitor.upload(document, PDF + bytes([65 + number]), f"page{number}.pdf", HTTP_HX_REQUEST="true")
        fragment = part.content.decode()
        assert part.status_code == 200 and f"page{number}.pdf" in fragment and '<form class="upload"' not in fragment
    again = visitor.upload(document, PDF + b"A", "page0.pdf", HTTP_HX_REQUEST="true")  # a lost answer, sent again
    assert again.status_code == 200 and desk.count(Upload) == 2
    with firm_scope(desk.firm.id):
        first = Upload.objects.order_by("page").first()
    assert first is not None
    visitor.post("portal_remove", first.id)
    assert desk.count(Upload) == 1


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "empty"),
        (b"MZ\x90\x00 program", "tool.pdf", "We cannot take this kind of file here"),
        (b"<html><script>alert(1)</script>", "page.pdf", "We cannot take this kind of file here"),
        (PDF + b"x" * (2 * 1024 * 1024), "long.pdf", "larger than 1 MB"),
    ],
)
def test_files_that_cannot_be_taken_are_told_in_words(
    visitor: Visitor, desk: Desk, matter: Matter, content: bytes, name: str, words: str
) -> None:
    document = desk.documents(matter)[0]
    with firm_scope(desk.firm.id):
        Document.objects.filter(id=document.id).update(max_size_mb=1)
    answer = visitor.upload(document, content, name, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422 and answer["Content-Type"].startswith("text/plain")
    assert words in answer.content.decode() and desk.count(Upload) == 0
    page = visitor.upload(document, content, name)
    assert page.status_code == 422 and words in html.unescape(page.content.decode())


def test_no_file_chosen_is_said(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    answer = visitor.post("portal_upload", desk.documents(matter)[0].id)
    assert answer.status_code == 422 and "Please choose a file first." in answer.content.decode()


def test_sent_back_item_shows_the_reason_and_takes_a_new_file(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    document = desk.give(desk.documents(matter)[0])
    desk.submit(matter)
    with firm_scope(desk.firm.id):
        reject_document(document_id=document.id, reason="Page 2 is cut off.")
    assert "Please send 1 document again" in visitor.get("portal_done")
    assert visitor.upload(document, PDF + b"better").status_code == 302
    assert desk.fresh(document).status == "uploaded"
    assert "Page 2 is cut off." not in visitor.get("portal_done")


def test_portal_shows_nothing_internal(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    for name in ("portal_welcome", "portal_documents", "portal_send"):
        page = visitor.get(name)
        assert "INTERNAL" not in page and "Quill v. Quill" not in page and "/matters/" not in page
    assert "INTERNAL" not in visitor.get("portal_questions", 1)


def test_headers_and_weight(visitor: Visitor) -> None:
    for name in ("portal_welcome", "portal_documents", "portal_send"):
        answer = visitor.browser.get(visitor.url(name))
        # `no-referrer` would make browsers send `Origin: null` with forms, which the form check refuses.
        assert answer["Referrer-Policy"] == "strict-origin" and answer["Cache-Control"] == "no-store"
        page = answer.content.decode()
        assert len(page) < 60_000 and 'content="noindex' in page
        outside = [link for link in re.findall(r'(?:src|href|action)="([^"]+)"', page) if "//" in link]
        assert outside == []


def test_forms_need_their_token(visitor: Visitor) -> None:
    strict = Browser(enforce_csrf_checks=True)
    assert strict.post(visitor.url("portal_send")).status_code == 403


def test_every_link_that_does_not_work_looks_the_same(visitor: Visitor, desk: Desk, matter: Matter) -> None:
    unknown = Browser().get(reverse("portal_welcome", args=["A" * 43]))
    malformed = Browser().get(reverse("portal_welcome", args=["x"]))
    with firm_scope(desk.firm.id):
        IntakeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expired = Browser().get(visitor.url("portal_welcome"))
    with firm_scope(desk.firm.id):
        IntakeLink.objects.update(expires_at=timezone.now() + timedelta(days=1), revoked_at=timezone.now())
    revoked = Browser().get(visitor.url("portal_documents"))
    pages = [unknown, malformed, expired, revoked]
    assert {page.status_code for page in pages} == {404}
    bodies = {re.sub(r'nonce="[^"]*"', "", page.content.decode()) for page in pages}
    assert len(bodies) == 1 and "Ask the firm for a new link" in bodies.pop()
    assert visitor.post("portal_send").status_code == 404
    assert desk.firm.name not in unknown.content.decode()


def test_another_matter_s_documents_stay_closed(
    visitor: Visitor, desk: Desk, other_firm: Firm, stranger: Person
) -> None:
    neighbour = desk.give(desk.documents(desk.matter(title="Other"))[1])
    foreign = Desk(other_firm)
    theirs = foreign.give(foreign.documents(foreign.matter())[0])
    for document in (neighbour, theirs):
        assert visitor.upload(document, PDF).status_code == 404
    assert visitor.post("portal_upload", uuid.uuid4()).status_code == 404
    with firm_scope(desk.firm.id):
        upload = Upload.objects.get()
    assert visitor.post("portal_remove", upload.id).status_code == 404
    visitor.browser.force_login(stranger.user)  # signed in at another firm: here still the client, nothing more
    assert "Welcome, Ada" in visitor.get("portal_welcome")
    assert desk.count(Upload) == 1


def test_guessing_is_slowed_down_by_address(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_access, "MISSES", 3)
    for _ in range(5):
        assert visitor.browser.get(visitor.url("portal_welcome")).status_code == 200  # good links cost nothing
    for _ in range(4):
        Browser().get(reverse("portal_welcome", args=["B" * 43]))
    assert visitor.browser.get(visitor.url("portal_welcome")).status_code == 404
    elsewhere = visitor.browser.get(visitor.url("portal_welcome"), REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 200


def test_archived_matter_closes_the_portal(visitor: Visitor, staff: Person, matter: Matter) -> None:
    staff.browser.post(reverse("matter_archive", args=[matter.id]))
    assert visitor.browser.get(visitor.url("portal_welcome")).status_code == 404

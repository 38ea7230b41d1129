"""Fixtures of the intake tests: an open firm scope, a matter, and small files of each kind."""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Document, Matter
from casehug.intake.services.matters import create_matter
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.services.uploads import upload_document
from casehug.outbox.models import OutboxEvent
from tests.conftest import make_firm

PDF_BYTES = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
REQUIRED_ANSWERS = {
    "first_name": "Ada",
    "last_name": "Quill",
    "email": "Ada.Quill@example.com",
    "opposing_party": "Ben Quill",
    "statement": "We live apart.\nI need help.",
}


@pytest.fixture
def scope(firm: Firm) -> Iterator[uuid.UUID]:
    """Stand inside the firm's scope for the whole test."""
    with firm_scope(firm.id):
        yield firm.id


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """Keep uploads of a test in its own folder."""
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def divorce(scope: uuid.UUID) -> CaseType:
    """A default case type with required questions and documents."""
    found: CaseType = CaseType.objects.get(key="divorce_standard")
    return found


@pytest.fixture
def matter(divorce: CaseType) -> Matter:
    """A matter without a client."""
    return create_matter(title="Quill v. Quill", case_type_id=divorce.id, state="NY")


@pytest.fixture
def submitted(matter: Matter) -> Matter:
    """A matter whose client has sent the answers; every document is still open."""
    save_answers(matter_id=matter.id, answers=REQUIRED_ANSWERS)
    complete_portal(matter_id=matter.id)
    matter.refresh_from_db()
    return matter


@pytest.fixture
def give() -> Callable[..., Document]:
    """Upload a small PDF for a document."""

    def upload(document: Document, content: bytes = PDF_BYTES) -> Document:
        upload_document(
            document_id=document.id, file=io.BytesIO(content), filename="scan.pdf", content_type="application/pdf"
        )
        document.refresh_from_db()
        return document

    return upload


@pytest.fixture
def published() -> Callable[[], list[str]]:
    """Return the types of the events published so far, in order."""

    def types() -> list[str]:
        return list(OutboxEvent.objects.order_by("created_at", "id").values_list("type", flat=True))

    return types


@pytest.fixture
def committed_firm(committed_db: None) -> Firm:
    """A firm whose rows are really committed."""
    return make_firm()


@pytest.fixture
def elapsed() -> Callable[[], float]:
    """Return the seconds since the test began."""
    start = time.monotonic()
    return lambda: time.monotonic() - start

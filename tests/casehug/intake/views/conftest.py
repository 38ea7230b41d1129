"""Fixtures of the page tests: a desk that makes what pages show, each time in a scope of its own."""

import io
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Client, Document, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import create_matter
from casehug.intake.services.portal import complete_portal, save_answers
from casehug.intake.services.uploads import upload_document

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 9
SAMPLES = {"text": "Something", "longtext": "A story.\nOf two lines.", "date": "2024-02-03", "yesno": "yes",
           "phone": "(303) 555-0100", "email": "quill@example.com", "number": "3"}  # fmt: skip


@dataclass
class Desk:
    """Makes records of one firm as services do."""

    firm: Firm

    def client(self, **values: Any) -> Client:
        """Create a client."""
        given = {
            "first_name": "Ada",
            "last_name": "Quill",
            "email": "ada.quill@example.com",
            "notes": "INTERNAL-CLIENT",
        }
        with firm_scope(self.firm.id):
            return create_client(**{**given, **values})

    def matter(
        self, client: Client | None = None, *, key: str = "divorce_standard", title: str = "Quill v. Quill"
    ) -> Matter:
        """Create a matter."""
        with firm_scope(self.firm.id), actor_context(source="web"):
            return create_matter(
                title=title,
                case_type_id=CaseType.objects.get(key=key).id,
                client_id=client.id if client else None,
                state="CO",
                description="INTERNAL-DESCRIPTION",
            )

    def token(self, matter: Matter) -> str:
        """Make the matter's intake link and return its token."""
        with firm_scope(self.firm.id):
            return create_intake_link(matter_id=matter.id).token.reveal()

    def documents(self, matter: Matter, **wanted: Any) -> list[Document]:
        """Return the checklist."""
        with firm_scope(self.firm.id):
            return list(Document.objects.filter(matter=matter, **wanted).order_by("position"))

    def give(self, document: Document, content: bytes = PDF, name: str = "scan.pdf") -> Document:
        """Upload a file as the client does."""
        with firm_scope(self.firm.id):
            upload_document(document_id=document.id, file=io.BytesIO(content), filename=name)
            document.refresh_from_db()
        return document

    def answers(self, matter: Matter) -> dict[str, str]:
        """Return one good answer to every question of the matter."""
        with firm_scope(self.firm.id):
            questions = CaseType.objects.get(id=matter.case_type_id).questions
        return {each["key"]: SAMPLES.get(each["kind"]) or each["options"][0] for each in questions}

    def submit(self, matter: Matter) -> None:
        """Send all answers as the client does."""
        answers = self.answers(matter)
        with firm_scope(self.firm.id):
            save_answers(matter_id=matter.id, answers=answers)
            complete_portal(matter_id=matter.id)

    def fresh(self, row: Any) -> Any:
        """Read a row again."""
        with firm_scope(self.firm.id):
            return type(row).objects.get(id=row.id)

    def count(self, model: Any, **wanted: Any) -> int:
        """Count rows of the firm."""
        with firm_scope(self.firm.id):
            return int(model.objects.filter(**wanted).count())


@pytest.fixture
def desk(firm: Firm) -> Desk:
    """The desk of the firm under test."""
    return Desk(firm)


@pytest.fixture
def key() -> str:
    """A form's one-time key."""
    return str(uuid.uuid4())


@pytest.fixture
def at_once(committed_db: None) -> Callable[..., list[Any]]:
    """Run functions in threads of their own at the same time and return their answers."""

    def run(*acts: Callable[[], Any]) -> list[Any]:
        start = threading.Barrier(len(acts))

        def one(act: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return act()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return [future.result() for future in [pool.submit(one, act) for act in acts]]

    return run

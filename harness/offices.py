"""Connected firms with matters in them, made through the product's own services. Invented people only."""

import io
import secrets
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.services import create_firm
from casehug.intake.models import CaseType, Document, Matter, Submission
from casehug.intake.services.clients import create_client
from casehug.intake.services.documents import approve_document
from casehug.intake.services.matters import create_matter
from casehug.intake.services.uploads import upload_document
from casehug.local.demo import PDF
from harness.standin import StandIn
from integrations.mappings.services import prepare_account
from integrations.models import Connection
from integrations.sync.services import request_sync

FINAL = ("done", "dead", "cancelled")
ACCOUNT = 8101  # the stand-in's own first account, for firms that may share one


def person(number: int | str) -> dict[str, str]:
    """Return an invented person."""
    return {
        "first_name": "Jordan", "last_name": f"Vale {number}", "email": f"jordan.vale.{number}@example.com",
        "phone": "(202) 555-0143",
    }  # fmt: skip


@dataclass(frozen=True)
class Office:
    """A firm and its connection to an account of the stand-in."""

    firm_id: uuid.UUID
    connection_id: uuid.UUID
    account: str
    token: str
    case_type_id: uuid.UUID

    def intake(self, who: dict[str, str], *, title: str = "", client_id: uuid.UUID | None = None) -> Matter:
        """Make a client (unless given) and a matter whose intake is complete. Joins an open scope."""
        with firm_scope(self.firm_id):
            client_id = client_id or create_client(**who).id  # type: ignore[arg-type]
            title = title or f"{who['last_name']} {secrets.token_hex(3)}"
            matter = create_matter(title=title, case_type_id=self.case_type_id, client_id=client_id)
            Matter.objects.filter(id=matter.id).update(intake_completed_at=matter.created_at)
            return matter

    def matter(self, *, email: str, title: str, first: str = "Jordan", last: str = "Vale") -> uuid.UUID:
        """Make a client and a matter whose intake is complete; return the matter's id."""
        who = {"first_name": first, "last_name": last, "email": email, "phone": "(202) 555-0143"}
        return uuid.UUID(str(self.intake(who, title=title).id))

    def awaiting_approval(self, who: dict[str, str]) -> tuple[uuid.UUID, uuid.UUID]:
        """Make a matter of which one thing is left: approving its last document. Returns matter and document."""
        with firm_scope(self.firm_id):
            client = create_client(**who)  # type: ignore[arg-type]
            matter = create_matter(title=who["last_name"], case_type_id=self.case_type_id, client_id=client.id)
            Submission.objects.create(matter=matter, source=Submission.Source.PORTAL, submitted_at=matter.created_at)
            last = Document.objects.filter(matter=matter, required=True).earliest("position")
            Document.objects.filter(matter=matter).exclude(id=last.id).update(required=False)
            file = io.BytesIO(PDF + secrets.token_bytes(8).hex().encode())
            upload_document(document_id=last.id, file=file, filename="id.pdf", content_type="application/pdf")
            return matter.id, last.id

    def approve(self, document_id: uuid.UUID) -> float:
        """Approve the last document, which approves the intake; return the time just before the commit."""
        with firm_scope(self.firm_id):
            approve_document(document_id=document_id)
            before = time.time()
        return before

    def press(self, matter_id: uuid.UUID, *, lane: int = WorkItem.Lane.BUTTON, parallel: bool = False) -> uuid.UUID:
        """Press “Sync to Lawmatics”. `parallel` lifts the one-writer rule for this row (to test what lies below it)."""
        with firm_scope(self.firm_id):
            item = request_sync(matter_id=matter_id, lane=lane)
            if parallel:
                WorkItem.objects.filter(id=item.id).update(writes=False)
            return uuid.UUID(str(item.id))

    def press_all(self, matter_ids: Iterable[uuid.UUID], *, lane: int = WorkItem.Lane.BUTTON) -> None:
        """Press it on these matters in one transaction."""
        with firm_scope(self.firm_id):
            for matter_id in matter_ids:
                self.press(matter_id, lane=lane)

    def row(self, item_id: uuid.UUID) -> WorkItem:
        """Read a work row."""
        with firm_scope(self.firm_id):
            found: WorkItem = WorkItem.objects.get(id=item_id)
        return found

    def open_rows(self) -> int:
        """Return how many syncs of this firm have not ended."""
        with firm_scope(self.firm_id):
            return int(WorkItem.objects.filter(kind="sync_matter").exclude(status__in=FINAL).count())

    def failures(self) -> int:
        """Return how many syncs of this firm ended other than done."""
        with firm_scope(self.firm_id):
            return int(WorkItem.objects.filter(kind="sync_matter").exclude(status="done").count())


def make_office(
    standin: StandIn, *, account: int | None = ACCOUNT, profile: dict[str, Any] | None = None, **settings: Any
) -> Office:
    """Make a firm connected to an account of the stand-in (None: one of its own), its catalogue read."""
    remote, token = standin.account() if account is None else (str(account), standin.token(account))
    firm = create_firm(name="Proof", slug=f"proof-{secrets.token_hex(4)}")
    with firm_scope(firm.id):
        connection = Connection(
            provider="lawmatics", state=Connection.State.CONNECTED, remote_firm=remote, links_account=remote,
            calls_per_minute=100_000, profile=profile or {}, settings=settings,
        )  # fmt: skip
        connection.seal_token("access_token", token)
        connection.save(force_insert=True)
        case_type = CaseType.objects.get(key="divorce_standard")
    prepare_account(connection=connection, lane=WorkItem.Lane.BUTTON)
    return Office(firm.id, connection.id, remote, token, case_type.id)


def await_quiet(offices: Iterable[Office], *, seconds: float = 120.0, every: float = 0.02) -> None:
    """Wait until no sync of these firms is open. Raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    for office in offices:
        while office.open_rows():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{office.open_rows()} syncs did not end within {seconds:.0f} s")
            time.sleep(every)


def wait_until(finished: Callable[[], bool], *, seconds: float, what: Callable[[], str] = lambda: "") -> None:
    """Wait for a condition; fail with `what()` when it does not come."""
    end = time.monotonic() + seconds
    while not finished():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def await_rows(
    rows: Iterable[tuple[Office, uuid.UUID]], *, seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> list[str]:
    """Wait until every row is final, doing something meanwhile; return the distinct final states.

    A look stops at the first row that is not final and the next begins there: hundreds of rows read again and again
    would take the processor from those who work on them.
    """
    turning = deque(rows)

    def read() -> Iterator[WorkItem]:
        for _ in range(len(turning)):
            office, item_id = turning[0]
            yield office.row(item_id)
            turning.rotate(-1)

    def all_final() -> bool:
        meanwhile()
        return all(row.status in FINAL for row in read())

    def words() -> str:
        return "; ".join(
            f"{r.status} {r.hold_reason} {r.step} {r.last_error_text}" for r in read() if r.status not in FINAL
        )

    wait_until(all_final, seconds=seconds, what=words)
    return sorted({f"{row.status}{' ' + row.last_error_code if row.last_error_code else ''}" for row in read()})

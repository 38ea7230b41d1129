"""List pages ask the database the same number of questions for many rows as for few."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Document
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from integrations.models import Connection, ExternalLink, SyncLog
from tests.conftest import Person

FEW, MANY = 5, 45


@pytest.fixture
def more(firm: Firm) -> Callable[[int], None]:
    """Add matters with a client, a document to review, a run, a link and a log line each."""
    with firm_scope(firm.id):
        linked = Connection.objects.create(provider="lawmatics", state="connected", remote_firm="1", links_account="1")
        case_type = CaseType.objects.get(key="divorce_standard")

    def add(count: int) -> None:
        with firm_scope(firm.id):
            for number in range(count):
                person = create_client(first_name="Ada", last_name=f"Quill {number}", email=f"{uuid7()}@example.com")
                matter = create_matter(title="Quill v. Quill", case_type_id=case_type.id, client_id=person.id)
                document = Document.objects.filter(matter=matter).first()
                Document.objects.filter(id=document.id).update(status="uploaded", uploaded_at=matter.created_at)
                run = WorkItem.objects.create(
                    kind="sync_matter", queue="sync", subject_type="matter", subject_id=matter.id, status="dead",
                    connection_id=linked.id, writes=True, next_attempt_at=matter.created_at, last_error_class="network",
                )  # fmt: skip
                ExternalLink.objects.create(
                    connection=linked, remote_firm="1", local_type="matter", local_id=matter.id, external_id=str(run.id)
                )
                SyncLog.objects.create(
                    connection=linked, work_item_id=run.id, matter_id=matter.id, action="matter.create",
                    status=("failed", "success")[number % 2], error_class="network", trigger="button",
                )  # fmt: skip

    return add


def questions(person: Person, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        answer = person.browser.get(address)
    assert answer.status_code == 200
    return len(asked)


PAGES = [("dashboard", []), ("matters", []), ("documents", []), ("integration_log", ["lawmatics"]),
         ("integration_case_types", ["lawmatics"]), ("integration", ["lawmatics"]), ("integrations", []),
         ("api-integrations-sync", ["lawmatics"])]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), PAGES, ids=[name for name, _ in PAGES])
def test_the_number_of_questions_does_not_grow_with_the_rows(
    admin: Person, more: Callable[[int], None], name: str, arguments: list[str]
) -> None:
    address = reverse(name, args=arguments)
    more(FEW)
    questions(admin, address)  # what is read once per process or session
    few = questions(admin, address)
    more(MANY)
    assert questions(admin, address) <= few

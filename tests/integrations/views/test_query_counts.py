"""Pages ask the database few questions, and the same number for many rows as for few."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Document, Matter
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.referrals.facts import CaseFacts, InvitationFacts
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.invitations import receive_invitation
from integrations.inbound.endpoints import ensure_endpoint
from integrations.models import Connection, ExternalLink, InboundEvent, SyncLog
from tests.conftest import Person

FEW, MANY = 5, 45
NOT_COUNTED = ("SELECT set_config", "SAVEPOINT", "RELEASE SAVEPOINT", 'UPDATE "django_session"')
"""What opens a scope and closes it, and the note of when somebody was last seen, written once in a while."""


@pytest.fixture
def more(firm: Firm) -> Callable[[int], None]:
    """Add matters with a document to review, a run, a link, a log line, and an event that came in; and invitations."""
    with firm_scope(firm.id):
        linked = Connection.objects.create(provider="lawmatics", state="connected", remote_firm="1", links_account="1")
        case_type, endpoint = CaseType.objects.get(key="divorce_standard"), ensure_endpoint(linked)

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
                InboundEvent.objects.create(
                    endpoint=endpoint, connection=linked, source="webhook", verification="verified", size=2,
                    event_id=str(run.id), event_type="invoice.paid", kind="invoice", subject=uuid7(), headers={},
                    received_at=matter.created_at, matter_id=matter.id, result="logged",
                )  # fmt: skip
                invite(person.last_name)

    return add


def invite(last_name: str) -> None:
    facts, now = CaseFacts(first_name="Ada", last_name=last_name, place="NY", summary="Rear-ended."), database_now()
    case = receive_case(facts=facts, origin=f"connection:{uuid7()}")
    asked = InvitationFacts(received_at=now, expires_at=now + timedelta(hours=48))
    receive_invitation(referral_id=case.id, facts=asked)


def questions(person: Person, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        answer = person.browser.get(address)
    assert answer.status_code == 200
    return sum(not str(one["sql"]).startswith(NOT_COUNTED) for one in asked.captured_queries)


PLAIN = {
    "firm_profile": 5, "settings_notifications": 7, "team": 7, "settings_referrals": 10, "settings_lead_form": 7,
    "integrations": 8, "api_keys": 6, "settings_audit": 11, "settings_data": 7, "referrals": 7, "referrals_due": 6,
    "documents": 7, "dashboard": 13, "matters": 14,
}  # fmt: skip
OF_PROVIDER = {
    "integration": 10, "integration_case_types": 12, "integration_status_mapping": 11, "integration_fields": 11,
    "integration_forms": 11, "integration_webhooks": 12, "integration_log": 9, "integration_bulk": 9,
    "integration_matches": 9, "api-integrations-sync": 8,
}  # fmt: skip
OF_MATTER = {"matter": 27}
"""Route and the most it may ask: one more than it does today."""


def test_a_page_asks_little_and_no_more_with_many_rows(admin: Person, more: Callable[[int], None]) -> None:
    more(FEW)
    with firm_scope(admin.firm_id):
        matter_id = Matter.objects.latest("created_at").id
    pages = {name: reverse(name) for name in PLAIN}
    pages |= {name: reverse(name, args=["lawmatics"]) for name in OF_PROVIDER}
    pages |= {name: reverse(name, args=[matter_id]) for name in OF_MATTER}
    for address in pages.values():
        questions(admin, address)  # what is read once per process or session
    few = {name: questions(admin, address) for name, address in pages.items()}
    most = PLAIN | OF_PROVIDER | OF_MATTER
    assert {name: count for name, count in few.items() if count > most[name]} == {}, "asks more than it did"
    more(MANY)
    many = {name: questions(admin, address) for name, address in pages.items()}
    assert {name: count for name, count in many.items() if count > few[name]} == {}, "grows with the rows"

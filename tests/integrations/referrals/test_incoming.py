"""What an exchange tells becomes the firm's referrals: who is meant, what is proven, what waits, what is only shown."""

import json
import uuid
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.firms.models import Firm, Role
from casehug.intake.services.matters import change_status
from casehug.referrals.models import CaseUpdate, Invitation, InvitationAnswer, Referral
from integrations.models import Connection, ExternalLink, InboundEvent, QuarantinedEvent
from integrations.referrals import incoming, listening
from tests.conftest import make_person
from tests.integrations.referrals.conftest import MakeDesk
from tests.integrations.referrals.desk import Desk, tape_of
from tests.sandbox.lexamica.office import Office, invited


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk().set_up("handler", "originator", "files")


def feed(desk: Desk, exchange: Any, **more: Any) -> int:
    """Deliver everything that was pushed so far, as new as it is, and work."""
    tape = tape_of(exchange, desk.facts)
    for event in tape:
        assert desk.deliver(event, **more) == 200
    desk.work()
    return len(tape)


@pytest.mark.parametrize("bare", [False, True])
def test_an_invitation_arrives_and_is_accepted_there(desk: Desk, exchange: Any, sender: Office, bare: bool) -> None:
    _, invitation = invited(exchange, sender)
    feed(desk, exchange, bare=bare)
    row = desk.only()
    assert (row.direction, row.state, row.last_name, row.place) == ("in", "invited", "Berg", "CA")
    assert (row.partner_name, row.case_type, row.stage) == ("Nordwind Law", "Dog Bite Injuries", "")
    with firm_scope(desk.firm_id):
        one = Invitation.objects.get()
        assert one.state == "new" and one.expires_at is not None and row.matter is None
    exchange.control("POST", f"invitations/{invitation}/accept")
    feed(desk, exchange, bare=bare)
    row = desk.only()
    with firm_scope(desk.firm_id):
        assert row.state == "accepted" and row.matter is not None and row.matter.client is not None
        assert row.matter.client.last_name == "Berg" and row.update_due_at is not None and row.stage == "Retained"
        assert AuditEntry.objects.filter(action="referral.matter_made").count() == 1
        assert Referral.objects.count() == Invitation.objects.count() == 1


def test_nobody_else_and_nothing_unsigned(desk: Desk, exchange: Any, sender: Office) -> None:
    invited(exchange, sender)
    event = next(one for one in tape_of(exchange, desk.facts) if one["name"] == "Case Received")
    assert desk.post(json.dumps(event).encode(), secret="somebody else's secret") == 401
    assert desk.deliver({**event, "name": "Case Sealed", "event_id": "n1", "data": {"new": 1}}) == 200
    assert desk.deliver({**event, "event_id": "n2", "data": {"first_name": "No case"}}) == 200
    stranger = json.dumps({"event": event["name"], "eventId": "n3", "organizationId": "65f0", "data": event["data"]})
    assert desk.post(stranger.encode()) == 200
    assert desk.post(b"[]") == 200 and desk.post(b"\xff{") == 200
    desk.work()
    with firm_scope(desk.firm_id):
        assert not Referral.objects.exists() and QuarantinedEvent.objects.count() == 1
        reasons = dict(InboundEvent.objects.values_list("event_id", "reason"))
    assert reasons["n1"] == "CaseHug does not know this kind of event."
    assert (reasons["n2"], reasons["n3"]) == (incoming.NAMELESS, incoming.ANOTHER)
    assert desk.results() == {"logged": 5}


def test_news_of_an_unknown_case_wait_for_it(desk: Desk, exchange: Any, sender: Office) -> None:
    values = {"client.firstName": "Ada", "client.lastName": "Quill", "caseType": "Dog Bite Injuries"}
    case = exchange.control("POST", "cases", organization=desk.facts["id"], **values)["id"]
    exchange.control("POST", f"cases/{case}/delete")
    assert feed(desk, exchange) and set(desk.results()) == {"no_matter"}
    referral_id = desk.sent_case(case, first_name="Ada")
    with firm_scope(desk.firm_id):
        assert listening.tick() > 0 and listening.tick() == 0
    desk.work()
    row = desk.only()
    assert (row.id, row.state, row.last_name) == (referral_id, "cancelled", "Quill")
    assert set(desk.results()) == {"applied"}


def test_a_lost_reply_is_proven_by_the_event(desk: Desk, exchange: Any, sender: Office) -> None:
    """An answer and an update of ours whose reply was lost: the event confirms them and makes no second one."""
    _, invitation = invited(exchange, sender)
    feed(desk, exchange)
    with firm_scope(desk.firm_id):
        one = Invitation.objects.get()
        answer = InvitationAnswer.objects.create(invitation=one, action="accept", state="unknown", at=timezone.now())
    exchange.control("POST", f"invitations/{invitation}/accept")
    feed(desk, exchange)
    with firm_scope(desk.firm_id):
        answer.refresh_from_db()
        case = Referral.objects.get()
        assert answer.state == "confirmed" and case.state == "accepted"
        mine = CaseUpdate.objects.create(
            referral=case, direction="out", state="unknown", content="We  called.", happened_at=timezone.now()
        )
        remote = ExternalLink.objects.get(local_type="referral").external_id
    ours = {"organization": desk.facts["id"]}
    exchange.control("POST", f"cases/{remote}/update", content="We  called.", **ours)
    feed(desk, exchange)
    with firm_scope(desk.firm_id):
        mine.refresh_from_db()
        assert mine.state == "sent" and mine.own_key and CaseUpdate.objects.count() == 1


def test_the_matter_goes_on_to_other_providers_and_its_status_comes_back(
    desk: Desk, exchange: Any, sender: Office
) -> None:
    with firm_scope(desk.firm_id):
        other = Connection.objects.create(
            provider="lawmatics", state="connected", remote_firm="8101", links_account="8101",
            auto_sync_on_matter_created=True,
        )  # fmt: skip
    _, invitation = invited(exchange, sender)
    exchange.control("POST", f"invitations/{invitation}/accept")
    for event in tape_of(exchange, desk.facts):
        desk.deliver(event)
    with firm_scope(desk.firm_id):
        news = WorkItem.objects.filter(kind="inbound_news")
        ids = list(news.values_list("id", flat=True))
    for item_id in ids:
        assert run_item(item_id, desk.firm_id) == "done"
    with firm_scope(desk.firm_id):
        matter = desk.only().matter
        assert matter is not None
        synced = WorkItem.objects.get(kind="sync_matter", subject_id=matter.id)
        assert synced.connection_id == other.id
        change_status(matter_id=matter.id, to="active", source="lawmatics", origin=f"connection:{other.id}")
        draft = CaseUpdate.objects.get()
        assert (draft.state, draft.author_id) == ("draft", None) and "Active" in draft.content
        own = f"connection:{Connection.objects.get(provider='lexamica').id}"
        change_status(matter_id=matter.id, to="pending", source="lexamica", origin=own)
        assert "Active" in CaseUpdate.objects.get().content, "what the exchange told is not told back"
        CaseUpdate.objects.update(author_id=uuid.uuid4())
        change_status(matter_id=matter.id, to="closed")
        assert "Active" in CaseUpdate.objects.get().content, "a person's draft stays"


def test_the_page_shows_what_is_told_and_when_is_looked_next(
    desk: Desk, exchange: Any, sender: Office, ours: dict[str, Any]
) -> None:
    with firm_scope(desk.firm_id):
        firm = Firm.objects.get(id=desk.firm_id)
    person = make_person(firm, Role.ADMIN)
    invited(exchange, sender)
    feed(desk, exchange)
    desk.look()
    page = person.browser.get(reverse("integration_webhooks", args=["lexamica"])).content.decode()
    assert "Case Invitation Received" in page and "Read up to" in page and "Next look" in page
    assert "every 5 minutes, more often than the 15 minutes you chose" in " ".join(page.split())
    assert "Changed matters" not in page and "Set up" in page
    with firm_scope(desk.firm_id):
        event = InboundEvent.objects.filter(source="poll").first()
        assert event is not None
    detail = person.browser.get(reverse("integration_webhook_event", args=["lexamica", event.id])).content.decode()
    assert "what stands already is left as it is" in detail

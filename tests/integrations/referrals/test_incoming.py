"""What an exchange tells becomes the firm's referrals: who is meant, what is proven, what waits, what is only shown."""

from typing import Any

import pytest

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.referrals.models import Invitation, Referral
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

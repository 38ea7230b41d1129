"""The matters of sent cases follow what really arrives: the same end in every order and way, and nothing goes back."""

from typing import Any

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.matters import change_status, create_matter
from casehug.outbox.models import OutboxEvent
from casehug.referrals import statuses
from casehug.referrals.models import CaseUpdate, Referral
from integrations.referrals.cases import origin
from tests.integrations.referrals.conftest import WORD, MakeDesk
from tests.integrations.referrals.desk import Desk, tape_of
from tests.sandbox.lexamica.office import Office

WANTED = {"settled": "closed", "working": "active", "lost": "pending", "odd": "pending"}


def story(exchange: Any, ours: dict[str, Any]) -> dict[str, str]:
    """Four cases leave: one is settled, one is worked on, one finds nobody, one gets a word nobody knows."""
    act = exchange.control
    partner = Office(exchange, name="Partner", network=ours["network"])
    values = {"organization": ours["id"], "client.firstName": "Ada", "client.phone": "+1 212 555 0142",
              "incident.date": "2026-01-05", "incident.address.state": "NY", "caseType": WORD,
              "summary": "A bite."}  # fmt: skip
    by = {"organization": partner.id}
    found = {name: act("POST", "cases", **values, **{"client.lastName": name})["id"] for name in WANTED}
    exchange.advance(3)
    for name, case in found.items():
        exchange.advance(1)
        rows = act("GET", f"cases/{case}")["invitations"]
        act("POST", f"invitations/{rows[-1]['id']}/{'decline' if name == 'lost' else 'accept'}", reason="Conflict")
        if name == "odd":
            act("POST", f"cases/{case}/update", title="Now", content="We wait.", stage="On the moon", **by)
        elif name != "lost":
            act("POST", f"cases/{case}/update", title="Filed", content="The claim is filed.", stage="Litigation", **by)
        if name == "settled":
            exchange.advance(1)
            act("POST", f"cases/{case}/settle", grossAmount="9000", **by)
            act("POST", f"cases/{case}/conclude", status="completed")
    exchange.advance(3)
    return found


def follow(desk: Desk, cases: dict[str, str]) -> Desk:
    """Put down what the firm has sent, each case with its matter; acceptance alone means nothing here."""
    with firm_scope(desk.firm_id):
        case_type = CaseType.objects.get(key="divorce_standard")
        statuses.save_statuses(changes={"result:accepted": "leave", "stage:retained": "leave"}, stages=["Retained"])
        for name, case in cases.items():
            desk.sent_case(case, matter=create_matter(title=name, case_type_id=case_type.id))
    return desk


def found(desk: Desk) -> dict[str, str]:
    with firm_scope(desk.firm_id):
        return dict(Matter.objects.values_list("title", "status"))


def test_every_way_and_order_gives_the_same_status(exchange: Any, ours: dict[str, Any], make_desk: MakeDesk) -> None:
    first = make_desk().set_up("originator")
    cases = story(exchange, ours)
    tape = tape_of(exchange, ours)
    told = follow(make_desk().like(first), cases)
    told.deliver_shuffled(tape, seed=0)
    assert found(told) == WANTED
    polled = follow(make_desk().like(first), cases)
    assert polled.look() == "done"
    polled.work()
    assert found(polled) == WANTED


def test_nothing_goes_back_to_the_exchange(exchange: Any, ours: dict[str, Any], make_desk: MakeDesk) -> None:
    """Also not where the matter came from another firm of the same exchange."""
    first = make_desk().set_up("originator")
    cases = story(exchange, ours)
    desk = follow(make_desk().like(first), cases)
    with firm_scope(desk.firm_id):
        for matter in Matter.objects.all():
            Referral.objects.create(direction="in", state="accepted", matter=matter, provider="lexamica")
    for event in tape_of(exchange, ours):
        desk.deliver(event, work=True)
    assert found(desk) == WANTED
    with firm_scope(desk.firm_id):
        moved = OutboxEvent.objects.filter(type="matter.updated", data__fields=["status"])
        assert set(moved.values_list("origin", flat=True)) == {origin(desk.connection())} and moved.count() >= 2
        assert not CaseUpdate.objects.filter(direction="out").exists()
        assert not WorkItem.objects.filter(kind__in=("post_update", "answer_invitation", "send_referral")).exists()
    with firm_scope(desk.firm_id):  # what a person changes is told: the rows above are no empty proof
        change_status(matter_id=Matter.objects.get(title="working").id, to="pending")
        assert CaseUpdate.objects.filter(direction="out", state="draft").exists()

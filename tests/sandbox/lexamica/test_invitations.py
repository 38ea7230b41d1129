"""The five answers to an invitation: what each does, twice, late, by the wrong firm, and without an id."""

from __future__ import annotations

import pytest

from tests.plugin.exchange import Exchange
from tests.sandbox.lexamica.office import Office, invitations, invited

FIVE = ("accept", "decline", "evaluate", "contact-attempted", "consult-complete")
WHY = {"why": "Conflict of interest"}


@pytest.fixture
def asked(exchange: Exchange, sender: Office, firms: list[Office]) -> str:
    """An invitation of the first firm."""
    return invited(exchange, sender)[1]


def refused(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]  # type: ignore[attr-defined]


def test_accept_answers_mapped_and_moves_the_case(
    exchange: Exchange, sender: Office, firms: list[Office], asked: str
) -> None:
    sender.keep("Case Invitation Accepted", "CaseInvitation")
    sender.keep("Case Stage Changed", "Case")
    answer = firms[0].answer("accept", asked, remark="We call today")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["invitation"], body["yes"], body["no"], body["remark"]) == (asked, True, False, "We call today")
    assert sender.events() == ["Case Invitation Accepted", "Case Stage Changed"]
    case = exchange.control("GET", f"cases/{body['case_id']}")
    assert (case["state"], case["handler"]) == ("accepted", firms[0].number)


def test_decline_needs_a_reason_and_passes_it_on(sender: Office, firms: list[Office], asked: str) -> None:
    sender.keep("Case Invitation Declined", "CaseInvitation")
    absent = firms[0].answer("decline", asked)
    assert absent.status_code == 400 and absent.json()["details"][0]["field"] == "why"
    assert firms[0].answer("decline", asked, why="x" * 2001).status_code == 400
    assert firms[0].answer("decline", asked, **WHY).json()["no"] is True
    assert sender.stored()["data"][0]["data"]["why"] == "Conflict of interest"


@pytest.mark.parametrize("last", ["accept", "decline"])
def test_evaluating_blocks_nothing(firms: list[Office], asked: str, last: str) -> None:
    for action in ("evaluate", "contact-attempted", "consult-complete"):
        assert firms[0].answer(action, asked).status_code == 200
    final = firms[0].answer(last, asked, **WHY).json()
    assert (final["thinking"], final["called"], final["met"]) == (True, True, True)
    assert final["yes"] is (last == "accept")


@pytest.mark.parametrize("action", [name for name in FIVE if name != "contact-attempted"])
def test_an_identical_second_answer_changes_nothing(
    exchange: Exchange, sender: Office, firms: list[Office], asked: str, action: str
) -> None:
    name = {"accept": "Accepted", "decline": "Declined", "evaluate": "Evaluating"}.get(action, "Consult Complete")
    sender.keep(f"Case Invitation {name}", "CaseInvitation")
    first, second = (firms[0].answer(action, asked, **WHY) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200) and first.json() == second.json()
    assert len(sender.events()) == 1
    counted = exchange.control("GET", "ledger")["answers"]["by_key"]
    assert counted == {f"{asked}:{action.replace('-', '_')}": 1}


def test_every_contact_attempt_counts(exchange: Exchange, firms: list[Office], asked: str) -> None:
    case = firms[0].answer("contact-attempted", asked).json()["case_id"]
    assert firms[0].answer("contact-attempted", asked).status_code == 200
    assert invitations(exchange, case)[0]["contact_attempts"] == 2


@pytest.mark.parametrize(("first", "then"), [("accept", "decline"), ("decline", "accept"), ("accept", "evaluate")])
def test_a_conflicting_answer(firms: list[Office], asked: str, first: str, then: str) -> None:
    firms[0].answer(first, asked, **WHY)
    assert refused(firms[0].answer(then, asked, **WHY)) == (409, "invitation_already_resolved")


def test_contact_and_consultation_after_acceptance_but_not_after_decline(
    exchange: Exchange, sender: Office, firms: list[Office], asked: str
) -> None:
    firms[0].answer("accept", asked)
    assert firms[0].answer("contact-attempted", asked).status_code == 200
    assert firms[0].answer("consult-complete", asked).status_code == 200
    _, other = invited(exchange, sender)
    firms[0].answer("decline", other, **WHY)
    assert refused(firms[0].answer("contact-attempted", other)) == (409, "invitation_already_resolved")


@pytest.mark.parametrize("action", FIVE)
def test_after_the_deadline(exchange: Exchange, firms: list[Office], asked: str, action: str) -> None:
    firms[0].answer("evaluate", asked)
    exchange.advance(48 * 3600)
    assert refused(firms[0].answer(action, asked, **WHY)) == (409, "invitation_expired")


@pytest.mark.parametrize("action", FIVE)
def test_foreign_and_unknown(sender: Office, firms: list[Office], asked: str, action: str) -> None:
    assert refused(firms[1].answer(action, asked, **WHY)) == (403, "not_addressed")
    assert refused(sender.answer(action, asked, **WHY)) == (403, "not_addressed")
    assert refused(firms[0].answer(action, "0" * 24, **WHY)) == (404, "invitation_not_found")
    assert firms[0].answer(action, "not an id", **WHY).status_code == 400


def test_a_mapping_without_the_invitations_id(exchange: Exchange, firms: list[Office], asked: str) -> None:
    fields = [{"source": "case_id", "target": "referral._id"}, {"source": "yes", "target": "accepted"}]
    body = {"name": "poor", "model": "CaseInvitation", "fields": fields}
    poor = firms[0].call("POST", "mappings", key="private", json=body).json()["_id"]
    path = f"case-invitation/{poor}/accept"
    assert firms[0].inbound(path, {"invitation": asked}).status_code == 400
    case = next(row for row in exchange.control("GET", "cases")["cases"] if row["invitations"])["id"]
    answer = firms[0].inbound(path, {"case_id": case})  # the case names it as well
    assert answer.status_code == 200 and answer.json() == {"case_id": case, "yes": True}
    assert refused(firms[1].inbound(f"case-invitation/{poor}/accept", {"case_id": case}))[0] == 404  # foreign mapping


def test_own_actions_come_back_as_events_unless_switched_off(
    exchange: Exchange, sender: Office, firms: list[Office], asked: str
) -> None:
    firms[0].keep("Case Invitation Accepted", "CaseInvitation")
    firms[0].answer("accept", asked)
    assert firms[0].events() == ["Case Invitation Accepted"]
    exchange.switch(own_action_events="off")
    _, other = invited(exchange, sender)
    firms[0].answer("accept", other)
    assert firms[0].events() == ["Case Invitation Accepted"]

"""Cases: sending, drafts, existing ones, the relay with its looks, and what each step tells whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugin.exchange import Exchange
from tests.sandbox.lexamica.office import PERSON, Office, invitations, invited

CASE_EVENTS = ("Case Created", "Case Received", "Case Relay Matched", "Case Relay Rejected", "Case Relay Missed",
               "Case Edited", "Case Fields Updated", "Case Deleted", "Case Stage Changed")  # fmt: skip
INVITATION_EVENTS = ("Case Invitation Sent", "Case Invitation Received", "Case Invitation Accepted",
                     "Case Invitation Declined", "Case Invitation Expired", "Case Invitation Cancelled")  # fmt: skip


def watch(*offices: Office) -> None:
    for office in offices:
        for event in CASE_EVENTS:
            office.keep(event, "Case")
        for event in INVITATION_EVENTS:
            office.keep(event, "CaseInvitation")


def test_send_answers_in_own_names_and_the_relay_asks_the_first_firm(
    exchange: Exchange, sender: Office, firms: list[Office]
) -> None:
    watch(sender, firms[0])
    made = sender.send(our_number="M-1")
    assert len(made["case_id"]) == 24 and made["area"] == "Dog Bite Injuries" and made["our_number"] == "M-1"
    assert "unknown_name" not in made and sender.events() == ["Case Created"]
    exchange.advance(1)
    assert sender.events() == ["Case Created"]
    exchange.advance(1.5)
    assert sender.events() == ["Case Created", "Case Relay Matched", "Case Invitation Sent"]
    told = firms[0].stored()["data"]
    assert [row["event"] for row in told] == ["Case Invitation Sent", "Case Invitation Received", "Case Received"]
    assert told[2]["data"]["first"] == "Ida" and "our_number" not in told[2]["data"]
    assert told[1]["data"]["case_id"] == made["case_id"] and told[1]["data"]["yes"] is False


def test_a_repeated_send_makes_a_second_case_and_the_ledger_sees_it(exchange: Exchange, sender: Office) -> None:
    marker = "ABCDEFGHIJKLMNOPQ234"
    for _ in range(2):
        sender.send(our_number="M-2", story=f"Reference {marker}")
    counted = exchange.control("GET", "ledger", organization=sender.number)["cases"]
    assert counted["total"] == 2 and counted["by_key"]["M-2"] == 2 and counted["by_key"][marker] == 2


@pytest.mark.parametrize("absent", ["first", "phone", "day", "us_state", "story"])
def test_send_needs_the_observed_fields(exchange: Exchange, sender: Office, absent: str) -> None:
    body = {name: value for name, value in PERSON.items() if name != absent}
    answer = sender.inbound("case/{Case}/send", body)
    assert answer.status_code == 400 and answer.json()["details"] == [{"field": absent, "message": "is required"}]
    exchange.switch(required_fields="lenient")
    assert sender.inbound("case/{Case}/send", body).status_code == 201


def test_an_unmatched_case_type_lands_as_other_with_success(exchange: Exchange, sender: Office) -> None:
    watch(sender)
    made = sender.send(area="dog bite injuries")
    exchange.advance(3600)
    assert exchange.control("GET", f"cases/{made['case_id']}")["state"] == "other"
    assert made["area"] == "Other" and sender.events() == ["Case Created"]


def test_nobody_fits_is_rejected(exchange: Exchange, sender: Office) -> None:
    watch(sender)
    case = sender.send()["case_id"]
    exchange.advance(3)
    assert exchange.control("GET", f"cases/{case}")["state"] == "rejected"
    assert sender.events() == ["Case Created", "Case Relay Rejected"]


def test_firms_are_asked_by_type_and_state(exchange: Exchange, sender: Office) -> None:
    Office(exchange, name="Elsewhere", network="test", states=["NY"])
    Office(exchange, name="Otherwise", network="test", case_types=["Family Law"])
    fits = Office(exchange, name="Fits", network="test", states=["CA"])
    case, _ = invited(exchange, sender)
    assert [row["handler"] for row in invitations(exchange, case)] == [fits.number]


def test_three_looks_then_missed(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    Office(exchange, name="Fourth", network="test")
    watch(sender)
    case, first = invited(exchange, sender)
    assert firms[0].answer("decline", first, why="Conflict").status_code == 200
    exchange.advance(3)
    second = invitations(exchange, case)[-1]
    assert (second["look"], second["handler"]) == (2, firms[1].number)
    exchange.advance(48 * 3600)  # not answered
    exchange.advance(3)
    third = invitations(exchange, case)[-1]
    assert third["handler"] == firms[2].number
    assert firms[2].answer("decline", third["id"], why="Too busy").status_code == 200
    assert [row["state"] for row in invitations(exchange, case)] == ["declined", "expired", "declined"]
    assert exchange.control("GET", f"cases/{case}")["state"] == "missed"
    assert sender.events().count("Case Relay Matched") == 1 and sender.events()[-1] == "Case Relay Missed"
    assert sender.events().count("Case Invitation Sent") == 3


def test_a_missed_case_can_be_sent_again_as_something_new(
    exchange: Exchange, sender: Office, firms: list[Office]
) -> None:
    exchange.switch(looks=1)
    case, first = invited(exchange, sender)
    exchange.advance(49 * 3600)
    exchange.control("POST", f"cases/{case}/send")
    exchange.advance(3)
    again = invitations(exchange, case)[-1]
    assert again["id"] != first and again["handler"] == firms[0].number and again["state"] == "new"


def test_speed_shortens_lives_but_not_the_truth_of_the_deadline(exchange: Exchange, sender: Office) -> None:
    firm = Office(exchange, name="Fast", network="test")
    firm.keep("Case Invitation Received", "CaseInvitation")
    exchange.switch(speed=172_800 * 4)  # 48 hours in a quarter of a second
    sender.send()
    deadline = exchange.control("GET", "clock")["now"]
    for _ in range(400):
        state = exchange.control("GET", "state")["states"]["invitation"]
        if state.get("expired"):
            break
        exchange.advance(0.01)
    assert state == {"expired": 1}
    assert firm.stored()["data"][0]["data"]["expires_at"] > deadline


def test_draft_is_not_sent_until_staff_does(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    made = sender.inbound("case/{Case}/draft", {"first": "Ida", "area": "Dog Bite Injuries"})
    assert made.status_code == 201
    case = made.json()["case_id"]
    exchange.advance(60)
    shown = exchange.control("GET", f"cases/{case}")
    assert shown["state"] == "draft" and shown["suggestions"] == [firm.id for firm in firms]
    exchange.control("POST", f"cases/{case}/send", firm=firms[2].id)
    exchange.advance(3)
    assert [row["handler"] for row in invitations(exchange, case)] == [firms[2].number]


def existing(office: Office, partner: str | None, **params: Any) -> Any:
    body = PERSON | ({"partnerFirmId": partner} if partner else {})
    return office.inbound("case/{Case}/create-existing", body, **params)


def test_create_existing_with_a_partner_skips_the_relay(
    exchange: Exchange, sender: Office, firms: list[Office]
) -> None:
    watch(sender, firms[1])
    made = existing(sender, firms[1].id)
    assert made.status_code == 201 and made.json()["partner"] == {"id": firms[1].id, "name": "Firm 2"}
    exchange.advance(3600)
    assert sender.events() == ["Case Created"] and firms[1].events() == ["Case Received"]
    assert invitations(exchange, made.json()["case_id"]) == []
    assert existing(sender, None, params={"partnerFirmId": firms[0].id}).json()["partner"]["name"] == "Firm 1"
    both = existing(sender, firms[1].id, params={"partnerFirmId": firms[0].id})
    assert both.json()["partner"]["name"] == "Firm 2"


def test_create_existing_without_a_partner_is_a_silent_draft(
    exchange: Exchange, sender: Office, firms: list[Office]
) -> None:
    case = existing(sender, None).json()["case_id"]
    exchange.advance(3600)
    shown = exchange.control("GET", f"cases/{case}")
    assert (shown["state"], shown["invitations"], len(shown["suggestions"])) == ("draft", [], 3)


def test_an_unknown_partner_creates_nothing(exchange: Exchange, sender: Office) -> None:
    answer = existing(sender, "0" * 24)
    assert (answer.status_code, answer.json()["error"]) == (404, "partner_firm_not_found")
    assert exchange.control("GET", "ledger")["cases"]["total"] == 0
    assert exchange.control("GET", "cases", organization=sender.number)["cases"] == []


def test_cancel_edit_and_delete_by_the_sender(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    watch(sender, firms[0])
    case, one = invited(exchange, sender)
    exchange.control("POST", f"cases/{case}/edit", **{"client.phone": "+1 415 555 0199"})
    assert sender.events()[-2:] == ["Case Edited", "Case Fields Updated"]
    assert sender.stored(event="Case Edited")["data"][0]["data"]["phone"] == "+1 415 555 0199"
    exchange.control("POST", f"cases/{case}/cancel")
    assert firms[0].events()[-1] == "Case Invitation Cancelled"
    late = firms[0].answer("accept", one)
    assert (late.status_code, late.json()["error"]) == (409, "invitation_cancelled")
    exchange.control("POST", f"cases/{case}/delete")
    assert sender.events()[-1] == "Case Deleted"


def test_client_data_can_wait_for_acceptance(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    exchange.switch(client_before_acceptance="hidden")
    firms[0].keep("Case Received", "Case")
    invited(exchange, sender)
    data = firms[0].stored()["data"][0]["data"]
    assert data["area"] == "Dog Bite Injuries" and "first" not in data and "story" not in data


def test_firms_can_answer_by_themselves(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    exchange.switch(organization=firms[0].number, auto_answer="decline")
    exchange.switch(organization=firms[1].number, auto_answer="accept")
    case, _ = invited(exchange, sender)
    exchange.advance(3)
    assert [row["state"] for row in invitations(exchange, case)] == ["declined", "accepted"]

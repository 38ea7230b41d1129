"""Deliveries in the shapes seen at the stand-in: every event, enveloped and bare, becomes the same neutral facts."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.contract.changes import Kind
from integrations.contract.referrals import Party
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.inbound import INBOUND, KINDS

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
FIRM, OTHER, CASE_ID = "65f000000000000000000001", "65f000000000000000000002", "65f0000000000000000000c1"
CASE = {
    "case_id": CASE_ID, "external_id": "MARKER", "first_name": "Ida", "last_name": "Berg", "email": "ida@example.com",
    "phone": "+1 415 555 0100", "place": "CA", "case_type": "Dog Bite Injuries", "incident_date": "2026-01-03",
    "summary": "What happened?:\nA bite\n\n", "stage": "Received", "handler_id": OTHER, "handler_name": "Harbor",
    "originator_id": FIRM, "originator_name": "Sender", "updated_at": "2026-01-05T11:00:00.000Z",
}  # fmt: skip
INVITED = {
    "invitation_id": "65f0000000000000000000d1", "case_id": CASE_ID, "accepted": False, "declined": False,
    "expired": False, "cancelled": False, "evaluating": True, "contact_attempted": True, "consult_complete": False,
    "expires_at": "2026-01-07T12:00:00.000Z", "created_at": "2026-01-05T12:00:00.000Z", "handler_id": OTHER,
}  # fmt: skip
UPDATED = {"update_id": "u1", "case_id": CASE_ID, "title": "Status", "content": "Filed.\nNext: May", "author_id": OTHER,
           "happened_at": "2026-01-05T10:00:00.000Z", "stage": "Litigation"}  # fmt: skip
SETTLED = {"settlement_id": "s1", "case_id": CASE_ID, "gross": "10000.50", "referral_fee": "1000", "status": "started",
           "expenses": "NaN"}  # fmt: skip
FILE = {"file_id": "f1", "case_id": CASE_ID, "name": "retainer.pdf", "content_type": "application/pdf", "size": 12,
        "url": "https://files.example/f1?token=abc", "status": "stored", "author_id": OTHER}  # fmt: skip
SAMPLES = {"case": CASE, "case_invitation": INVITED, "case_update": UPDATED, "case_settlement": SETTLED,
           "attachment": FILE}  # fmt: skip


def both(event: str, data: Any) -> Any:
    """Read an event in both forms; they must tell the same."""
    name = catalogue.event_name(event)
    stamp = "2026-01-05T12:00:00.000Z"
    enveloped = {"event": name, "eventId": "e1", "timestamp": stamp, "organizationId": FIRM, "data": data}
    headers = {"x-lexamica-event": name, "x-lexamica-delivery": "e1", "x-lexamica-timestamp": stamp}
    first = INBOUND.change_of(headers, json.dumps(enveloped).encode())
    second = INBOUND.change_of(headers, json.dumps(data).encode())
    assert (first.kind, first.event_id, first.occurred_at, first.news) == (
        second.kind, second.event_id, second.occurred_at, second.news
    )  # fmt: skip
    assert first == INBOUND.parse(json.dumps(enveloped).encode())
    return first


@pytest.mark.parametrize("event", KINDS)
def test_every_event_of_the_catalogue_has_a_kind(event: str) -> None:
    change = both(event, SAMPLES[catalogue.model_of(event)])
    assert change.kind is KINDS[event] is not Kind.UNKNOWN and change.news.case_id == CASE_ID
    assert set(KINDS) == set(catalogue.entry("events"))


def test_what_each_tells() -> None:
    case = both("case_received", CASE).news
    assert case.case.first_name == "Ida" and case.case.incident_date == date(2026, 1, 3)
    assert case.case.summary == "What happened?:\nA bite" and case.case.handler == Party(OTHER, "Harbor")
    assert case.external_id == "MARKER" and case.at == AT.replace(hour=11)
    asked = both("invitation_received", INVITED).news.invitation
    assert asked.state == "evaluating" and asked.expires_at == AT.replace(day=7) and asked.resolved_at is None
    assert asked.contact_attempted and not asked.consult_complete
    update = both("update_made", UPDATED).news.update
    assert (update.key, update.content, update.author.id) == ("u1", "Filed.\nNext: May", OTHER)
    money = both("settlement", SETTLED).news.settlement
    assert money.gross == Decimal("10000.50") and money.expenses is None and money.referral_fee == Decimal("1000.00")
    assert (
        both("attachment_removed", FILE).news.file.removed and not both("attachment_uploaded", FILE).news.file.removed
    )


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ({}, "evaluating"), ({"evaluating": False}, "new"), ({"accepted": True}, "accepted"),
        ({"declined": True}, "declined"), ({"expired": True}, "expired"),
        ({"cancelled": True, "accepted": True}, "cancelled"), ({"accepted": "true"}, "evaluating"),
    ],
)  # fmt: skip
def test_state_of_an_invitation(flags: dict[str, Any], state: str) -> None:
    found = both("invitation_sent", INVITED | flags).news.invitation
    assert found.state == state and (found.resolved_at == AT) == (state not in ("new", "evaluating"))


def test_unknown_names_are_kept_and_nothing_is_made_of_them() -> None:
    body = {"event": "Case Moon Phase", "eventId": "e", "data": CASE}
    change = INBOUND.parse(json.dumps(body).encode())
    assert change.kind is Kind.UNKNOWN and change.event_type == "Case Moon Phase" and change.news is None
    assert INBOUND.parse(json.dumps(CASE).encode()).kind is Kind.UNKNOWN
    assert INBOUND.parse(json.dumps(body | {"event": " case  CREATED "}).encode()).kind is Kind.REFERRAL_CREATED


ODD = [
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "\x00",
    "\ud800",
    "x" * 30_000,
    [],
    {},
    ["a"],
    {"a": {}},
    "2026-13-40",
    "٣",
    "1e999",
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_values_never_raise_and_can_be_stored(odd: object) -> None:
    for event in KINDS:
        sample = SAMPLES[catalogue.model_of(event)]
        change = both(event, dict.fromkeys(sample, odd))
        text = repr(change.news)
        assert "\\x00" not in text and "\\ud800" not in text
        name = json.dumps({"event": odd, "eventId": odd, "timestamp": odd, "organizationId": odd, "data": sample})
        INBOUND.parse(name.encode())

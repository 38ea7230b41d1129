"""The page asks a person what nobody else can tell; and the proof that no machine answers it."""

from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.referrals.models import Referral
from integrations.providers.lexamica.provider import PROVIDER
from integrations.referrals import cases
from tests.conftest import make_person
from tests.integrations.referrals.outgoing.trade import Side

CARELESS = replace(
    PROVIDER, operations={key: replace(one, ask_person=frozenset()) for key, one in PROVIDER.operations.items()}
)  # fmt: skip
"""The provider without its promise: what is not found counts as not arrived."""


def lost_case(sender: Side) -> Referral:
    """A case whose reply is lost while nothing is kept there for us."""
    sender.forget_kept()
    sender.lose("case/send")
    row = sender.refer()
    sender.settle()
    return row


def test_two_buttons_decide_and_pressing_twice_changes_nothing(market: Any, sender: Side) -> None:
    row = lost_case(sender)
    with firm_scope(sender.firm_id):
        firm = Firm.objects.get(id=sender.firm_id)
    people = {role: make_person(firm, role) for role in (Role.ATTORNEY, Role.STAFF, Role.AUDITOR)}
    page = f"/referrals/{row.public_id}/"
    text = people[Role.ATTORNEY].browser.get(page).content.decode()
    assert "It did not arrive, send it again" in text and "nothing we can see in Lexamica says" in text
    url = text.split('action="/referrals/outcomes/')[1].split('"')[0]
    address = f"/referrals/outcomes/{url}"
    assert "It arrived" in people[Role.STAFF].browser.get(page).content.decode()
    assert people[Role.STAFF].browser.post(address, {"act": "arrived"}).status_code == 403
    assert people[Role.AUDITOR].browser.post(address, {"act": "arrived"}).status_code == 403
    assert people[Role.ATTORNEY].browser.post(address, {"act": "maybe"}).status_code == 404
    for _ in range(2):
        assert people[Role.ATTORNEY].browser.post(address, {"act": "arrived"}).status_code == 302
    sender.settle()
    assert sender.read(row).state == "matching" and market.control("GET", "ledger")["cases"]["total"] == 1
    assert "It arrived" not in people[Role.ATTORNEY].browser.get(page).content.decode()
    with firm_scope(sender.firm_id):  # the id there is told later; another one never takes its place
        for told in ("65f0aa", "65f0bb"):
            cases.link(sender.connection(), cases.CASE, row.id, told, how="reconciled")
        assert cases.linked(sender.connection(), cases.CASE, "65f0aa") == row.id
        assert cases.linked(sender.connection(), cases.CASE, "65f0bb") is None


@pytest.mark.parametrize("careless", [False, True])
def test_without_the_promise_a_second_case_would_be_made(
    market: Any, sender: Side, settings: Settings, careless: bool
) -> None:
    """Sabotage: the same lost reply with a provider that lets absence count must make a duplicate."""
    if careless:
        others = [path for path in settings.INTEGRATION_PROVIDERS if "lexamica" not in path]
        settings.INTEGRATION_PROVIDERS = [*others, f"{__name__}.CARELESS"]
    row = lost_case(sender)
    assert market.control("GET", "ledger")["cases"]["total"] == (2 if careless else 1)
    assert sender.read(row).state == ("matching" if careless else "unknown")

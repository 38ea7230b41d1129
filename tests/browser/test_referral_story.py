"""A referral goes round as people click it: exchange → CaseHug → Lawmatics → back to CaseHug → back to the exchange."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, expect

from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.referrals.choices import Choices, save_choices
from harness.standin import StandIn
from integrations.inbound import endpoints
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink
from tests.browser.conftest import Watched, again, look
from tests.browser.test_main_story import sign_in_as
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN, SECRET = "admin.referrals@example.com", "only-for-the-story"
HOME = "/settings/integrations/lexamica/"
PATIENCE = 30_000
"""Milliseconds for what another process does; it goes on as soon as it is there."""
CASE = {"First name": "Ida", "Last name": "Berg", "Phone": "+1 415 555 0100", "State (two letters)": "CA",
        "E-mail": "ida@example.com", "Date of the incident": "2026-01-03", "Summary": "A dog bit her."}  # fmt: skip


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    """A firm that sends its matters to Lawmatics and hears from there."""
    standin = StandIn(stack.standin_url)
    standin.reset(rate_limit="off")
    made = make_firm("Alder")
    add_member(firm_id=made.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    token = requests.post(f"{stack.standin_url}/control/accounts/8101/token", json={}, timeout=30).json()
    with firm_scope(made.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101", calls_per_minute=100_000,
                         auto_sync_on_matter_created=True)  # fmt: skip
        row.seal_token("access_token", token["access_token"])
        row.save(force_insert=True)
        endpoint = endpoints.ensure_endpoint(row)
        endpoints.save_secret(endpoint_id=endpoint.id, label="All", value=Secret(SECRET), actor_id=None)
        url = endpoints.address(endpoint, "lawmatics")
        save_choices(Choices(vocabulary=("Dog Bite Injuries",), case_types={"Dog Bite Injuries": "divorce_standard"}))
    prepare_account(connection=row, lane=0)
    hook = {"account": 8101, "name": "All", "url": url, "event_type": "*", "secret": SECRET}
    assert requests.post(f"{stack.standin_url}/control/webhooks", json=hook, timeout=30).ok
    return made


def connect(office: Watched, base: str, ours: dict[str, Any]) -> None:
    """Enter the keys, choose to handle cases by webhooks, wait until the account is set up."""
    page = office.page
    page.goto(f"{base}{HOME}")
    page.get_by_role("link", name="Connect to Lexamica").click()
    look(office, "lexamica-keys")
    for label, name in (("Organization ID", "id"), ("Public Key", "public_key"), ("Private Key", "private_key")):
        page.get_by_label(label).fill(ours[name])
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_text("accepts the keys")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Receive, answer and work cases from here").check()
    page.get_by_label("Webhooks:").check()
    look(office, "lexamica-ways")
    page.get_by_role("button", name="Save and set up").click()
    expect(page.locator("#set-up").get_by_text("Complete", exact=True)).to_be_visible(timeout=PATIENCE)
    look(office, "lexamica-connection")


def send_case(partner: Watched, exchange: Any) -> None:
    """Staff of the other firm send a case on the exchange's own screen; it offers it to us."""
    page = partner.page
    page.goto(f"{exchange.url}/app/new")
    for label, value in CASE.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Case type").select_option("Dog Bite Injuries")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Ida Berg").first).to_be_visible(timeout=PATIENCE)
    exchange.advance(3)


def accept(office: Watched, phone: Watched, base: str) -> None:
    """The invitation stands in the inbox with its deadline; after the conflict check it is accepted."""
    page = office.page
    page.goto(f"{base}/referrals/")
    row = page.get_by_role("link", name="Ida Berg").first
    until_there(office, row)
    expect(page.locator("main time").first).to_be_visible()
    look(office, "referral-inbox")
    look(phone, "referral-inbox-phone", f"{base}/referrals/")
    row.click()
    page.get_by_role("button", name="I'll take it").click()
    page.get_by_label("No conflict", exact=True).check()
    page.get_by_role("button", name="Write it down").click()
    look(office, "referral-invitation")
    look(phone, "referral-invitation-phone", page.url)
    page.get_by_role("button", name="Accept", exact=True).click()
    until_there(office, page.locator("#answer").get_by_role("link", name="Berg"))
    look(office, "referral-accepted")


def until_there(view: Watched, what: Locator, times: int = 60) -> None:
    """Reload until something another process does is shown."""
    for _ in range(times):
        if what.count():
            break
        view.page.wait_for_timeout(500)
        again(view.page)
    expect(what.first).to_be_visible()


def move_there(stack: Stack, firm: Firm) -> None:
    """Staff move the matter to another stage in Lawmatics."""
    with firm_scope(firm.id):
        remote = ExternalLink.objects.get(local_type="matter").external_id
    route = f"{stack.standin_url}/control/matters/{remote}/stage"
    assert requests.post(route, json={"stage_name": "Retained"}, timeout=30).ok


def test_a_referral_goes_round(stack: Stack, firm: Firm, exchange: Any, window: Window) -> None:
    network = f"story-{uuid.uuid4()}"
    ours = exchange.firm(name="Alder Law", network=network, invitation_seconds=7200)
    other = exchange.firm(name="Nordwind Law", network=network, handler=False)
    office, partner, phone = window(), window(), window(width=390, height=844, scheme="dark")
    for each in (office, phone):
        sign_in_as(each.page, stack.base_url, ADMIN)
    connect(office, stack.base_url, ours)
    partner.context.add_cookies([{"name": "standin_firm", "value": str(other["number"]), "url": exchange.url}])
    send_case(partner, exchange)
    accept(office, phone, stack.base_url)

    page = office.page
    page.locator("#answer").get_by_role("link", name="Berg").click()
    until_there(office, page.locator("#lawmatics-panel").get_by_text("Synced"))
    look(office, "referral-matter-synced")
    assert StandIn(stack.standin_url).ledger()["prospects"]["total"] == 1
    move_there(stack, firm)
    until_there(office, page.locator(".badge", has_text="Active"))
    page.locator("#referral").get_by_role("link", name="Received").click()
    until_there(office, page.get_by_role("button", name="Send update"))
    expect(page.get_by_label("Text", exact=True)).to_have_value("The case stands at “Active”.")
    look(office, "referral-update-drafted")
    page.get_by_role("button", name="Send update").click()
    until_there(office, page.locator("#updates").get_by_text("Sent", exact=True))
    look(office, "referral-case")
    look(phone, "referral-case-phone", page.url)
    until_there(partner, partner.page.get_by_text("The case stands at “Active”."))
    look(partner, "lexamica-standin-case")
    ledger = exchange.control("GET", "ledger")
    assert (ledger["answers"]["total"], ledger["updates"]["total"], ledger["keys_in_urls"]) == (1, 1, 0)

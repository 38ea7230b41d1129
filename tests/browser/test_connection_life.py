"""The life of a connection as a firm admin sees it: test, examine, pause, removed access, reconnect, held work done."""

import time
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from casehug.common import work
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Notice, Role
from casehug.firms.services import add_member
from casehug.intake.models import CaseType
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from harness.standin import StandIn
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink
from tests.browser.conftest import Watched, look
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.life@example.com"


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    """A connected firm with one matter that was not sent yet."""
    StandIn(stack.standin_url).reset(rate_limit="off", auto_approve="allow")
    made = make_firm("Birch")
    add_member(firm_id=made.id, email=ADMIN, name="Rowan Birch", role=Role.ADMIN, password=PASSWORD)
    control = f"{stack.standin_url}/control"
    token = requests.post(f"{control}/accounts/8101/token", json={}, timeout=10).json()["access_token"]
    with firm_scope(made.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101",
                         calls_per_minute=100_000)  # fmt: skip
        row.seal_token("access_token", token)
        row.save(force_insert=True)
        client = create_client(first_name="Maya", last_name="Quill", email="maya.quill@example.com")
        case_type = CaseType.objects.get(key="divorce_standard")
        matter = create_matter(title="Quill", case_type_id=case_type.id, client_id=client.id)
        made.matter_id = matter.id  # type: ignore[attr-defined]
    prepare_account(connection=row, lane=0)
    return made


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def until(firm: Firm, done: Callable[[], object]) -> None:
    """Wait until something stands in the database."""
    for _ in range(150):
        with firm_scope(firm.id):
            if done():
                return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


@pytest.mark.slow
def test_life_of_a_connection(stack: Stack, firm: Firm, window: Window) -> None:
    office, place = window(), f"{stack.base_url}/settings/integrations/lawmatics/"
    page = office.page
    sign_in(page, stack.base_url)
    page.goto(place)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#checks .step-label")).to_have_count(10)
    expect(page.locator("#checks")).to_contain_text("clocks differ by")
    page.get_by_role("button", name="Examine now").click()
    expect(page.locator("#behaviour")).to_contain_text("It answers 404.", timeout=20_000)
    page.get_by_role("button", name="Pause receiving").click()
    expect(page.get_by_text("Receiving from Lawmatics is paused by Rowan Birch")).to_be_visible()
    look(office, "connection-life-paused", place)
    page.get_by_role("button", name="Resume receiving").click()
    expect(page.get_by_role("button", name="Pause receiving")).to_be_visible()

    requests.post(f"{stack.standin_url}/control/accounts/8101/remove-app", json={}, timeout=10)
    with firm_scope(firm.id):
        row = Connection.objects.get()
        work.enqueue(kind="sync_matter", queue="sync", subject_type="matter", writes=True, connection_id=row.id,
                     subject_id=firm.matter_id)  # type: ignore[attr-defined]  # fmt: skip
    until(firm, lambda: Notice.objects.filter(mails=1).exists())
    look(office, "connection-life-dashboard", f"{stack.base_url}/")
    expect(page.get_by_text("One matter is waiting and continues by itself")).to_be_visible()
    expect(page.locator("#needs")).to_contain_text("Lawmatics needs a reconnect")
    look(office, "notifications", f"{stack.base_url}/settings/notifications/")
    expect(page.locator("#standing")).to_contain_text("told by mail")
    phone = window(width=390, scheme="dark")
    sign_in(phone.page, stack.base_url)
    look(phone, "connection-life-broken-phone-dark", place)
    look(phone, "notifications-phone-dark", f"{stack.base_url}/settings/notifications/")

    page.goto(place)
    page.locator(".error-state").get_by_role("link", name="Reconnect", exact=True).click()
    expect(page.get_by_text("Lawmatics is connected", exact=False)).to_be_visible(timeout=20_000)
    expect(page.locator("#needs")).not_to_contain_text("reconnect")
    until(firm, lambda: ExternalLink.objects.filter(local_type="matter").exists())
    ledger = requests.get(f"{stack.standin_url}/control/ledger", timeout=10).json()
    assert (ledger["contacts"]["total"], ledger["prospects"]["total"]) == (1, 1)
    look(phone, "connection-life-phone-dark", place)

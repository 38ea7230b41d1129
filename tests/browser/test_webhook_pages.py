"""Webhook events and Stage → Status as a firm admin uses them: store a secret, see events arrive, map a stage."""

import json
import time
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.intake.models import CaseType
from casehug.intake.services.matters import create_matter
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink
from tests.browser.conftest import Watched
from tests.conftest import PASSWORD, make_firm
from tests.integrations.inbound.conftest import signature
from tests.plugin.stack import Stack
from tests.proofs.offices import StandIn

Window = Callable[..., Watched]
ADMIN, SECRET = "admin.hooks@example.com", "whsec_of_the_story"


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    """A connected firm with one linked matter that its staff moved to “Retained” there."""
    StandIn(stack.standin_url).reset(rate_limit="off")
    control = f"{stack.standin_url}/control"
    made = make_firm("Alder")
    add_member(firm_id=made.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    token = requests.post(f"{control}/accounts/8101/token", json={}, timeout=10).json()["access_token"]
    with firm_scope(made.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", remote_firm_name="Lawmatics firm 8101")  # fmt: skip
        row.seal_token("access_token", token)
        row.save(force_insert=True)
    prepare_account(connection=row, lane=0)
    body = {"account": 8101, "first_name": "Maya", "last_name": "Quill", "email": "maya@example.com"}
    remote = requests.post(f"{control}/matters", json=body | {"case_title": "Quill"}, timeout=10).json()["id"]
    requests.post(f"{control}/matters/{remote}/stage", json={"stage_name": "Consultation Scheduled"}, timeout=10)
    with firm_scope(made.id):
        case_type = CaseType.objects.get(key="divorce_standard")
        matter = create_matter(title="Quill — divorce", case_type_id=case_type.id)
        ExternalLink.objects.create(connection=row, remote_firm="8101", local_type="matter", local_id=matter.id,
                                    external_id=str(remote))  # fmt: skip
    made.remote = remote  # type: ignore[attr-defined]
    return made


def deliver(address: str, remote: object, number: int) -> int:
    """Send one signed event to the address that the page shows."""
    event = {"event_id": f"evt_{number}", "firm_id": 8101, "event_type": "matter.stage_changed",
             "data": {"matter_id": remote}}  # fmt: skip
    body, stamp = json.dumps(event).encode(), str(int(time.time()))
    headers = {"X-Lawmatics-Signature": signature(SECRET, stamp, body), "X-Lawmatics-Timestamp": stamp}
    return requests.post(address, data=body, headers=headers, timeout=10).status_code


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def look(view: Watched, url: str, name: str) -> None:
    view.page.goto(url)
    view.picture(name)
    view.check()
    wider = view.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wider, f"{url} is wider than the window"


@pytest.mark.slow
def test_webhook_pages(stack: Stack, firm: Firm, window: Window) -> None:
    office, settings = window(), f"{stack.base_url}/settings/integrations/lawmatics/"
    page = office.page
    sign_in(page, stack.base_url)
    look(office, f"{settings}webhooks/", "webhooks-empty")
    address = page.get_by_label("Receiver address").input_value()
    assert deliver(address, firm.remote, 1) == 401  # type: ignore[attr-defined]
    page.get_by_label("Webhook", exact=True).fill("Stages")
    page.get_by_label("Secret", exact=True).fill(SECRET)
    page.get_by_role("button", name="Store secret").click()
    expect(page.get_by_text("The secret is stored.", exact=False)).to_be_visible()
    assert SECRET not in page.content()
    assert deliver(address, firm.remote, 2) == 200  # type: ignore[attr-defined]
    for _ in range(50):
        page.goto(f"{settings}webhooks/")
        if page.locator("#events tbody tr").count() == 2 and not page.get_by_text("Queued").count():
            break
        page.wait_for_timeout(200)
    expect(page.locator("#events tbody tr")).to_have_count(2)
    look(office, f"{settings}webhooks/", "webhooks")
    page.locator("#events tbody a.primary").first.click()
    page.get_by_role("button", name="Show content").click()
    expect(page.get_by_label("Content of the event")).to_contain_text("evt_")
    office.picture("webhook-event")
    office.check()
    look(office, f"{settings}status/", "status-mapping")
    page.get_by_role("link", name="Map Consultation Scheduled").click()
    page.get_by_label("Status for Consultation Scheduled").first.select_option("closed")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Save these changes").click()
    expect(page.get_by_text("One line changed.")).to_be_visible()
    phone = window(width=390, scheme="dark")
    sign_in(phone.page, stack.base_url)
    look(phone, f"{settings}webhooks/", "webhooks-phone-dark")
    phone.page.locator("#events tbody a.primary").first.click()
    phone.picture("webhook-event-phone-dark")
    phone.check()
    look(phone, f"{settings}status/", "status-mapping-phone-dark")
    phone.page.goto(f"{settings}webhooks/")
    phone.page.locator("#unverified tbody a.primary").first.click()
    phone.picture("webhook-unverified-phone-dark")
    phone.check()

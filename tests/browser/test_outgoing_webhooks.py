"""Outgoing webhooks as a firm admin uses them: add, secret once, a test that fails, resend, rotate; wide and narrow."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from casehug.local import product
from tests.browser.conftest import Watched, again, look
from tests.conftest import PASSWORD, make_firm
from tests.integrations.outbound.listener import Listener, status
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.outgoing@example.com"


@pytest.fixture
def listener(stack: Stack) -> Iterator[Listener]:
    """A listener that web and worker of this run may reach."""
    made = Listener()
    allowed = {"CASEHUG_OUTBOUND_LOCAL": made.place}
    stack.spawn("worker", product.worker_command(), allowed)
    stack.spawn("web", product.web_command(urlsplit(stack.base_url).port or 0), allowed)
    stack.await_answer("web", f"{stack.base_url}/readyz")
    yield made
    made.close()
    stack.restart_worker()
    stack.start_web()
    stack.await_answer("web", f"{stack.base_url}/readyz")


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    made = make_firm("Alder")
    add_member(firm_id=made.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    return made


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def reload_until(page: Page, words: str) -> None:
    for _ in range(50):
        again(page)
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{words} never came")


@pytest.mark.slow
def test_outgoing_webhooks(stack: Stack, firm: Firm, listener: Listener, window: Window) -> None:
    office = window()
    page = office.page
    sign_in(page, stack.base_url)
    page.goto(f"{stack.base_url}/settings/integrations/")
    page.locator("#outgoing").get_by_role("link", name="Open").click()
    expect(page.get_by_text("No receivers yet")).to_be_visible()
    look(office, "outgoing-empty")
    page.get_by_role("link", name="Add a receiver").click()
    page.get_by_label("Address").fill("https://10.0.0.1/hook")
    page.get_by_label("What it is for").fill("Billing")
    page.get_by_label("A matter was made").check()
    page.get_by_role("button", name="Add receiver").click()
    expect(page.get_by_text("private or reserved network").first).to_be_visible()
    look(office, "outgoing-form")
    assert "422" in office.faults.pop()  # Chromium reports the refused form
    page.get_by_label("Address").fill(listener.url("/hook"))
    page.get_by_role("button", name="Add receiver").click()
    secret = page.get_by_label("Signing secret", exact=True).get_by_role("textbox").input_value()
    assert secret.startswith("whsec_")
    look(office, "outgoing-secret")
    page.get_by_role("link", name="I have stored it").click()
    assert secret not in page.content()
    here = page.url
    listener.answers = [status(500, body=b"The database of the receiver is full."), status(200, body=b"thanks")]
    page.get_by_role("button", name="Send test").click()
    reload_until(page, "The receiver answered 500")
    page.get_by_text("First part of the answer").first.click()
    expect(page.get_by_text("The database of the receiver is full.").first).to_be_visible()
    look(office, "outgoing-delivery-failing")
    page.goto(here)
    look(office, "outgoing-receiver-failing")
    with page.expect_navigation():
        page.locator("#deliveries tbody a.primary").first.click()
    reload_until(page, "answer 200")  # the second attempt comes by itself after some seconds
    again(page)  # the answer may have come between two reads of one page
    with page.expect_navigation():
        page.get_by_role("button", name="Send again").click()
    reload_until(page, "sent again by hand")
    assert listener.got[0].headers["webhook-id"] == listener.got[-1].headers["webhook-id"]
    page.goto(here)
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("signs along for 24 hours")).to_be_visible()
    phone = window(width=390, scheme="dark")
    sign_in(phone.page, stack.base_url)
    for url, name in ((here, "receiver"), (f"{stack.base_url}/settings/outgoing-webhooks/", "list"),
                      (f"{stack.base_url}/settings/outgoing-webhooks/new/", "form")):  # fmt: skip
        phone.page.goto(url)
        look(phone, f"outgoing-{name}-phone-dark")
    phone.page.goto(here)
    phone.page.locator("#deliveries tbody a.primary").first.click()
    look(phone, "outgoing-delivery-phone-dark")

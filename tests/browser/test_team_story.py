"""The team in a browser: invite, join, set up an app and a passkey, sign in with them, end sessions."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from casehug.firms.models import Firm, Role
from casehug.firms.services import add_member
from tests.browser.conftest import Watched, again
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

ADMIN, NEW = "admin.team@example.com", "joining@example.com"


@pytest.fixture
def firm(stack: Stack, committed_db: None) -> Firm:
    made = make_firm("Cedar")
    add_member(firm_id=made.id, email=ADMIN, name="Ada Cedar", role=Role.ADMIN, password=PASSWORD)
    return made


def sign_in(page: Page, base: str, email: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def add_security_key(page: Page) -> None:
    """Plug in a key that answers without a finger, as Chromium's own test tools offer it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip


def test_team_and_second_factor(stack: Stack, firm: Firm, window: Callable[..., Watched]) -> None:
    # Passkeys belong to a name, never to an address of numbers.
    base = stack.base_url.replace("127.0.0.1", "localhost")
    office, phone = window(), window(width=390, scheme="dark")
    page = office.page
    sign_in(page, base, ADMIN)
    page.goto(f"{base}/settings/team/")
    page.get_by_label("E-mail").fill(NEW)
    page.get_by_label("Name").fill("Noor Cedar")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(f"The invitation for {NEW} is on its way")).to_be_visible()
    office.picture("team-invited")
    office.check()
    page.get_by_role("button", name="Show a link").click()
    link = page.locator("#join-link").input_value()
    path = re.sub(r"^https?://[^/]+", "", link)
    guest = phone.page
    guest.goto(base + path)
    phone.picture("team-join-phone")
    phone.check()
    guest.get_by_label("Your name").fill("Noor Cedar")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Make my account").click()
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(guest, base, NEW)
    expect(guest.get_by_text("requires two-step sign-in from")).to_be_visible()
    guest.get_by_role("link", name="Set it up").click()
    phone.picture("second-factor-phone")
    phone.check()
    guest.get_by_role("link", name="Set up an app").click()
    secret = guest.locator("#authenticator_secret").input_value()
    phone.picture("second-factor-app-phone")
    phone.check()
    guest.get_by_label("Authenticator code").fill(code(secret))
    guest.get_by_role("button", name="Activate").click()
    expect(guest.get_by_text("recovery codes", exact=False).first).to_be_visible()
    phone.picture("recovery-codes-phone")
    phone.check()
    add_security_key(guest)
    guest.goto(f"{base}/accounts/2fa/webauthn/add/")
    guest.get_by_label("Passwordless").check()
    phone.check()
    guest.get_by_role("button", name="Add").click()
    guest.get_by_role("link", name="Rename or remove").click()
    expect(guest.get_by_text("Passkey", exact=True)).to_be_visible()
    phone.picture("passkeys-phone")
    phone.check()
    guest.context.clear_cookies()
    sign_in(guest, base, NEW)
    expect(guest.get_by_role("button", name="Use a security key")).to_be_visible()
    phone.picture("second-step-phone")
    phone.check()
    guest.get_by_label("Code").fill(code(secret, 1))
    guest.get_by_role("button", name="Sign In", exact=True).click()
    expect(guest.get_by_role("heading", name="Dashboard")).to_be_visible()
    guest.context.clear_cookies()
    guest.goto(f"{base}/accounts/login/")
    guest.get_by_role("button", name="Use a passkey").click()
    expect(guest.get_by_role("heading", name="Dashboard")).to_be_visible()
    guest.goto(f"{base}/accounts/sessions/")
    phone.picture("sessions-phone")
    phone.check()
    guest.get_by_role("button", name="Sign out all others").click()
    expect(guest.get_by_text("You are signed in only here")).to_be_visible()
    again(page)
    row = page.get_by_role("row", name=re.compile("Noor Cedar"))
    expect(row.get_by_text("Set up")).to_be_visible()
    row.get_by_text("Change").click()
    office.picture("team-members")
    office.check()
    row.get_by_role("button", name="Switch access off").click()
    expect(page.get_by_text("signed out everywhere")).to_be_visible()
    guest.goto(f"{base}/settings/team/")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()

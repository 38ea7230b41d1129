"""API keys as a firm admin uses them: create, see once, use, rotate with overlap, revoke; wide and narrow."""

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import expect

from casehug.firms.models import Role
from casehug.firms.services import add_member
from tests.browser.conftest import Watched, look
from tests.conftest import PASSWORD, make_firm
from tests.plugin.stack import Stack

Window = Callable[..., Watched]
ADMIN = "admin.keys@example.com"


def status(base: str, key: str) -> int:
    return requests.get(f"{base}/api/v1/matters", headers={"X-Api-Key": key}, timeout=10).status_code


def shown(view: Watched) -> str:
    field = view.page.get_by_role("textbox", name="API key")
    expect(field).to_have_value(re.compile(r"^ch_live_sk_"))
    return field.input_value()


def look_twice(view: Watched, name: str) -> None:
    for width in (1280, 390):
        view.page.set_viewport_size({"width": width, "height": 900})
        look(view, f"{name}-{width}")
    view.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.slow
def test_keys_from_the_first_to_the_last_day(stack: Stack, committed_db: None, window: Window) -> None:
    firm = make_firm("Alder")
    add_member(firm_id=firm.id, email=ADMIN, name="Dana Alder", role=Role.ADMIN, password=PASSWORD)
    view = window()
    page, base = view.page, stack.base_url
    page.goto(f"{base}/accounts/login/?next=/settings/api-keys/")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{base}/settings/api-keys/")
    expect(page.get_by_text("No keys yet")).to_be_visible()
    look_twice(view, "api-keys-empty")
    page.get_by_role("link", name="Create a key").first.click()
    page.get_by_label("Name").fill("Website form")
    page.get_by_label("Read matters, case types and sync states").check()
    look_twice(view, "api-key-new")
    page.get_by_role("button", name="Create the key").click()
    first = shown(view)
    look_twice(view, "api-key-created")
    assert status(base, first) == 200
    page.get_by_role("link", name="I have stored the key").click()
    expect(page.get_by_text("Website form").first).to_be_visible()
    assert first not in page.content()
    page.get_by_role("link", name=re.compile("^Rotate")).click()
    look_twice(view, "api-key-rotate")
    page.get_by_label("The old key stops working").select_option("24")
    page.get_by_role("button", name="Make the new key").click()
    second = shown(view)
    assert second != first and status(base, first) == status(base, second) == 200
    page.get_by_role("link", name="I have stored the key").click()
    look_twice(view, "api-keys")
    page.get_by_role("link", name=re.compile("^Revoke")).first.click()
    look_twice(view, "api-key-revoke")
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("no longer works")).to_be_visible()
    assert sorted([status(base, first), status(base, second)]) == [200, 401]
    page.goto(f"{base}/api/docs/")
    page.locator("#matters_create summary").click()
    look_twice(view, "api-docs")

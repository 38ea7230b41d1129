"""The screens of the stand-in in a real Chromium: live arrival, dragging, narrow widths, accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.conftest import Standin, until


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    one = chromium.new_page()
    problems: list[str] = []
    one.on("pageerror", lambda error: problems.append(str(error)))
    one.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield one
    one.close()
    assert problems == []


def test_a_matter_arrives_by_itself_and_can_be_dragged(standin: Standin, page: Page) -> None:
    stages = standin.call("GET", "stages?sort_order=asc").json()["data"]
    page.goto(standin.url)
    matter = standin.post("prospects", first_name="Ida", case_title="Berg", stage_id=stages[0]["id"])
    card = page.locator(f"[data-matter-id='{matter['id']}']")
    expect(card).to_be_visible(timeout=5000)
    card.drag_to(page.locator(f"[data-stage-id='{stages[2]['id']}']"))
    until(lambda: _stage(standin, matter["id"]) == stages[2]["id"])
    expect(page.locator(f"[data-stage-id='{stages[2]['id']}'] [data-matter-id='{matter['id']}']")).to_be_visible()


def test_moving_without_a_mouse(standin: Standin, page: Page) -> None:
    stages = standin.call("GET", "stages?sort_order=asc").json()["data"]
    matter = standin.post("prospects", first_name="Ida", case_title="Berg", stage_id=stages[0]["id"])
    page.goto(f"{standin.url}/crm/matters/{matter['id']}")
    page.get_by_label("Move to").select_option(stages[3]["id"])
    page.get_by_role("button", name="Move", exact=True).click()
    until(lambda: _stage(standin, matter["id"]) == stages[3]["id"])


def _stage(standin: Standin, number: str) -> str:
    data = standin.call("GET", f"prospects/{number}?fields=stage").json()["data"]
    return str(data["relationships"]["stage"]["data"]["id"])


def test_consent_reaches_the_callback(standin: Standin, page: Page) -> None:
    callback = f"{standin.url}/healthz"
    page.goto(
        f"{standin.url}/oauth/authorize?client_id=standin-client&response_type=code&state=x&redirect_uri={callback}"
    )
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("**/healthz?code=*")


@pytest.mark.parametrize(("scheme", "widths"), [("light", (320, 390)), ("dark", (1280,))])
def test_widths_and_accessibility(standin: Standin, chromium: Browser, scheme: str, widths: tuple[int, ...]) -> None:
    contact = standin.post(
        "contacts", first_name="Ida", last_name="B" * 60, email=f"{'x' * 50}@example.com", notes=[{"body": "N"}]
    )
    matter = standin.post("prospects", contact_id=contact["id"], case_title="T" * 90)
    standin.control("POST", "accounts", name="Second account")
    standin.control("POST", "webhooks", name="W", url="http://127.0.0.1:9/x", event_type="matter.updated")
    standin.control("POST", "webhooks/fire", event_type="matter.updated", data={"matter_id": 1})
    standin.control("POST", "faults", kind="slow", path="/nowhere")
    consent = "/oauth/authorize?client_id=standin-client&response_type=code&redirect_uri=http://127.0.0.1:9/cb"
    paths = (
        "/", "/?view=list", f"/crm/matters/{matter['id']}", "/crm/contacts", f"/crm/contacts/{contact['id']}",
        "/crm/activity", "/crm/requests", "/crm/ledger", "/crm/webhooks", "/crm/switches", consent,
    )  # fmt: skip
    problems = []
    for width in widths:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for path in paths:
            page.goto(standin.url + path)
            if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
                problems.append(f"{path} is wider than {width}")
            if width != 320:
                found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
                problems += [f"{path} {width}: {item['id']} {item['nodes'][0]['html'][:120]}" for item in found]
        context.close()
    assert problems == [], "\n".join(problems)

"""The screens of both sides: a whole referral by keyboard in a browser, and every page by its text."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.plugin.exchange import Exchange
from tests.sandbox.lexamica.office import invitations

PAGES = ("", "app/sent", "app/handled", "app/new", "app/firm", "app/events", "app/requests", "app/ledger",
         "app/switches")  # fmt: skip
FORM = {
    "client.firstName": "Ida", "client.lastName": "Berg", "client.phone": "+1 415 555 0100",
    "caseType": "Family Law", "incident.date": "2026-01-03", "incident.address.state": "CA",
    "summary": "Question:\nAnswer", "state": "matching", "partner": "",
}  # fmt: skip


def send(exchange: Exchange, **changes: str) -> str:
    """Send a case with the form as the second firm; returns its id."""
    answer = exchange.http.post(f"{exchange.url}/app/cases/new", data=FORM | changes, cookies={"standin_firm": "2"})
    assert answer.status_code == 200
    return answer.url.rpartition("/")[2]


def test_a_sent_case_reaches_the_first_firm_and_is_worked_there(exchange: Exchange) -> None:
    case = send(exchange)
    exchange.advance(3)
    one = invitations(exchange, case)[0]
    assert one["handler"] == 1
    url, first = exchange.url, {"standin_firm": "1"}
    inbox = exchange.http.get(url, cookies=first).text
    assert "Ida Berg" in inbox and "1 open invitation," in inbox and "1 day" in inbox
    answer = f"{url}/app/invitations/{one['id']}/answer"
    refused = exchange.http.post(answer, data={"act": "decline"}, cookies=first).text
    assert "Not done" in refused and "declineReason" in refused
    assert exchange.http.post(answer, data={"act": "accept"}, cookies={"standin_firm": "3"}).status_code == 404
    assert "accepted" in exchange.http.post(answer, data={"act": "accept"}, cookies=first).text
    act = f"{url}/app/cases/{case}/act"
    for data in ({"act": "update", "content": "First call held", "stage": "Litigation"},
                 {"act": "settle", "grossAmount": "1000", "referralFee": "100"}):  # fmt: skip
        assert "Done." in exchange.http.post(act, data=data, cookies=first).text
    page = exchange.http.post(act, data={"act": "file"}, files={"file": ("a.pdf", b"x")}, cookies=first).text
    assert "First call held" in page and "100.00 USD" in page and "a.pdf" in page
    assert exchange.http.get(f"{url}/app/cases/{case}", cookies={"standin_firm": "3"}).status_code == 404


def test_a_draft_with_suggestions_and_a_case_already_with_a_partner(exchange: Exchange) -> None:
    draft = send(exchange, state="draft")
    page = exchange.http.get(f"{exchange.url}/app/cases/{draft}", cookies={"standin_firm": "2"}).text
    assert "(suggested)" in page
    partner = exchange.control("GET", "organizations")["organizations"][3]
    known = send(exchange, partner=partner["id"])
    assert exchange.control("GET", f"cases/{known}")["handler"] == 4


def test_switches_faults_and_clock_by_their_forms(exchange: Exchange) -> None:
    def change(what: str, **data: str) -> str:
        return exchange.http.post(f"{exchange.url}/app/change/{what}", data=data).text

    assert "Switches kept." in change("switches", looks="2") and "Not done" in change("switches", looks="many")
    assert exchange.control("GET", "switches")["switches"]["looks"] == "2"
    assert "Fault queued." in change("faults", kind="truncate", count="1", seconds="0", status="500", bytes="5")
    assert len(exchange.control("GET", "faults")["faults"]) == 1
    change("faults", act="remove")
    assert exchange.control("GET", "faults")["faults"] == []
    assert "put ahead" in change("clock", hours="1")
    assert "as at the start" in change("reset")
    assert exchange.control("GET", "clock")["speed"] == 1


def test_by_keyboard_alone_in_both_schemes(exchange: Exchange, chromium: Browser) -> None:
    case = send(exchange)
    exchange.advance(3)
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(exchange.url)
    page.get_by_label("Firm").select_option("1")
    page.get_by_role("button", name="Show").press("Enter")
    page.get_by_role("link", name="Ida Berg").press("Enter")
    page.get_by_role("button", name="Evaluate").press("Enter")
    expect(page.get_by_text("evaluating", exact=True)).to_be_visible()
    page.get_by_label("Reason").fill("Conflict")
    page.get_by_role("button", name="Decline").press("Enter")
    expect(page.get_by_text("Reason: Conflict")).to_be_visible()
    for path in ("", f"app/cases/{case}"):
        page.emulate_media(color_scheme="light" if "cases" in path else "dark")
        page.goto(f"{exchange.url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"] == [], path
    page.close()
    assert problems == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_an_empty_exchange(exchange: Exchange, path: str) -> None:
    answer = exchange.http.get(f"{exchange.url}/{path}")
    assert answer.status_code == 200 and "Stand-in for Lexamica" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text and "<script>" not in answer.text

"""The screens of the stand-in over plain HTTP, as without a script."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.conftest import Standin

SCREENS = (
    "/", "/?view=list", "/crm/contacts", "/crm/contacts?q=nobody", "/crm/activity", "/crm/requests", "/crm/ledger",
    "/crm/webhooks", "/crm/switches", "/crm/forms",
)  # fmt: skip


def get(standin: Standin, path: str, **headers: str) -> requests.Response:
    return requests.get(standin.url + path, headers=headers, timeout=10)


@pytest.mark.parametrize("path", SCREENS)
def test_each_screen_says_what_it_is_and_runs_no_inline_script(standin: Standin, path: str) -> None:
    page = get(standin, path)
    assert page.status_code == 200 and "Stand-in for Lawmatics — not the real product" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=", page.text)
    part = get(standin, path, **{"X-Fragment": "1"})
    assert part.status_code == 200 and "<html" not in part.text and part.text.strip() in page.text


def test_hostile_text_is_shown_as_text(standin: Standin) -> None:
    attack = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    contact = standin.post(
        "contacts", first_name=attack, email="ida@example.com", notes=[{"name": attack, "body": attack}]
    )
    matter = standin.post("prospects", contact_id=contact["id"], case_title=attack, case_blurb=attack)
    paths = ("/", f"/crm/matters/{matter['id']}", f"/crm/contacts/{contact['id']}", "/crm/contacts", "/crm/requests")
    for path in paths:
        text = get(standin, path).text
        assert "<script>alert" not in text and "<img" not in text and "&lt;script&gt;" in text


def test_board_matter_and_contact(standin: Standin) -> None:
    stage = standin.call("GET", "stages?filter_by=name&filter_on=Family Law Intake").json()["data"][0]
    contact = standin.post(
        "contacts", first_name="Ida", last_name="Berg", email="ida@example.com", notes=[{"body": "N1"}]
    )
    matter = standin.post("prospects", contact_id=contact["id"], case_title="Berg v. Berg", stage_id=stage["id"])
    for path in ("/", "/?view=list"):
        text = get(standin, path).text
        assert f'data-matter-id="{matter["id"]}"' in text and "Berg v. Berg" in text and "Ida Berg" in text
        assert re.search(rf'data-matter-id="{matter["id"]}"[^>]*data-stage-name="Family Law Intake"', text)
    assert "N1" in get(standin, f"/crm/contacts/{contact['id']}").text
    assert get(standin, "/crm/matters/1").status_code == 404
    moved = requests.post(
        f"{standin.url}/crm/matters/{matter['id']}/move", data={"stage_id": int(stage["id"]) + 1},
        headers={"Referer": f"{standin.url}/crm/matters/{matter['id']}"}, timeout=5,
    )  # fmt: skip
    assert moved.status_code == 200 and moved.url.endswith(f"/crm/matters/{matter['id']}")
    seen = standin.call("GET", f"prospects/{matter['id']}?fields=stage").json()["data"]["relationships"]["stage"][
        "data"
    ]
    assert int(seen["id"]) == int(stage["id"]) + 1


def test_forms_with_their_blocks_and_entries(standin: Standin) -> None:
    made = standin.control("POST", "forms", name="Short", type="Contact", components=[
        {"id": "first_name", "label": "<b>First</b> name", "component_type": "field", "required": True},
        {"id": "email", "label": "E-mail", "component_type": "field", "required": False, "hidden": True},
    ])  # fmt: skip
    url = f"{standin.url}/v1/forms/{made['uuid']}"
    body = {"first_name": "Ida", "email": "ida@example.com", "mark": "DDDDDDDDDDDDDDDDDD22"}
    for _ in range(2):
        assert requests.post(f"{url}/submit", json=body, timeout=5).status_code == 201
    page = get(standin, f"/crm/forms/{made['id']}").text
    assert "First name" in page and "field, required" in page and "field, hidden" in page
    assert page.count("ida@example.com") == 2 and "/crm/contacts/" in page
    listed = get(standin, "/crm/forms").text
    assert "Refused: a payment block" in listed and "Refused: a relationship block" in listed
    ledger = standin.control("GET", "ledger")
    assert ledger["form_entries"]["total"] == 2 and ledger["contacts"]["total"] == 1
    assert get(standin, "/crm/forms/1").status_code == 404


def test_switches_faults_and_webhooks_by_form(standin: Standin) -> None:
    form = requests.Session()
    form.headers["Referer"] = f"{standin.url}/crm/switches"
    page = form.post(f"{standin.url}/crm/switches/change", data={"note_target": "no_contact", "rate_limit": "off"})
    assert (
        "Switches kept." in page.text and standin.control("GET", "switches")["switches"]["note_target"] == "no_contact"
    )
    page = form.post(f"{standin.url}/crm/switches/change", data={"latency": "soon"})
    assert "Not kept" in page.text
    page = form.post(f"{standin.url}/crm/faults", data={"kind": "status_before", "path": "/v1/*", "status": "503"})
    assert "Fault queued." in page.text and standin.call("GET", "users/me").status_code == 503
    page = form.post(
        f"{standin.url}/crm/administer", data={"act": "change", "record": "stages:101", "name": "Fresh Lead"}
    )
    assert standin.call("GET", "stages/101").json()["data"]["attributes"]["name"] == "Fresh Lead"
    hook = {"act": "add", "name": "W", "url": "http://127.0.0.1:9/x", "event_type": "matter.updated"}
    page = form.post(f"{standin.url}/crm/webhooks/change", data=hook)
    assert len(standin.control("GET", "webhooks")["webhooks"]) == 1
    page = form.post(f"{standin.url}/crm/administer", data={"act": "remove-app"})
    assert page.status_code == 200 and standin.call("GET", "users/me").status_code == 401


def test_writes_from_foreign_pages_and_hosts_are_refused(standin: Standin) -> None:
    for path in ("/control/reset", "/crm/administer"):
        answer = requests.post(standin.url + path, headers={"Origin": "https://evil.example"}, timeout=5)
        assert answer.status_code == 403
    assert get(standin, "/control/state", Host="evil.example").status_code == 400

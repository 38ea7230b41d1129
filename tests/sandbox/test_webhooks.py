"""Outbound webhooks and forms of the stand-in: signed, repeated by Lawmatics' rules, in both vocabularies."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Standin, until


class Listener:
    """A receiver that keeps what arrives and answers with the statuses it was told, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers.items()), body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self) -> list[str]:
        return [json.loads(body)["event_type"] for _, body in self.got]


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.server.shutdown()
    one.server.server_close()


SECRET = "whsec_test_0001"


def hook(standin: Standin, listener: Listener, event_type: str = "*") -> dict[str, Any]:
    made = standin.control("POST", "webhooks", name="W", url=listener.url, event_type=event_type, secret=SECRET)
    return dict(made)


def test_signature_and_envelope(standin: Standin, listener: Listener) -> None:
    hook(standin, listener, "matter.created")
    matter = standin.post("prospects", first_name="Ida", case_title="T")
    headers, body = until(lambda: listener.got)[0]
    signed = headers["X-Lawmatics-Timestamp"].encode() + b"." + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Lawmatics-Signature"] == f"sha256={digest}"
    assert abs(int(headers["X-Lawmatics-Timestamp"]) - time.time()) < 5
    event = json.loads(body)
    assert event["event_id"] == headers["X-Lawmatics-Event-Id"] and event["event_id"].startswith("evt_")
    assert event["firm_id"] == 8101 and event["version"] == "v1" and event["timestamp"].endswith("Z")
    assert event["data"] == {"matter_id": int(matter["id"])}
    until(lambda: standin.control("GET", "webhooks")["deliveries"][0]["state"] == "delivered")


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("lawmatics", ["matter.updated"]),
        ("casehug", ["matter.stage_changed"]),
        ("both", ["matter.updated", "matter.stage_changed"]),
    ],
)
def test_vocabularies_of_a_stage_move(standin: Standin, listener: Listener, names: str, wanted: list[str]) -> None:
    stages = standin.call("GET", "stages").json()["data"]
    matter = standin.post("prospects", first_name="Ida", stage_id=stages[0]["id"])
    standin.switch(webhook_names=names)
    hook(standin, listener)
    standin.control("POST", f"matters/{matter['id']}/stage", stage_id=int(stages[1]["id"]))
    until(lambda: len(listener.got) == len(wanted))
    assert sorted(listener.events()) == sorted(wanted)
    standin.switch(stage_event="off")
    standin.control("POST", f"matters/{matter['id']}/stage", stage_id=int(stages[2]["id"]))
    time.sleep(0.4)
    assert len(listener.got) == len(wanted)


def test_conversion_and_contact_events(standin: Standin, listener: Listener) -> None:
    contact = standin.post("contacts", first_name="Ida", email="ida@example.com")
    matter = standin.post("prospects", contact_id=contact["id"])
    hook(standin, listener)
    standin.control("POST", f"matters/{matter['id']}/convert")
    standin.call("PUT", f"contacts/{contact['id']}", json={"phone": "555-010-0199"})
    standin.post("notes", notable_type="Prospect", notable_id=matter["id"], body="x")
    until(lambda: len(listener.got) >= 5)
    assert set(listener.events()) >= {
        "matter.converted", "matter.status_changed", "contact.updated", "matter.note_added",
    }  # fmt: skip


def test_retries_keep_the_id_and_sign_anew(standin: Standin, listener: Listener) -> None:
    standin.switch(webhook_time_scale=0.002)
    hook(standin, listener)
    listener.statuses = [500, 302, 429]
    standin.control("POST", "webhooks/fire", event_type="matter.updated", data={"matter_id": 1})
    until(lambda: len(listener.got) == 4, 20)
    assert len({headers["X-Lawmatics-Event-Id"] for headers, _ in listener.got}) == 1
    delivery = until(
        lambda: [d for d in standin.control("GET", "webhooks")["deliveries"] if d["state"] == "delivered"]
    )[0]
    assert [part["outcome"] for part in delivery["attempts"]] == ["500", "302", "429", "200"]


def test_a_4xx_is_final(standin: Standin, listener: Listener) -> None:
    standin.switch(webhook_time_scale=0)
    hook(standin, listener)
    listener.statuses = [401]
    standin.control("POST", "webhooks/fire", event_type="matter.updated")
    until(lambda: standin.control("GET", "webhooks")["deliveries"][0]["state"] == "failed")
    assert len(listener.got) == 1


def test_forged_stale_and_doubled_events(standin: Standin, listener: Listener) -> None:
    hook(standin, listener)
    standin.control("POST", "webhooks/fire", event_type="matter.updated", forged=True, copies=2, age=600)
    until(lambda: len(listener.got) == 2)
    headers, body = listener.got[0]
    signed = headers["X-Lawmatics-Timestamp"].encode() + b"." + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Lawmatics-Signature"] != f"sha256={digest}"
    assert time.time() - int(headers["X-Lawmatics-Timestamp"]) > 500
    assert len({headers["X-Lawmatics-Event-Id"] for headers, _ in listener.got}) == 1
    standin.switch(webhook_delivery="duplicate")
    standin.post("prospects", first_name="Ida")
    until(lambda: listener.events().count("matter.created") == 2)


def test_webhook_rules(standin: Standin, listener: Listener) -> None:
    for _ in range(2):
        hook(standin, listener, "matter.created")
    for body in (
        {"url": listener.url, "event_type": "matter.created"},
        {"url": "http://example.com/x", "event_type": "matter.updated"},
        {"url": listener.url, "event_type": "no.such"},
    ):
        assert requests.post(f"{standin.url}/control/webhooks", json=body, timeout=5).status_code == 422


def test_forms(standin: Standin, listener: Listener) -> None:
    hook(standin, listener, "form.submitted")
    forms = {form["attributes"]["name"]: form for form in standin.call("GET", "forms").json()["data"]}
    url = f"{standin.url}/v1/forms/{forms['Intake summary']['id']}"
    rows = requests.get(f"{url}?fields=all", timeout=5).json()["data"]["attributes"]["rows"]
    custom = next(r["components"][0]["id"] for r in rows if r["components"][0]["id"].startswith("custom_field_"))
    body = {"first_name": "Ida", "last_name": "Berg", "email": "ida@example.com", custom: "CCCCCCCCCCCCCCCCCC22"}
    for _ in range(2):
        answer = requests.post(f"{url}/submit", json=body | {"unknown": 1, "utm_source": "mail"}, timeout=5)
        assert answer.status_code == 201 and answer.json()["data"]["type"] == "prospect"
        assert answer.json()["data"]["attributes"]["utm_source"] == "mail"
    assert requests.post(f"{url}/submit", data={"first_name": "Only"}, timeout=5).status_code == 422
    assert requests.post(f"{url}/submit", json={}, timeout=5).status_code == 422
    assert requests.get(f"{url}/entries", timeout=5).status_code == 401
    entries = standin.call("GET", f"forms/{forms['Intake summary']['id']}/entries").json()
    assert entries["meta"]["total_entries"] == 2
    ledger = standin.control("GET", "ledger")
    assert ledger["contacts"]["total"] == 1 and ledger["prospects"]["total"] == 2
    assert ledger["form_entries"]["by_marker"] == {"CCCCCCCCCCCCCCCCCC22": 2}
    for name in ("Consultation fee", "Family members"):
        blocked = requests.post(f"{standin.url}/v1/forms/{forms[name]['id']}/submit", json=body, timeout=5)
        assert blocked.status_code == 422 and "block" in blocked.json()["errors"][0]["detail"]
    until(lambda: len(listener.got) == 2)

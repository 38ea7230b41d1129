"""Updates of both sides, stages, settlements; files by upload and by address, their life and their end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.plugin.exchange import Exchange
from tests.sandbox.conftest import until
from tests.sandbox.lexamica.office import Office, digest, invited

PDF = b"%PDF-1.7 artificial"


@pytest.fixture
def case(exchange: Exchange, sender: Office, firms: list[Office]) -> str:
    """A case that the first firm accepted."""
    number, one = invited(exchange, sender)
    assert firms[0].answer("accept", one).status_code == 200
    return number


def post(office: Office, case: str, **body: Any) -> Any:
    return office.inbound("case-update/{CaseUpdate}/create", {"case_id": case, "text": "Treatment goes on"} | body)


def test_updates_go_both_ways(exchange: Exchange, sender: Office, firms: list[Office], case: str) -> None:
    for office in (sender, firms[0]):
        office.keep("Case Update Made", "CaseUpdate")
    made = post(firms[0], case, head="Month 1", at="2026-05-01T10:00:00Z")
    assert made.status_code == 201
    assert made.json()["at"] == "2026-05-01T10:00:00.000Z" and made.json()["by"] == firms[0].id
    assert post(sender, case, text="Thank you").status_code == 201
    for office in (sender, firms[0]):
        assert [row["data"]["text"] for row in office.stored()["data"]] == ["Treatment goes on", "Thank you"]
    counted = exchange.control("GET", "ledger", organization=firms[0].number)["updates"]
    assert counted["total"] == 1 and list(counted["by_key"].values()) == [1]


def test_an_update_can_move_the_stage(sender: Office, firms: list[Office], case: str) -> None:
    sender.keep("Case Stage Changed", "Case")
    post(firms[0], case, step="Litigation")
    assert sender.stored()["data"][0]["data"]["stage"] == "Litigation"


@pytest.mark.parametrize(
    ("body", "field"),
    [({"text": ""}, "text"), ({"case_id": None}, "case_id"), ({"text": "x" * 10_001}, "text"),
     ({"head": "x" * 256}, "head"), ({"at": "yesterday"}, "at")],
)  # fmt: skip
def test_updates_that_make_no_sense(firms: list[Office], case: str, body: dict[str, Any], field: str) -> None:
    answer = post(firms[0], case, **body)
    assert answer.status_code == 400 and answer.json()["details"][0]["field"] == field


def test_only_participants_post(firms: list[Office], case: str) -> None:
    answer = post(firms[1], case)
    assert (answer.status_code, answer.json()["error"]) == (403, "not_participant")
    assert post(firms[0], "0" * 24).json()["error"] == "case_not_found"


def test_settlement_begins_and_ends(exchange: Exchange, sender: Office, firms: list[Office], case: str) -> None:
    for event in ("Case Settlement", "Case Settlement Completed"):
        sender.keep(event, "CaseSettlement")
    exchange.control("POST", f"cases/{case}/settle", organization=firms[0].number, grossAmount="12000",
                     referralFee="1250.50")  # fmt: skip
    first = sender.stored()["data"][0]["data"]
    assert (first["gross"], first["fee"], first["status"]) == ("12000.00", "1250.50", "started")
    exchange.control("POST", f"cases/{case}/conclude", organization=firms[0].number)
    last = sender.stored()["data"][1]
    assert last["event"] == "Case Settlement Completed" and last["data"]["day"].endswith("Z")
    assert exchange.control("GET", f"cases/{case}")["state"] == "closed"


def upload(office: Office, case: str, name: str = "retainer.pdf", content: bytes = PDF, **more: Any) -> Any:
    body = {"data": {"case_id": case} | more, "files": {"file": (name, content)}}
    return office.inbound("case/{Attachment}/file/upload", **body)


def test_upload_tells_everybody_and_the_address_dies(
    exchange: Exchange, sender: Office, firms: list[Office], case: str
) -> None:
    sender.keep("Case Attachment Uploaded", "Attachment")
    made = upload(firms[0], case, file_name="Signed retainer.pdf")
    assert made.status_code == 201 and made.json()["kind"] == "application/pdf" and made.json()["bytes"] == len(PDF)
    link = sender.stored()["data"][0]["data"]["link"]
    got = exchange.http.get(link)
    assert (got.status_code, got.content) == (200, PDF) and "attachment" in got.headers["Content-Disposition"]
    exchange.advance(3 * 3600)
    dead = exchange.http.get(link)
    assert (dead.status_code, dead.json()["error"]) == (403, "url_expired")


def test_what_upload_refuses(exchange: Exchange, firms: list[Office], case: str) -> None:
    assert upload(firms[0], case, "virus.exe").json()["error"] == "unsupported_file_type"
    assert upload(firms[1], case).json()["error"] == "not_participant"
    assert upload(firms[0], "0" * 24).json()["error"] == "case_not_found"
    assert firms[0].inbound("case/{Attachment}/file/upload", {"case_id": case}).status_code == 415
    large = upload(firms[0], case, content=b"\0" * (50 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["error"]) == (413, "file_too_large")
    assert exchange.control("GET", "ledger")["attachments"]["total"] == 0


def test_a_case_mapping_names_the_case_by_its_id(sender: Office, firms: list[Office], case: str) -> None:
    answer = sender.inbound("case/{Case}/file/upload", data={"case_id": case}, files={"file": ("a.png", b"x")})
    assert answer.status_code == 201 and answer.json()["name"] == "a.png"
    gone = sender.inbound("case/{Case}/file/remove", {"case_id": case, "attachmentId": answer.json()["_id"]})
    assert gone.status_code == 200 and gone.json()["status"] == "removed"


def test_remove(exchange: Exchange, sender: Office, firms: list[Office], case: str) -> None:
    sender.keep("Case Attachment Removed", "Attachment")
    made = upload(firms[0], case).json()
    body = {"case_id": case, "file_id": made["file_id"]}
    for _ in range(2):
        answer = firms[0].inbound("case/{Attachment}/file/remove", body)
        assert answer.status_code == 200 and answer.json()["file_state"] == "removed"
    assert len(sender.events()) == 1 and exchange.http.get(made["link"]).status_code == 404
    absent = firms[0].inbound("case/{Attachment}/file/remove", body | {"file_id": "0" * 24})
    assert absent.json()["error"] == "attachment_not_found"


class Source:
    """A file server that first fails as often as told."""

    def __init__(self, failures: int) -> None:
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(503 if outer.asked <= failures else 200)
                self.end_headers()
                self.wfile.write(PDF)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/record.pdf"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    one = Source(request.param)
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.mark.parametrize(("source", "state"), [(2, "stored"), (9, "failed")], indirect=["source"])
def test_stream_fetches_and_tries_three_times(
    exchange: Exchange, sender: Office, firms: list[Office], case: str, source: Source, state: str
) -> None:
    exchange.switch(speed=200)
    sender.keep("Case Attachment Uploaded", "Attachment")
    made = firms[0].inbound("case/{Attachment}/file/stream", {"case_id": case, "link": source.url})
    assert made.status_code == 202 and made.json()["file_state"] == "pending" and "link" not in made.json()
    shown = until(lambda: [
        row for row in exchange.control("GET", f"cases/{case}")["attachments"] if row["status"] == state
    ])[0]  # fmt: skip
    assert (source.asked, shown["tries"]) == (3, 3)
    if state == "stored":
        assert shown["sha256"] == digest(PDF) and sender.events() == ["Case Attachment Uploaded"]
    else:
        assert "503" in shown["problem"] and sender.events() == []


def test_stream_takes_https_only(firms: list[Office], case: str) -> None:
    body = {"case_id": case, "link": "http://files.firm.example/a.pdf"}
    assert firms[0].inbound("case/{Attachment}/file/stream", body).status_code == 400

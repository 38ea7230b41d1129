"""Files of a case: copied before their address dies, checked by content, refused with a reason, tried again in time."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.referrals.models import Attachment
from casehug.referrals.services.files import attachment_path
from tests.casehug.intake.conftest import PDF_BYTES
from tests.integrations.referrals.conftest import MakeDesk
from tests.integrations.referrals.desk import Desk

CASE = "65f0000000000000000000aa"


class Shelf(BaseHTTPRequestHandler):
    """Serves what a test puts there: path → (status, headers, body)."""

    pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, headers, body = self.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        return


@pytest.fixture
def shelf(ours: dict[str, Any], settings: Settings) -> Iterator[str]:
    """A server of this machine from which files may come; returns its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Shelf.pages, Shelf.asked = {}, []
    settings.OUTBOUND_LOCAL_TARGETS = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(shelf: str, make_desk: MakeDesk) -> Desk:
    made = make_desk()
    made.sent_case(CASE, partner_name="Nordwind Law")
    return made


def tell(desk: Desk, key: str, url: str, *, event: str = "Uploaded", **more: Any) -> Attachment:
    """Tell of a file and let it be fetched; returns its row."""
    data = {"case_id": CASE, "file_id": key, "name": "letter.pdf", "url": url, "author_id": "65f0bb", **more}
    desk.deliver({"name": f"Case Attachment {event}", "event_id": f"{event}{key}{url}", "at": "2026-03-01T10:00:00Z",
                  "data": data}, work=True)  # fmt: skip
    with firm_scope(desk.firm_id):
        return Attachment.objects.get(own_key=key)


def test_a_file_is_copied_once_and_stays_ours(desk: Desk, shelf: str) -> None:
    Shelf.pages["/one"] = (200, {"Content-Type": "application/pdf"}, PDF_BYTES)
    row = tell(desk, "f1", f"{shelf}/one", content_type="application/pdf")
    assert (row.state, row.direction, row.size_bytes) == ("stored", "in", len(PDF_BYTES))
    tell(desk, "f1", f"{shelf}/one?again")
    assert Shelf.asked == ["/one"]
    with firm_scope(desk.firm_id):
        assert attachment_path(row).read_bytes() == PDF_BYTES
        # The address stands nowhere in the clear.
        assert shelf not in str([list(table.objects.values_list()) for table in (Attachment, WorkItem)])
    row = tell(desk, "f1", "", event="Removed")
    with firm_scope(desk.firm_id):
        assert row.state == "removed" and attachment_path(row).exists(), "our copy stays"
    assert tell(desk, "f9", "", event="Removed").state == "removed"
    assert tell(desk, "f9", f"{shelf}/one").state == "removed", "told late, it does not come back"


@pytest.mark.parametrize(("body", "more", "words"), [
    (b"MZ\x00\x01 not a letter", {}, "kind of file"), (b"<html><script>1</script></html>", {}, "kind of file"),
    (b"", {}, "empty"), (PDF_BYTES, {"content_type": "image/png"}, "does not fit"),
    (PDF_BYTES, {"size": 200 * 1024**2}, "larger than 100 MB"),
])  # fmt: skip
def test_what_is_no_document_is_refused(desk: Desk, shelf: str, body: bytes, more: dict[str, Any], words: str) -> None:
    Shelf.pages["/bad"] = (200, {}, body)
    row = tell(desk, "f2", f"{shelf}/bad", **more)
    assert row.state == "refused" and words in row.trouble and not row.path


@pytest.mark.parametrize(("path", "page", "words"), [
    ("/gone", (403, {}, b"expired"), "no longer valid"), ("/moved", (302, {"Location": "/one"}, b""), "not followed"),
    ("http://127.0.0.1:1/x", None, "never contacted"), ("http://169.254.169.254/latest", None, "never contacted"),
    ("https://10.0.0.1/x", None, "never contacted"), ("file:///etc/passwd", None, "never contacted"),
])  # fmt: skip
def test_what_may_not_be_fetched_says_so(desk: Desk, shelf: str, path: str, page: Any, words: str) -> None:
    if page:
        Shelf.pages[path] = page
    row = tell(desk, "f3", f"{shelf}{path}" if page else path)
    assert row.state == "failed" and words in row.trouble and not row.path
    Shelf.pages["/fresh"] = (200, {}, PDF_BYTES)
    assert tell(desk, "f3", f"{shelf}/fresh").state == "stored", "a fresh address is tried"


def test_trouble_on_the_way_is_tried_again_and_shown(desk: Desk, shelf: str, tmp_path: Path) -> None:
    Shelf.pages["/slow"] = (503, {}, b"later")
    row = tell(desk, "f4", f"{shelf}/slow")
    assert row.state == "pending" and "tried again" in row.trouble
    Shelf.pages["/slow"] = (200, {"Content-Length": str(len(PDF_BYTES) + 50)}, PDF_BYTES)  # breaks off
    again(desk)
    with firm_scope(desk.firm_id):
        row.refresh_from_db()
        assert row.state == "pending" and "broke off" in row.trouble
    Shelf.pages["/slow"] = (200, {}, PDF_BYTES)
    again(desk)
    with firm_scope(desk.firm_id):
        row.refresh_from_db()
        assert row.state == "stored" and not row.trouble
        kept = [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
        assert len(kept) == 1, "no half file is left"
        WorkItem.objects.filter(kind="fetch_referral_file").delete()
    Shelf.pages["/never"] = (500, {}, b"")
    row = tell(desk, "f5", f"{shelf}/never")
    with firm_scope(desk.firm_id):
        WorkItem.objects.filter(kind="fetch_referral_file").update(attempts=9)
    again(desk)
    with firm_scope(desk.firm_id):
        row.refresh_from_db()
        assert row.state == "failed" and "tried again" not in row.trouble


def again(desk: Desk) -> None:
    """Let the waiting work be due."""
    with firm_scope(desk.firm_id):
        WorkItem.objects.filter(status="ready").update(next_attempt_at="2026-01-01T00:00:00Z")
    desk.work()

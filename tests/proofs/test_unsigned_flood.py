"""A flood of unsigned deliveries at the web server, bodies without end among them: bounded storage and memory, and

valid events get through meanwhile. Sabotage: without the cap the storage grows with the
flood.
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests

from casehug.common.scope import firm_scope
from harness import machine
from harness.load import steady
from harness.size import pick
from integrations.inbound import quarantine
from integrations.models import InboundEndpoint
from tests.integrations.inbound.conftest import Hook
from tests.plugin.stack import Stack
from tests.proofs.test_inbound_durability import door

__all__ = ["door"]
FORGED_RATE, SECONDS = pick(200, 300), pick(3, 30)
VALID_RATE, ENDLESS = 5, pick(2, 10)
MIB = 2**20


def endless(url: str) -> int:
    """Announce a chunked body and send until the server ends it; return the bytes it took."""
    parts, sent = urlsplit(url), 0
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as link:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
        link.sendall(head.encode())
        block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        try:
            while sent < 50 * MIB:
                link.sendall(block)
                sent += 65536
        except OSError:
            pass
    return sent


def test_a_flood_costs_little_and_valid_events_get_through(
    stack: Stack, door: Hook, record_property: Callable[[str, object], None]
) -> None:
    url, web = stack.base_url + door.path, stack.children["web"].pid
    requests.post(url, b"{}", timeout=30)
    before = machine.memory_mb(web)
    session = threading.local()

    def post(body: bytes, headers: dict[str, str]) -> int:
        if not hasattr(session, "http"):
            session.http = requests.Session()
        answer = session.http.post(url, body, headers={"Content-Type": "application/json"} | headers, timeout=30)
        return int(answer.status_code)

    def forged(number: int) -> int:
        return post(json.dumps({"n": number, "pad": "x" * 20_000}).encode(), {"X-Lawmatics-Signature": "sha256=0"})

    def valid(number: int) -> int:
        body = json.dumps({"event_id": f"evt_{number}", "event_type": "form.submitted"}).encode()
        return post(body, door.signed(body, event_id=f"evt_{number}"))

    flood = threading.Thread(
        target=steady, args=(forged,), kwargs={"rate": FORGED_RATE, "count": FORGED_RATE * SECONDS, "threads": 8}
    )
    bodies = [threading.Thread(target=endless, args=(url,)) for _ in range(ENDLESS)]
    for one in (flood, *bodies):
        one.start()
    taken = steady(valid, rate=VALID_RATE, count=VALID_RATE * SECONDS, threads=4)
    for one in (flood, *bodies):
        one.join()
    time.sleep(1)
    grown = machine.memory_mb(web) - before
    with firm_scope(door.firm_id):
        endpoint = InboundEndpoint.objects.get()
        kept = sum(len(bytes(row.body or b"")) for row in door.quarantined())
    slow = sorted(taken.seconds)[int(len(taken.seconds) * 0.99) - 1]
    record_property("trials", endpoint.unverified_count)
    record_property("measured", f"{endpoint.unverified_count} unsigned deliveries and {ENDLESS} endless bodies in"
                    f" {SECONDS} s: {kept / MIB:.1f} MiB kept, web {grown:+.0f} MB; {VALID_RATE}/s valid events: all"
                    f" taken, p99 {slow * 1000:.0f} ms")  # fmt: skip
    assert taken.codes == {200: VALID_RATE * SECONDS}
    assert len(door.events()) == VALID_RATE * SECONDS
    assert kept <= quarantine.MOST_BYTES and endpoint.quarantine_bytes <= quarantine.MOST_BYTES
    assert grown <= 64


@pytest.mark.parametrize("capped", [True, False], ids=["capped", "cap removed"])
def test_sabotage_without_the_cap_the_storage_grows_with_the_flood(
    door: Hook, monkeypatch: pytest.MonkeyPatch, capped: bool
) -> None:
    monkeypatch.setattr(quarantine, "STORED_PER_MINUTE", 10**9)
    monkeypatch.setattr(quarantine, "MOST_BYTES", 200_000 if capped else 10**12)
    for number in range(12):
        door.post(json.dumps({"n": number, "pad": "x" * 30_000}).encode(), {})
    with firm_scope(door.firm_id):
        kept = InboundEndpoint.objects.get().quarantine_bytes
    assert (kept <= 200_000) is capped

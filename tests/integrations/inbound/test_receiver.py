"""The door: the table of answer codes, hostile requests, duplicates, and what is kept of the unverified."""

import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.inbound import endpoints, quarantine, receiver, wake
from integrations.models import Connection, InboundEndpoint, InboundEvent, InboundSecret
from tests.integrations.inbound.conftest import SECRET, Hook, signature

BODY = b'{"event_id": "evt_1", "firm_id": 8101, "event_type": "form.submitted", "data": {}}'
S, T, E = "X-Lawmatics-Signature", "X-Lawmatics-Timestamp", "X-Lawmatics-Event-Id"


def good(body: bytes = BODY, secret: str = SECRET, stamp: str = "") -> dict[str, str]:
    stamp = stamp or str(int(time.time()))
    return {S: signature(secret, stamp, body), T: stamp}


def hostile() -> list[tuple[str, dict[str, str], bytes]]:
    """Requests that no secret of ours made, each malformed in its own way."""
    now = str(int(time.time()))
    right = good()
    digest = right[S].removeprefix("sha256=")
    plain: list[tuple[str, dict[str, str], bytes]] = [
        ("no headers", {}, BODY), ("no signature", {T: now}, BODY), ("no time", {S: right[S]}, BODY),
        ("empty signature", right | {S: ""}, BODY), ("empty time", right | {T: ""}, BODY),
        ("no prefix", right | {S: digest}, BODY), ("other prefix", right | {S: f"sha1={digest}"}, BODY),
        ("upper prefix", right | {S: f"SHA256={digest}"}, BODY),
        ("upper hex", right | {S: f"sha256={digest.upper()}"}, BODY),
        ("short", right | {S: f"sha256={digest[:-2]}"}, BODY), ("long", right | {S: f"sha256={digest}00"}, BODY),
        ("not hex", right | {S: "sha256=" + "g" * 64}, BODY), ("spaces", right | {S: f"sha256= {digest[1:]}"}, BODY),
        ("base64", right | {S: "sha256=c3RhbmRhcmQ="}, BODY),
        ("two at once", right | {S: f"{right[S]},{right[S]}"}, BODY),
        ("full-width digits", right | {S: "sha256=" + "\uff11".encode().decode("latin-1") * 21 + "1"}, BODY),
        ("control sign", right | {S: f"sha256={digest}\x0b"}, BODY),
        ("very long", right | {S: "sha256=" + "a" * 5000}, BODY),
        ("zero", right | {S: "sha256=" + "0" * 64}, BODY), ("null word", right | {S: "null"}, BODY),
        ("time as words", right | {T: "now"}, BODY), ("time as float", right | {T: f"{now}.0"}, BODY),
        ("time with sign", right | {T: f"+{now}"}, BODY), ("time in hex", right | {T: hex(int(now))}, BODY),
        ("endless time", right | {T: "9" * 4000}, BODY), ("negative", right | {T: "-1"}, BODY),
        ("another time", right | {T: str(int(now) - 1)}, BODY), ("changed body", right, BODY + b" "),
        ("empty body", right, b""), ("binary", right, bytes(range(256))), ("deep", right, b"[" * 60_000),
        ("nul", right, b"\x00" * 100), ("other secret", good(secret="whsec_other_secret"), BODY),
        ("secret without prefix", good(secret="test_0001"), BODY), ("empty secret", good(secret=""), BODY),
        ("stale", good(stamp=str(int(now) - 301)), BODY), ("early", good(stamp=str(int(now) + 400)), BODY),
        ("event id only", {E: "evt_1"}, BODY), ("odd event id", {E: "\x00"}, BODY),
        ("script", {E: "<script>"}, b"<script>"),
    ]  # fmt: skip
    return plain


def test_hostile_requests(hook: Hook) -> None:
    hook.secret()
    requests = hostile()
    assert len(requests) >= 30
    codes = {name: hook.post(body, headers).status_code for name, headers, body in requests}
    assert {name: code for name, code in codes.items() if code != 401} == {}
    assert hook.events() == []
    with firm_scope(hook.firm_id):
        assert not WorkItem.objects.filter(kind="inbound_event").exists()
    assert hook.work() >= 0
    assert hook.events() == []


def test_new_and_duplicate(hook: Hook) -> None:
    hook.secret()
    for code in (200, 200, 200):
        assert hook.post(BODY, good()).status_code == code
    hook.work()
    assert hook.post(BODY, good()).status_code == 200
    hook.work()
    (event,) = hook.events()
    assert (event.event_id, event.duplicates, event.result) == ("evt_1", 3, "logged")


@pytest.mark.parametrize("body", [
    b"not json", b"", b"[1, 2]", b'{"event_type": 7}', b'{"event_type": "never.heard"}',
    b'{"event_type": "a\\u0000b\\ud800", "data": "x"}',
    b'{"event_type": "matter.updated", "data": {"matter_id": true}}',
    b'{"firm_id": 99999, "event_type": "matter.updated", "data": {"matter_id": 5}}',
])  # fmt: skip
def test_authentic_but_strange_is_kept(hook: Hook, body: bytes) -> None:
    hook.secret()
    assert hook.post(body, good(body)).status_code == 200
    hook.work()
    assert hook.results() in (["logged"], ["no_matter"])


def test_connection_held_or_gone_still_takes(hook: Hook) -> None:
    hook.secret()
    hook.matter("17")
    for number, state in enumerate((Connection.State.NEEDS_RECONNECT, Connection.State.NOT_CONNECTED)):
        with firm_scope(hook.firm_id):
            Connection.objects.update(state=state)
        assert hook.send("matter.updated", event_id=f"evt_{number}", matter_id=17) == 200
    hook.work()
    assert hook.results() == ["", ""]
    with firm_scope(hook.firm_id):
        (row,) = WorkItem.objects.filter(kind="inbound_event")
        assert (row.status, row.hold_reason, row.attempts) == ("held", "reconnect", 0)


def test_rotation_asks_for_a_repeat(hook: Hook) -> None:
    assert hook.send("form.submitted", event_id="evt_7") == 401
    with firm_scope(hook.firm_id):
        endpoints.declare_rotation(endpoint_id=hook.endpoint_id, on=True)
    answer = hook.post(BODY, good())
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    with firm_scope(hook.firm_id):
        endpoints.declare_rotation(endpoint_id=hook.endpoint_id, on=False)
    assert hook.post(BODY, good()).status_code == 401
    hook.secret("whsec_first_secret")
    assert hook.post(BODY, good()).status_code == 401
    hook.secret("whsec_second_secret")  # replaced: for a day, what fails is asked for again
    assert hook.post(BODY, good()).status_code == 503


def test_size_method_and_address(hook: Hook) -> None:
    hook.secret()
    large = b" " * (64 * 1024 + 1)
    assert hook.post(large, good(large)).status_code == 413
    fits = b" " * (64 * 1024)
    assert hook.post(fits, good(fits)).status_code == 200
    assert Browser().get(hook.path).status_code == 405
    assert Browser().put(hook.path, b"{}").status_code == 405
    for path in ("A" * 22, "A" * 21, "%00" * 22, "../x", "A" * 500):
        url = hook.path.rsplit("/", 1)[0] + f"/{path}"
        assert hook.post(BODY, good(), path=url).status_code == 404
    assert hook.post(BODY, good(), path=hook.path.replace("lawmatics", "nobody")).status_code == 404
    assert len(hook.events()) == 1 and hook.quarantined() == []


class Dripping:
    """A stream that gives one byte at a time, slowly, or more than was announced."""

    def __init__(self, *, total: int, pause: float) -> None:
        self.left, self.pause, self.given = total, pause, 0

    def read(self, size: int = -1) -> bytes:
        time.sleep(self.pause)
        block = b"x" * min(size, self.left)
        self.left -= len(block)
        self.given += len(block)
        return block


def test_body_is_counted_when_no_length_is_given(rf: Any) -> None:
    request = rf.post("/", b"", content_type="application/json")
    request.META.pop("CONTENT_LENGTH", None)
    stream = Dripping(total=50 * 1024 * 1024, pause=0)
    request.META |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream}
    with pytest.raises(receiver.TooLarge):
        receiver.read_body(request)
    assert stream.given <= 64 * 1024 + 1


def test_slow_body(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "BODY_SECONDS", 0.05)
    request = rf.post("/", b"", content_type="application/json")
    request.META.pop("CONTENT_LENGTH", None)
    request.META |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Dripping(total=64 * 50, pause=0.02)}
    with pytest.raises(receiver.TooSlow):
        receiver.read_body(request)


def test_key_trouble_is_503(hook: Hook) -> None:
    hook.secret()
    with firm_scope(hook.firm_id):
        InboundSecret.objects.update(value=b"broken")
    answer = hook.post(BODY, good())
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_over_the_limit(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.secret()
    monkeypatch.setattr(receiver, "VERIFIED_PER_MINUTE", 2)
    codes = [hook.send("form.submitted") for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    assert hook.send("form.submitted", secret="whsec_other_secret") == 401  # strangers use up nothing


def test_quarantine_counts_repeats_and_is_capped(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert hook.post(b"same", {}).status_code == 401
    (row,) = hook.quarantined()
    assert (row.seen, row.size) == (3, 4) and b"same" not in bytes(row.body or b"")
    monkeypatch.setattr(quarantine, "STORED_PER_MINUTE", 5)
    for number in range(20):
        assert hook.post(f"other {number}".encode(), {}).status_code == 401
    assert len(hook.quarantined()) <= 6
    with firm_scope(hook.firm_id):
        endpoint = InboundEndpoint.objects.get()
        assert (endpoint.unverified_count, endpoint.dropped_count) == (23, 23 - 2 - len(hook.quarantined()))


def test_quarantine_has_a_largest_size(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_BYTES", 200_000)
    for number in range(8):
        hook.post(bytes([number]) * 60_000, {})
    assert len(hook.quarantined()) == 2
    with firm_scope(hook.firm_id):
        endpoint = InboundEndpoint.objects.get()
        assert endpoint.quarantine_bytes <= 200_000
        quarantine.purge(endpoint, database_now() + timedelta(hours=1))
        assert InboundEndpoint.objects.get().quarantine_bytes == 0


def test_quarantine_then_secret_then_processed_once(hook: Hook) -> None:
    bodies = [json.dumps({"event_id": f"evt_{n}", "event_type": "form.submitted"}).encode() for n in range(3)]
    for body in bodies:
        assert hook.post(body, good(body)).status_code == 401
        assert hook.post(body, good(body)).status_code == 401
    assert hook.post(b"forged", {S: "sha256=" + "0" * 64, T: "1"}).status_code == 401
    hook.secret()
    hook.work()
    assert [event.event_id for event in hook.events()] == ["evt_0", "evt_1", "evt_2"]
    assert {event.verification for event in hook.events()} == {"later"}
    assert hook.results() == ["logged"] * 3
    with firm_scope(hook.firm_id):
        wake.ask_for_recheck(InboundEndpoint.objects.get())
    hook.work()
    assert len(hook.events()) == 3
    assert [row.verified_at is not None for row in hook.quarantined()] == [True, True, True, False]
    assert hook.post(bodies[0], good(bodies[0])).status_code == 200
    assert len(hook.events()) == 3


def test_stale_is_kept_and_pulls_the_reading_forward(hook: Hook) -> None:
    hook.secret()
    with firm_scope(hook.firm_id):
        InboundEndpoint.objects.update(next_poll_at="2030-01-01T00:00:00Z", polled_at=None)
    assert hook.send("form.submitted", event_id="evt_old", age=400) == 401
    with firm_scope(hook.firm_id):
        endpoint = InboundEndpoint.objects.get()
        assert endpoint.next_poll_at is not None and endpoint.next_poll_at <= database_now()
        InboundEndpoint.objects.update(next_poll_at="2030-01-01T00:00:00Z", polled_at=database_now())
    hook.send("form.submitted", age=401)
    with firm_scope(hook.firm_id):
        later = InboundEndpoint.objects.get().next_poll_at
        assert later is not None and later.year == 2030  # at most once in five minutes
    hook.work()
    assert hook.events() == [] and len(hook.quarantined()) == 2


def test_two_live_secrets_and_the_end_of_one(hook: Hook) -> None:
    hook.secret("whsec_first_secret")
    hook.secret("whsec_second_secret")
    assert hook.send("form.submitted", secret="whsec_first_secret") == 200
    assert hook.send("form.submitted", secret="whsec_second_secret") == 200
    with firm_scope(hook.firm_id):
        InboundSecret.objects.filter(ends_at__isnull=False).update(ends_at="2020-01-01T00:00:00Z")
    assert hook.send("form.submitted", secret="whsec_first_secret") == 503
    hook.secret("whsec_third_secret")
    with firm_scope(hook.firm_id):
        assert InboundSecret.objects.count() == 2
        newest = InboundSecret.objects.get(ends_at=None)
        endpoints.end_secret(endpoint_id=hook.endpoint_id, secret_id=newest.id)
        assert b"whsec" not in bytes(newest.value)
    assert hook.send("form.submitted", secret="whsec_third_secret") == 503
    assert hook.send("form.submitted", secret="whsec_second_secret") == 200


def test_another_firms_secret_opens_nothing(hook: Hook) -> None:
    from tests.conftest import make_firm
    from tests.integrations.inbound.conftest import make_hook

    other = make_firm("Northgate")
    with firm_scope(other.id):
        row = Connection.objects.create(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8102")
    theirs = make_hook(row.id, other.id)
    theirs.secret("whsec_of_the_others")
    hook.secret()
    assert hook.send("form.submitted", secret="whsec_of_the_others") == 401
    assert theirs.send("form.submitted", secret=SECRET) == 401
    with firm_scope(other.id):
        assert not InboundEvent.objects.exists()
    assert uuid.UUID(str(theirs.endpoint_id)) != hook.endpoint_id

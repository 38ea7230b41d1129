"""The client on real sockets: what can be proven not to have left, and what is unknown."""

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.contract.errors import AuthRejected, NetworkTrouble, ProviderError, Throttled
from integrations.contract.http import Exchange, Failure, Outcome, classify
from integrations.contract.records import Leaf, SealedBody, Source, seal_body
from integrations.providers import transport, wire
from integrations.providers.lawmatics.client import LawmaticsApi
from tests.integrations.providers.wire_server import Handler, WireServer, answer, reset, trickle

TOKEN = "tok-invented-123"
OK = answer("201 Created", b'{"data": {"id": "7", "type": "contact"}}', "Content-Type: application/json")


def open_gate() -> None:
    """A budget that always says yes."""


def api(url: str, **more: Any) -> LawmaticsApi:
    return LawmaticsApi(**{"base_url": url, "token": TOKEN, "gate": open_gate} | more)


def body() -> SealedBody:
    return seal_body({"first_name": Leaf("Maya" * 50, Source.IDENTITY)})


def post(url: str, **more: Any) -> Exchange:
    return api(url, **more).write("POST", "/v1/contacts", body())


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[WireServer], Handler]], WireServer]]:
    """Start a server whose handler is made with the server itself in hand."""
    servers: list[WireServer] = []

    def start(make: Callable[[WireServer], Handler]) -> WireServer:
        server = WireServer(lambda peer: None)
        server.handler = make(server)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def replying(data: bytes) -> Callable[[WireServer], Handler]:
    """Answer every request of a connection with these bytes."""

    def make(server: WireServer) -> Handler:
        def handle(peer: socket.socket) -> None:
            while server.request(peer):
                peer.sendall(data)

        return handle

    return make


def once(action: Callable[[socket.socket], None], *, read: bool = True) -> Callable[[WireServer], Handler]:
    """Read the request, then do something to the connection."""

    def make(server: WireServer) -> Handler:
        def handle(peer: socket.socket) -> None:
            if not read or server.request(peer):
                action(peer)

        return handle

    return make


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# --- Nothing has left ----------------------------------------------------------------------------------------------


def test_a_refused_connection_has_sent_nothing() -> None:
    exchange = post(f"http://127.0.0.1:{free_port()}")
    assert (exchange.failure, exchange.status) == (Failure.BEFORE_SEND, None)
    assert exchange.error == "The connection was refused."
    assert classify(exchange, None) is Outcome.NOT_APPLIED


def test_an_unknown_host_has_sent_nothing() -> None:
    exchange = post("http://no-such-host.invalid")
    assert exchange.failure is Failure.BEFORE_SEND
    assert exchange.error == "The host name was not found."


def test_a_plain_server_behind_https_has_received_no_request(serve: Any) -> None:
    server = serve(once(lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), read=False))
    exchange = post(server.url.replace("http:", "https:"))
    assert exchange.failure is Failure.BEFORE_SEND
    assert exchange.error == "The secure connection failed."


def test_an_untrusted_certificate_gets_no_request(tmp_path: Path) -> None:
    certificate, seen = _certificate(tmp_path), bytearray()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handle(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as secure:
            seen.extend(secure.recv(65536))

    server = WireServer(handle)
    exchange = post(server.url.replace("http:", "https:"))
    server.close()
    assert exchange.failure is Failure.BEFORE_SEND
    assert not seen


def test_tls_below_1_2_is_never_spoken() -> None:
    adapter: Any = api("https://127.0.0.1")._session.get_adapter("https://127.0.0.1")
    context = adapter.poolmanager.connection_pool_kw["ssl_context"]
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_connect_that_took_too_long_fires_no_late_shot(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(replying(OK))
    monkeypatch.setattr(wire, "LATEST_SEND_SECONDS", -1.0)
    exchange = post(server.url)
    assert exchange.failure is Failure.BEFORE_SEND
    assert not server.received


def test_our_own_budget_stops_a_call_before_anything_is_sent(serve: Any) -> None:
    server = serve(replying(OK))

    def closed() -> None:
        raise Throttled("wait", seconds=3, by_provider=False)

    for call in (lambda: post(server.url, gate=closed), lambda: api(server.url, gate=closed).read("/v1/contacts")):
        with pytest.raises(Throttled):
            call()
    assert server.connections == 0


# --- Nobody knows --------------------------------------------------------------------------------------------------


def _unknown(exchange: Exchange) -> bool:
    return exchange.failure is Failure.AFTER_SEND and classify(exchange, "7") is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "action",
    [
        reset,
        lambda peer: None,
        lambda peer: (peer.sendall(b"HTTP/1.1 20"), reset(peer)),
        lambda peer: peer.sendall(b"nonsense\r\n\r\n"),
        lambda peer: peer.sendall(OK[:-5]),
        lambda peer: (peer.sendall(OK[:-5]), reset(peer)),
        lambda peer: peer.sendall(answer("422 Unprocessable Content", b'{"errors": []}', length=500)),
        lambda peer: peer.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat"),
        lambda peer: peer.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
    ids=["reset", "closed", "status line cut", "no http", "body cut", "body reset",
         "refusal cut", "chunk cut", "chunk broken"],
)  # fmt: skip
def test_after_the_request_left_a_broken_answer_is_unknown(serve: Any, action: Any) -> None:
    server = serve(once(action))
    assert _unknown(post(server.url))
    assert server.connections == 1  # and it was not sent again


def test_an_answer_that_ends_in_its_headers_names_no_record(serve: Any) -> None:
    server = serve(once(lambda peer: peer.sendall(b"HTTP/1.1 201 Created\r\nContent-Le")))
    exchange = post(server.url)
    assert exchange.json() is None
    assert classify(exchange, None) is Outcome.UNKNOWN


def test_a_reset_at_once_is_unknown_as_soon_as_a_send_was_begun(serve: Any) -> None:
    """Whether the reset comes before or after the first send is a race; only "nothing was begun" may say before."""
    server = serve(once(reset, read=False))
    for _ in range(20):
        opened = api(server.url)
        exchange = opened.write("POST", "/v1/contacts", body())
        assert exchange.failure is (Failure.AFTER_SEND if opened._wire.touched else Failure.BEFORE_SEND)


def test_no_answer_in_time_is_unknown(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    server = serve(once(lambda peer: time.sleep(1)))
    exchange = post(server.url)
    assert _unknown(exchange)
    assert exchange.error.startswith("No answer within")


@pytest.mark.parametrize("data", [b"HTTP/1.1 201 Created\r\nX-Slow: " + b"a" * 200, OK], ids=["headers", "body"])
def test_a_trickling_answer_is_cut_at_the_deadline(serve: Any, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.5)
    server = serve(once(lambda peer: trickle(peer, data, 0.05)))
    started = time.monotonic()
    exchange = post(server.url)
    assert time.monotonic() - started < 2
    assert _unknown(exchange)
    assert "No complete answer" in exchange.error


def test_an_answer_larger_than_the_limit_is_dropped(serve: Any) -> None:
    huge = answer("201 Created", b" " * (transport.MAX_ANSWER_BYTES + 1))
    server = serve(once(lambda peer: peer.sendall(huge)))
    exchange = post(server.url)
    assert _unknown(exchange)
    assert exchange.body == b""


def test_the_largest_allowed_answer_is_read(serve: Any) -> None:
    head = b'{"data": {"id": "7", "type": "contact"}, "pad": "'
    full = head + b"x" * (transport.MAX_ANSWER_BYTES - len(head) - 2) + b'"}'
    server = serve(replying(answer("201 Created", full)))
    assert post(server.url).json()["data"]["id"] == "7"


def test_a_redirect_is_not_followed(serve: Any) -> None:
    target = serve(replying(OK))
    server = serve(replying(answer("302 Found", b"", f"Location: {target.url}/v1/contacts")))
    exchange = post(server.url)
    assert classify(exchange, None) is Outcome.UNKNOWN
    with pytest.raises(ProviderError):
        api(server.url).read("/v1/contacts")
    assert target.connections == 0


def test_a_read_that_broke_is_trouble_and_not_a_miss(serve: Any) -> None:
    server = serve(once(reset))
    with pytest.raises(NetworkTrouble):
        api(server.url).read("/v1/contacts/find_by_email/maya%40example.com")


# --- What is sent --------------------------------------------------------------------------------------------------


def test_the_request_carries_the_token_and_json_and_the_answer_is_whole(serve: Any) -> None:
    server = serve(replying(OK))
    exchange = post(server.url + "/v1/")  # the documented base ends in /v1
    assert (exchange.status, exchange.failure) == (201, Failure.NONE)
    head, _, sent = bytes(server.received).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/contacts HTTP/1.1")
    assert b"Authorization: Bearer tok-invented-123" in head
    assert b"Content-Type: application/json" in head
    assert sent == b'{"first_name": "' + b"Maya" * 50 + b'"}'


def test_proxies_and_netrc_of_the_environment_are_ignored(
    serve: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "")
    server = serve(replying(OK))
    assert post(server.url).status == 201
    assert b"Bearer tok-invented-123" in server.received


def test_a_kept_connection_is_used_again_for_a_while_and_not_for_a_late_write(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(replying(OK))
    opened = api(server.url)
    opened.write("POST", "/v1/contacts", body())
    opened.write("POST", "/v1/contacts", body())
    opened.read("/v1/contacts")
    assert server.connections == 1
    monkeypatch.setattr(transport, "IDLE_SECONDS", 0.0)
    time.sleep(0.01)
    opened.read("/v1/contacts")
    assert server.connections == 1
    opened.write("POST", "/v1/contacts", body())
    assert server.connections == 2


def test_the_observer_hears_the_points_of_a_write_and_half_a_body_is_half_a_body(serve: Any) -> None:
    server, points, arrived = serve(replying(OK)), [], {}

    def observe(point: str) -> None:
        time.sleep(0.05)
        points.append(point)
        arrived[point] = len(bytes(server.received).partition(b"\r\n\r\n")[2])

    opened = api(server.url, observer=observe)
    opened.read("/v1/contacts")
    assert points == []
    server.received.clear()
    opened.write("POST", "/v1/contacts", body())
    assert points == ["body.half", "request.sent", "headers.read", "body.read"]
    assert 0 < arrived["body.half"] < arrived["request.sent"] == 218


def test_what_is_printed_or_raised_holds_neither_token_nor_address() -> None:
    opened = api(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NetworkTrouble) as caught:
        opened.read("/v1/contacts/find_by_email/maya%40example.com", {"filter_on": "maya@example.com"})
    for shown in (repr(opened), str(caught.value), caught.value.detail, repr(caught.value)):
        assert "maya" not in shown
        assert TOKEN not in shown


def test_the_remote_clock_is_read_from_its_answers(serve: Any) -> None:
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=7)
    server = serve(replying(answer("200 OK", b'{"data": []}', f"Date: {format_datetime(ahead, usegmt=True)}")))
    opened = api(server.url)
    opened.read("/v1/contacts")
    assert abs(opened.clock_offset - datetime.timedelta(minutes=7)) < datetime.timedelta(seconds=3)


def test_threads_of_the_deadline_do_not_pile_up(serve: Any) -> None:
    server, before = serve(replying(OK)), threading.active_count()
    opened = api(server.url)
    for _ in range(30):
        opened.read("/v1/contacts")
    assert threading.active_count() <= before + 5


def test_an_empty_401_is_an_auth_error(serve: Any) -> None:
    server = serve(replying(answer("401 Unauthorized", b"", "WWW-Authenticate: Bearer")))
    with pytest.raises(AuthRejected):
        api(server.url).read("/v1/users/me")


def _certificate(folder: Path) -> str:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
    )
    signed = made.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "self-signed.pem"
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return str(path)

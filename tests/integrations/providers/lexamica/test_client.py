"""Keys: each call with its own, in the header only, never in what is said about a failure. Files as forms."""

import io
import socket
from typing import Any

import pytest

from integrations.contract.errors import AccessRefused, AuthRejected, NotFound, Refused, Throttled
from integrations.contract.http import Exchange, OutgoingFile
from integrations.contract.records import Leaf, Source, seal_body
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.client import LexamicaApi
from integrations.providers.multipart import FileChanged, Multipart
from tests.integrations.providers.lexamica.conftest import Side, client
from tests.integrations.providers.wire_server import WireServer, answer

KEYS = '{"organization_id": "org 1", "private_key": "private-only-for-tests", "public_key": "public-only-for-tests"}'
EMPTY = seal_body({})


def test_each_call_takes_its_own_key_in_the_header_only() -> None:
    for key in catalogue.entry("operations"):
        call = catalogue.call(key)
        assert catalogue.tier_of(call.method, call.path("65f000000000000000000001")) == call.tier

    def reply(peer: socket.socket) -> None:
        while server.request(peer):
            peer.sendall(answer("200 OK", b'{"data": []}'))

    server = WireServer(reply)
    api = LexamicaApi(base_url=server.url, token=KEYS, gate=lambda: None)
    api.read(catalogue.call("list_mappings").path(), {"page": "1"})
    api.write("POST", catalogue.call("send_case").path("65f/..?x=1"), EMPTY)
    server.close()
    first, _, second = bytes(server.received).partition(b"POST ")
    second = b"POST " + second
    assert b"Authorization: Key private-only-for-tests\r\n" in first and b"public-only" not in first
    assert b"Authorization: Key public-only-for-tests\r\n" in second and b"private-only" not in second
    assert first.startswith(b"GET /organization/org%201/mappings?page=1 HTTP")
    assert second.startswith(b"POST /organization/org%201/inbound-webhooks/case/65f%2F..%3Fx%3D1/send HTTP")
    assert "only-for-tests" not in repr(api) and api._secret_headers == {}


def test_a_path_without_a_known_key_is_not_sent() -> None:
    api = LexamicaApi(base_url="http://127.0.0.1:9", token=KEYS, gate=lambda: None)
    with pytest.raises(LookupError):
        api.read("/organization/{orgId}/people")
    with pytest.raises(LookupError):
        api.read("/organization/another/mappings")


def said(status: int, body: bytes) -> Any:
    return LexamicaApi(base_url="http://127.0.0.1:9", token=KEYS, gate=lambda: None).error_of(
        Exchange("POST", "/x", status, body=body)
    )


def test_errors_by_what_they_mean() -> None:
    assert isinstance(said(401, b""), AuthRejected) and isinstance(said(429, b"<html>"), Throttled)
    wrong = said(403, b'{"error": "wrong_key", "message": "This kind of key may not do that"}')
    assert isinstance(wrong, AccessRefused) and wrong.detail == "This kind of key may not do that"
    foreign = said(403, b'{"error": "not_addressed", "message": "It is addressed to another organization"}')
    assert isinstance(foreign, Refused) and foreign.code == "not_ours"
    late = said(409, b'{"error": "invitation_expired", "message": "late"}')
    assert isinstance(late, Refused) and (late.code, late.status) == ("expired", 409)
    assert isinstance(said(404, b'{"error": "case_not_found"}'), NotFound)
    fields = (
        b'{"error": "validation_failed", "message": "No", "details": [{"field": "place", "message": "2 letters"}, 7]}'
    )
    assert said(400, fields).detail == "No; place: 2 letters"
    for odd in (b"[]", b"null", b'{"error": [], "message": {}, "details": "x"}', b"\xff", b'{"error": {"a": 1}}'):
        assert said(400, odd).detail == ""


def test_an_answer_that_repeats_a_key_does_not_carry_it_on() -> None:
    for words in ("bad key private-only-for-tests", "x" * 185 + "public-only-for-tests"):
        found = said(400, f'{{"message": "{words}"}}'.encode()).detail
        assert "only-for" not in found and "***"[: len(found)] in found
    api = LexamicaApi(base_url="http://127.0.0.1:9", token=KEYS, gate=lambda: None)
    leaf = Leaf("signing-only-for-tests", Source.SYSTEM)
    exchange = api.write("POST", catalogue.call("create_webhook_subscription").path(), seal_body({"secret": leaf}))
    repeated = Exchange("POST", exchange.path, 400, body=b'{"message": "secret signing-only-for-tests is short"}')
    assert api.error_of(repeated).detail == "secret *** is short"


def test_a_form_is_sent_piece_by_piece_and_cannot_be_broken_by_names() -> None:
    content = b"%PDF-" + b"x" * 150_000
    name = 'a"; filename="b.exe\r\nX-Evil: 1.pdf'
    file = OutgoingFile(name, "application/pdf", len(content), lambda: io.BytesIO(content))
    form = Multipart({"case_id": "65f"}, "file", file)
    body = b"".join(form)
    assert len(body) == len(form) and body.count(b"Content-Disposition") == 2 and b"\r\nX-Evil" not in body
    shorter = OutgoingFile("a.pdf", "application/pdf", len(content) + 1, lambda: io.BytesIO(content))
    with pytest.raises(FileChanged):
        b"".join(Multipart({}, "file", shorter))


def test_keys_at_the_stand_in(exchange: Any, side: Any) -> None:
    firm: Side = side()
    path = catalogue.call("list_mappings").path()
    assert firm.api.read(path) == {"data": []}
    for keys, problem in (
        ({"private_key": "nobody-knows-this"}, AuthRejected),
        ({"private_key": firm.facts["public_key"]}, AccessRefused),
        ({"organization_id": side().facts["id"]}, AccessRefused),
        ({"private_key": ""}, AuthRejected),
    ):
        with pytest.raises(problem):
            client(exchange, firm.facts, **keys).read(path)

"""Every shape of an error body, and the class each status ends in."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations.contract.errors import (
    AccessRefused,
    AuthRejected,
    NetworkTrouble,
    NotFound,
    ProviderError,
    Refused,
    Throttled,
)  # fmt: skip
from integrations.contract.http import Exchange, Failure
from tests.integrations.providers.lawmatics.conftest import Stub

ENVELOPE = {"errors": [{"status": 422, "title": "Invalid contact", "detail": "Last name can't be blank"}]}


def answer(status: int | None, body: object = b"", failure: Failure = Failure.NONE, **headers: str) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange("POST", "/v1/contacts", status, {k.replace("_", "-"): v for k, v in headers.items()}, raw, failure)


@pytest.mark.parametrize(
    ("status", "kind", "error_class"),
    [
        (400, Refused, "validation"),
        (401, AuthRejected, "auth"),
        (403, AccessRefused, "configuration"),
        (404, NotFound, "validation"),
        (408, NetworkTrouble, "network"),
        (409, Refused, "validation"),
        (413, Refused, "validation"),
        (422, Refused, "validation"),
        (429, Throttled, "rate_limit"),
        (499, NetworkTrouble, "network"),
        (500, NetworkTrouble, "network"),
        (502, NetworkTrouble, "network"),
        (503, NetworkTrouble, "network"),
        (504, NetworkTrouble, "network"),
        (302, ProviderError, "unknown"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html><h1>Sorry</h1></html>", ENVELOPE, [], {"errors": None}, b"\xff"])
def test_the_class_comes_from_the_status_whatever_the_body(
    stub: Stub, status: int, kind: type[ProviderError], error_class: str, body: object
) -> None:
    error = stub.api.error_of(answer(status, body))
    assert type(error) is kind
    assert (error.error_class, error.status) == (error_class, status)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (ENVELOPE, "Invalid contact: Last name can't be blank"),
        ({"errors": [{"title": "Not Found"}]}, "Not Found"),
        ({"errors": [{"detail": "only this"}]}, "only this"),
        ({"errors": [{"title": "Same", "detail": "Same"}]}, "Same"),
        ({"errors": [{"title": "A", "detail": "b"}, {"title": "A", "detail": "c"}]}, "A: b; A: c"),
        ({"errors": ["words"]}, ""),
        ({"errors": {"title": "no list"}}, ""),
        ({"error": "invalid_client"}, ""),
        (["a", "list"], ""),
        ("text", ""),
        (b"", ""),
        (b"<html><title>422</title></html>", ""),
        (b'{"errors": [{"title"', ""),
    ],
)
def test_the_text_is_read_only_where_it_should_be(stub: Stub, body: object, text: str) -> None:
    assert stub.api.error_of(answer(422, body)).detail == text


def test_a_very_long_text_is_cut(stub: Stub) -> None:
    assert len(stub.api.error_of(answer(422, {"errors": [{"title": "x" * 9000}]})).detail) == 1000


def test_failures_of_the_wire_are_trouble_with_our_own_words(stub: Stub) -> None:
    for failure in (Failure.BEFORE_SEND, Failure.AFTER_SEND):
        error = stub.api.error_of(answer(None, failure=failure))
        assert type(error) is NetworkTrouble
        assert error.code == failure


def seconds(stub: Stub, **headers: str) -> float:
    error = stub.api.error_of(answer(429, **headers))
    assert isinstance(error, Throttled) and error.by_provider
    return error.seconds


def test_retry_after_is_obeyed_in_full(stub: Stub) -> None:
    assert seconds(stub, retry_after="60") == 60
    assert seconds(stub, retry_after=" 7200 ") == 7200
    assert seconds(stub, retry_after="0") == 0


def test_retry_after_may_be_a_date_and_is_read_against_their_clock(stub: Stub) -> None:
    now = datetime.now(UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert 88 <= seconds(stub, retry_after=later) <= 91
    theirs = format_datetime(now + timedelta(seconds=60), usegmt=True)
    assert seconds(stub, retry_after=later, date=theirs) == 30
    assert seconds(stub, retry_after=format_datetime(now - timedelta(days=1), usegmt=True)) == 0


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "²", "Wed, 99 Foo 2026"])
def test_without_a_usable_retry_after_it_is_a_minute_and_a_little(stub: Stub, header: str | None) -> None:
    values = {seconds(stub, **({"retry_after": header} if header is not None else {})) for _ in range(20)}
    assert all(60 <= value <= 65 for value in values)
    assert len(values) > 1

"""The table of outcomes, row by row. Whoever merges `unknown` into `not_applied` makes duplicates."""

import pytest

from integrations.contract.http import Exchange, Failure, Outcome, classify


def exchange(status: int | None, *, failure: Failure = Failure.NONE) -> Exchange:
    return Exchange("POST", "/v1/contacts", status, {}, b"", failure)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429])
def test_a_refusal_was_not_applied(status: int) -> None:
    assert classify(exchange(status), None) is Outcome.NOT_APPLIED
    assert classify(exchange(status), "77") is Outcome.NOT_APPLIED


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_with_an_id_was_applied(status: int) -> None:
    assert classify(exchange(status), "77") is Outcome.APPLIED


@pytest.mark.parametrize("remote_id", [None, ""])
@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_without_an_id_is_unknown(status: int, remote_id: str | None) -> None:
    assert classify(exchange(status), remote_id) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "status", [100, 300, 301, 302, 303, 307, 308, 402, 405, 406, 408, 410, 418, 423, 425, 451, 499,
               500, 501, 502, 503, 504, 507, 520, 522, 524, 530, 599, 999],
)  # fmt: skip
def test_every_other_status_is_unknown(status: int) -> None:
    assert classify(exchange(status), None) is Outcome.UNKNOWN
    assert classify(exchange(status), "77") is Outcome.UNKNOWN


def test_a_failure_before_the_first_byte_was_not_applied() -> None:
    assert classify(exchange(None, failure=Failure.BEFORE_SEND), None) is Outcome.NOT_APPLIED


@pytest.mark.parametrize("status", [None, 200, 201, 422, 500])
def test_a_failure_after_a_byte_is_unknown_whatever_came_back(status: int | None) -> None:
    assert classify(exchange(status, failure=Failure.AFTER_SEND), "77") is Outcome.UNKNOWN


def test_no_status_line_is_unknown() -> None:
    assert classify(exchange(None), "77") is Outcome.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"data": ', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_reads_as_nothing(body: bytes) -> None:
    assert Exchange("POST", "/v1/contacts", 500, {}, body).json() is None

"""The verifier: the published vectors, and everything malformed is "invalid", never an exception."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract.changes import Kind
from integrations.contract.signatures import Outcome, digest
from integrations.providers.lawmatics.inbound import ALIASES, parse, verify

STAMP = "1780425000"
AT = datetime.fromtimestamp(int(STAMP), UTC)
ONE = "737d5ce172365c6ac89a8349806f9f8e0f753aaa82756115278c72af92e8ab7c"
TWO = "fe1e18d845d2bae9343421333081ab776088d1e7432a0e6f235eeeaef8284105"
VECTORS = [("whsec_test_0001", b"{}", ONE), ("whsec_test_0002", '{"name":"Zoë – “é”"}'.encode(), TWO)]


def headers(given_digest: str, stamp: str = STAMP) -> dict[str, str]:
    return {"x-lawmatics-signature": f"sha256={given_digest}", "x-lawmatics-timestamp": stamp}


@pytest.mark.parametrize(("secret", "body", "expected"), VECTORS)
def test_vectors(secret: str, body: bytes, expected: str) -> None:
    assert digest(secret, f"{STAMP}.".encode() + body).hex() == expected
    assert verify(headers(expected), body, [secret], AT).valid
    assert verify(headers(expected), body, ["another_secret", secret], AT).valid
    assert verify(headers(expected), body + b" ", [secret], AT).outcome is Outcome.INVALID
    assert verify(headers(expected), body, [secret.removeprefix("whsec_")], AT).outcome is Outcome.INVALID
    assert verify(headers(expected), body, [], AT).outcome is Outcome.INVALID


@pytest.mark.parametrize(("seconds", "outcome"), [(0, "valid"), (300, "valid"), (-300, "valid"), (301, "stale"),
                                                  (-301, "stale"), (10**7, "stale")])  # fmt: skip
def test_window(seconds: int, outcome: str) -> None:
    now = datetime.fromtimestamp(int(STAMP) + seconds, UTC)
    assert verify(headers(ONE), b"{}", ["whsec_test_0001"], now).outcome == outcome


def test_empty_secret_never_fits() -> None:
    forged = digest("", f"{STAMP}.".encode() + b"{}").hex()
    assert verify(headers(forged), b"{}", ["", "x"], AT).outcome is Outcome.INVALID


@given(st.text(), st.text(), st.binary(max_size=200))
def test_nothing_raises_and_nothing_passes(signature: str, stamp: str, body: bytes) -> None:
    found = {"x-lawmatics-signature": signature, "x-lawmatics-timestamp": stamp, "x-lawmatics-event-id": signature}
    assert not verify(found, body, ["whsec_test_0001"], AT).valid
    parse(body)


def test_both_vocabularies() -> None:
    for name in ("matter.stage_changed", "matter.status_changed", "matter.updated", "matter.converted"):
        assert ALIASES[name] is Kind.MATTER_STAGE
    assert ALIASES["envelope.completed"] is ALIASES["document.signed"] is Kind.ENVELOPE_COMPLETED
    assert parse(b'{"event_type": "calendar.moved"}').kind is Kind.UNKNOWN


@pytest.mark.parametrize("value", ["17", '"17"', '" 17 "'])
def test_ids_as_number_or_text(value: str) -> None:
    for key in ("matter_id", "prospect_id"):
        body = f'{{"event_type": "matter.updated", "firm_id": {value}, "data": {{"{key}": {value}}}}}'.encode()
        change = parse(body)
        assert (change.matter_id, change.remote_firm) == ("17", "17")


@pytest.mark.parametrize("value", ["true", "1.5", "[]", "{}", "null", "-3", '"' + "9" * 400 + '"', '"a\\u0000b"'])
def test_odd_ids_are_no_ids(value: str) -> None:
    assert parse(f'{{"event_type": "matter.updated", "data": {{"matter_id": {value}}}}}'.encode()).matter_id == ""

"""Signatures: vectors, every accepted spelling, and a corpus of hostile ones that must be invalid and never raise."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract.signatures import Outcome
from integrations.providers.lexamica.inbound import INBOUND, profile, verify, verify_with

SECRET, BODY = "only-for-tests-0001", '{"name":"Zoë – “é”"}'.encode()
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HEADER = "x-lexamica-signature"
GOOD = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
B64 = base64.b64encode(bytes.fromhex(GOOD)).decode()


def outcome(signature: str, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), **headers: str) -> Outcome:
    return verify({HEADER: signature, **headers}, body, secrets, NOW).outcome


def test_a_vector_made_by_another_program() -> None:
    """`printf '{}' | openssl dgst -sha256 -hmac whsec_test_0001`."""
    given = "9b0f69818aac3bb69fc1e14383937e9df949bfce34b28d337ae1cd2b27a7144f"
    assert outcome(given, b"{}", ("whsec_test_0001",)) is Outcome.VALID


@pytest.mark.parametrize("text", [GOOD, f"sha256={GOOD}", B64, f"sha256={B64}"])
def test_every_accepted_spelling(text: str) -> None:
    assert outcome(text) is Outcome.VALID
    assert outcome(text, BODY + b" ") is Outcome.INVALID
    assert outcome(text, secrets=("another-secret-0001",)) is Outcome.INVALID
    assert outcome(text, secrets=("another-secret-0001", SECRET)) is Outcome.VALID
    assert outcome(text, secrets=()) is Outcome.INVALID
    assert outcome(text, secrets=("",)) is Outcome.INVALID


HOSTILE = [
    "x", "=", "sha256=", "sha256", GOOD[:-1], GOOD + "0", GOOD.upper(), f" {GOOD}", f"{GOOD} ", f"{GOOD}\n",
    f"sha1={GOOD}", f"SHA256={GOOD}", f"sha256=sha256={GOOD}", f"sha256={GOOD},sha256={GOOD}", f"v1,{B64}",
    B64[:-1], B64.rstrip("="), B64 + "=", "=" * 44, "A" * 44, B64.replace("=", "-"), f"{B64[:-2]}B=",
    "0" * 64, "g" * 64, "٠" * 64, "０" * 64, "é" * 64, "\x00" * 64, "\ud800" * 44, "💥" * 16, "a" * 100_000,
    GOOD.replace("a", "а") if "a" in GOOD else "а" * 64, '{"a":1}', "%s%n", "../../etc/passwd", "None", "null", "0",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_signatures_are_invalid_and_never_an_error(text: str) -> None:
    assert outcome(text) is Outcome.INVALID


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[" * 50_000, b"1" * 5000, b'"x"', b"null", b'{"eventId": {"a": []}}', b"\x00"],
    ids=range(8),
)  # fmt: skip
def test_any_body_may_be_signed(body: bytes) -> None:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    verdict = verify({HEADER: signature, "x-lexamica-event": "\ud800"}, body, (SECRET,), NOW)
    assert verdict.outcome is Outcome.VALID and verdict.event_id
    assert INBOUND.change_of({}, body).event_type == ""


def test_the_id_of_an_event() -> None:
    """The signed body's own id wins over a header that nobody signed; without both, what it says is its id."""

    def found(body: bytes, **headers: str) -> str:
        return verify({HEADER: "x", **headers}, body, (SECRET,), NOW).event_id

    body = b'{"event":"Case Created","eventId":"e-1","data":{}}'
    assert found(body, **{"x-lexamica-delivery": "forged"}) == "e-1"
    assert found(b'{"case_id":"1"}', **{"x-lexamica-delivery": "d-1"}) == "d-1"
    first, second = (
        found(b'{"case_id":"1"}', **{"x-lexamica-event": name}) for name in ("Case Edited", "Case Deleted")
    )
    assert first != second and first == found(b'{"case_id":"1"}', **{"x-lexamica-event": "Case Edited"})


def test_missing_and_a_signed_time() -> None:
    assert verify({}, BODY, (SECRET,), NOW).outcome is Outcome.MISSING
    rules = replace(profile(), template="{timestamp}.{body}")

    def timed(stamp: str, at: datetime = NOW) -> Outcome:
        given = hmac.new(SECRET.encode(), stamp.encode(errors="replace") + b"." + BODY, hashlib.sha256).hexdigest()
        return verify_with(rules, {HEADER: given, rules.timestamp: stamp}, BODY, (SECRET,), at).outcome

    seconds = str(int(NOW.timestamp()))
    assert timed(seconds) is timed(NOW.isoformat()) is Outcome.VALID
    assert timed(seconds, NOW + timedelta(minutes=5, seconds=1)) is Outcome.STALE
    assert timed("{body}") is timed("-1") is timed("１７") is timed("9" * 40) is Outcome.INVALID
    assert timed("") is Outcome.MISSING
    other = replace(rules, header="x-other", prefixes=("v1=",), encodings=("base64",), template="{body}")
    assert verify_with(other, {"x-other": f"v1={B64}"}, BODY, (SECRET,), NOW).valid
    assert not verify_with(other, {"x-other": f"v1={GOOD}"}, BODY, (SECRET,), NOW).valid

"""Hostile signatures against the verifiers of three profiles: none accepted, no exception; at the door no 5xx.

Profiles: Lawmatics (time and body signed), Lexamica (body signed), Lexamica with the time signed. Sabotage: a verifier
that decodes without catching anything turns hostile input into exceptions.
"""

import base64
import hashlib
import hmac
import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.size import pick
from integrations.contract.signatures import Outcome
from integrations.providers.lawmatics import inbound as lawmatics
from integrations.providers.lexamica import inbound as lexamica
from tests.integrations.inbound.conftest import SECRET, Hook
from tests.integrations.inbound.test_receiver import hostile
from tests.proofs.test_inbound_durability import door

__all__ = ["door"]
BODY = b'{"event_id": "evt_1", "event": "case.updated", "data": {}}'
Check = Callable[[str, str, bytes], Any]


def mac(body: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def profiles() -> dict[str, tuple[Check, bool]]:
    """Return each verifier as signature, time, body → verdict, and whether it signs the time."""
    now, rules = datetime.now(UTC), lexamica.profile()
    timed = replace(rules, template="{timestamp}.{body}")

    def first(signature: str, stamp: str, body: bytes) -> Any:
        headers = {lawmatics.SIGNATURE: signature, lawmatics.TIMESTAMP: stamp}
        return lawmatics.verify({name: text for name, text in headers.items() if text}, body, [SECRET], now)

    def other(profile: Any) -> Check:
        def check(signature: str, stamp: str, body: bytes) -> Any:
            headers = {profile.header: signature, profile.timestamp: stamp}
            clean = {name: text for name, text in headers.items() if text}
            return lexamica.verify_with(profile, clean, body, [SECRET], now)

        return check

    return {"lawmatics": (first, True), "lexamica": (other(rules), False), "lexamica, timed": (other(timed), True)}


def corpus(signs_time: bool) -> Iterator[tuple[str, str, bytes]]:
    """Yield hostile deliveries: nothing here was made with the secret for exactly this time and body."""
    stamp = str(int(time.time()))
    signed = (f"{stamp}.".encode() if signs_time else b"") + BODY
    right, hexed = mac(signed), mac(signed).hex()
    spelled = [
        "", " ", "sha256", "sha256=", "=", "sha256==", hexed[:-1], hexed + "0", hexed.upper(), f" {hexed}", f"{hexed} ",
        f"sha1={hexed}", f"SHA256={hexed}", f"md5={hexed}", f"sha256={hexed}\n", f"sha256={hexed}\x00", f"v1={hexed}",
        f"v1,{hexed}", f"sha256={hexed},sha256={hexed}", f"t={stamp},v1={hexed}", "sha256=" + "0" * 64, "g" * 64,
        "\uff11" * 64, "\u0661" * 64, "é" * 64, "\ud800" * 64, "0x" + hexed[2:], "-" + hexed[1:], "null", "None",
        "true", "[]", "{}", "a" * 100_000,
        base64.b64encode(right).decode()[:-1], base64.b64encode(right).decode() + "=",
        base64.urlsafe_b64encode(b"\xfb" * 32).decode(), base64.b64encode(right + b"x").decode(),
        base64.b64encode(mac(signed, "")).decode(), mac(signed, "").hex(), mac(signed, SECRET[6:]).hex(),
        mac(signed, SECRET + " ").hex(), mac(b"").hex(), mac(signed + b"\n").hex(), mac(signed[1:]).hex(),
        hashlib.sha256(signed).hexdigest(), hashlib.sha256(SECRET.encode() + signed).hexdigest(),
    ]  # fmt: skip
    yield from ((one, stamp, BODY) for one in spelled)
    bodies = (BODY + b" ", BODY[:-1], b"", b"\x00", b"[" * 50_000, bytes(range(256)), BODY.upper(), b"\xff" * 70_000)
    for body in bodies:
        yield from ((f"sha256={hexed}", stamp, body), (hexed, stamp, body))
    if signs_time:
        times = ("", "0", "-1", stamp + "0", str(int(stamp) - 1), "now", f"{stamp}.0", f"+{stamp}", hex(int(stamp)),
                 "9" * 5000, "\uff11" * 10, f" {stamp}", "NaN", "1e9", "\x00")  # fmt: skip
        yield from ((f"sha256={hexed}", one, BODY) for one in times)
    dice = random.Random(20261121)
    for _ in range(pick(200, 20_000)):
        place, value = dice.randrange(64), dice.choice("0123456789abcdef")
        broken = hexed[:place] + value + hexed[place + 1 :]
        if broken != hexed:
            yield f"sha256={broken}", stamp, BODY


def test_nothing_hostile_is_accepted_and_nothing_raises(record_property: Callable[[str, object], None]) -> None:
    tried, least = 0, []
    for name, (check, signs_time) in profiles().items():
        stamp = str(int(time.time()))
        good = mac((f"{stamp}.".encode() if signs_time else b"") + BODY).hex()
        assert check(f"sha256={good}", stamp, BODY).outcome is Outcome.VALID, name
        requests = list(corpus(signs_time))
        least.append(len(set(requests)))
        accepted = [one for one in requests if check(*one).valid]
        assert accepted == [], name
        tried += len(requests)
    record_property("trials", tried)
    record_property("measured", f"at least {min(least)} different hostile deliveries for each of {len(least)} profiles")
    assert min(least) >= 60


def test_the_door_answers_every_one_without_a_fault(door: Hook, record_property: Callable[[str, object], None]) -> None:
    requests = hostile()
    codes = [door.post(body, headers).status_code for _, headers, body in requests]
    record_property("trials", len(codes))
    assert set(codes) == {401} and door.events() == []


def test_sabotage_a_verifier_that_catches_nothing_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding the way a first draft would: the same corpus makes it raise, which a receiver shows as 500."""
    monkeypatch.setattr(lawmatics, "parse_hex_digest", bytes.fromhex)
    monkeypatch.setattr(lawmatics, "parse_timestamp", int)
    check, signs_time = profiles()["lawmatics"]
    raised = 0
    for one in itertools.islice(corpus(signs_time), 100):
        try:
            check(*one)
        except ValueError:
            raised += 1
    assert raised > 0

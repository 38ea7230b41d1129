"""Events between a rotation and the pasting of the new secret are processed once after it; forged ones never.

Sabotage: a second look that believes every signature lets the forged ones in.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.size import pick
from integrations.contract.signatures import Outcome, Verdict
from integrations.inbound import endpoints, quarantine, wake
from integrations.models import InboundEndpoint, InboundSecret
from tests.integrations.inbound.conftest import Hook
from tests.proofs.test_inbound_durability import door

__all__ = ["door"]
GENUINE, FORGED = pick(10, 200), pick(20, 500)
OLD, NEW = "whsec_before_rotation", "whsec_after_rotation"


def gap(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send genuine events signed with a secret that is not stored yet, each twice, and forged ones between them."""
    # The cap of what is kept per minute has a proof of its own; here all shall be kept.
    monkeypatch.setattr(quarantine, "STORED_PER_MINUTE", 10 * (GENUINE + FORGED))
    with firm_scope(hook.firm_id):
        InboundSecret.objects.all().delete()
    hook.secret(OLD)
    for number in range(max(GENUINE, FORGED)):
        if number < GENUINE:
            for _ in range(2):
                assert hook.send("form.submitted", event_id=f"evt_true_{number}", secret=NEW) in (401, 503)
        if number < FORGED:
            name = f"evt_true_{number}" if number % 5 == 0 else f"evt_forged_{number}"
            assert hook.send("form.submitted", event_id=name, secret=f"whsec_guess_{number}") in (401, 503)


def work_off(hook: Hook) -> None:
    """Run until no second look is left; it goes in batches with a short rest between them."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        hook.work()
        with firm_scope(hook.firm_id):
            open_rows = WorkItem.objects.filter(kind__in=("inbound_recheck", "inbound_event"), status__in=WorkItem.LIVE)
            if not open_rows.exists():
                return
        time.sleep(0.1)
    raise AssertionError("the second look does not end")


def paste(hook: Hook) -> list[str]:
    """Store the new secret, look again twice, and return the ids of what was processed."""
    hook.secret(NEW)
    work_off(hook)
    with firm_scope(hook.firm_id):
        wake.ask_for_recheck(InboundEndpoint.objects.get())
    work_off(hook)
    return sorted(event.event_id for event in hook.events() if event.result)


def test_the_gap_is_made_good_once_and_nothing_forged_gets_in(
    door: Hook, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    gap(door, monkeypatch)
    assert door.events() == []
    found = paste(door)
    record_property("trials", GENUINE + FORGED)
    record_property("measured", f"{GENUINE} genuine events sent twice: {len(found)} processed; {FORGED} forged: 0")
    assert found == sorted(f"evt_true_{number}" for number in range(GENUINE))
    assert {event.duplicates for event in door.events()} == {0}


def test_sabotage_a_second_look_that_believes_everything_lets_forgeries_in(
    door: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap(door, monkeypatch)
    real = endpoints.inbound_of("lawmatics")
    assert real is not None

    def believe(headers: Any, body: bytes, *_: Any) -> Verdict:
        return Verdict(Outcome.VALID, "", str(json.loads(body)["event_id"]))

    declared = replace(real, verify=believe)
    whole = endpoints.inbound_of
    monkeypatch.setattr(
        "integrations.inbound.recheck.endpoints.inbound_of", lambda key: declared if key == "lawmatics" else whole(key)
    )
    assert any(name.startswith("evt_forged") for name in paste(door))

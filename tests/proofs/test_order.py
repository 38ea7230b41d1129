"""Stage events in every order, doubled, mixed with echoes of our own: one final status, nothing is sent back.

All 120 orders of five events in the long form. Sabotage: when the event's own word counts and the matter is not read
again, late orders end in the wrong status.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from harness.size import pick
from integrations.contract.changes import MatterState
from integrations.inbound import processor
from integrations.models import InboundEvent
from tests.integrations.inbound.conftest import Hook, inbound_twin, live
from tests.integrations.inbound.test_processing import move, remote_matter

__all__ = ["inbound_twin", "live"]
STAGES = ("Retained", "New Lead", "Retained", "New Lead", "Retained")  # the last one is what stands there in the end
ORDERS = list(itertools.permutations(range(5)))
SEED = 20261121


def orders() -> Iterator[tuple[int, ...]]:
    yield from ORDERS if pick(0, 1) else random.Random(SEED).sample(ORDERS, 5)


def play(hook: Hook, order: tuple[int, ...], dice: random.Random) -> str:
    """Move a fresh matter five times, then deliver the five events in this order with doubles; return the status."""
    remote = remote_matter(hook, "New Lead")
    matter_id = hook.matter(remote)
    for stage in STAGES:
        move(hook, remote, stage)
    ids = [hook.stage(stage) for stage in STAGES]
    for number in order:
        for _ in range(dice.choice((1, 1, 2))):
            data = {"matter_id": int(remote), "stage_id": ids[number]}
            assert hook.send("matter.stage_changed", event_id=f"evt_{remote}_{number}", **data) == 200
        if dice.random() < 0.4:
            hook.work()
    hook.work()
    return hook.status(matter_id)


def all_orders(hook: Hook) -> tuple[int, list[tuple[int, ...]]]:
    hook.secret()
    dice, wrong, count = random.Random(SEED), [], 0
    for order in orders():
        count += 1
        if play(hook, order, dice) != "active":
            wrong.append(order)
    return count, wrong


def test_every_order_ends_the_same_and_nothing_goes_back(
    live: Callable[[], Hook], record_property: Callable[[str, object], None]
) -> None:
    hook = live()
    count, wrong = all_orders(hook)
    record_property("trials", count)
    record_property("seed", SEED)
    assert wrong == []
    with firm_scope(hook.firm_id):
        assert not WorkItem.objects.filter(kind="sync_matter").exists(), "a change that came in was sent back"
        assert not InboundEvent.objects.filter(result="failed").exists()


def test_sabotage_believing_the_event_ends_in_the_wrong_status(
    live: Callable[[], Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = live()
    hook.secret()
    believe_events(hook, monkeypatch)
    late = play(hook, (0, 2, 4, 1, 3), random.Random(SEED))
    assert late != "active"


def believe_events(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer each reading with what the newest delivered event claims."""
    whole = processor.inbound_of

    def claimed(api: Any, matter_id: str) -> MatterState:
        from integrations.inbound.store import open_payload
        from integrations.providers.lawmatics.inbound import parse

        with firm_scope(hook.firm_id):
            event = InboundEvent.objects.filter(matter_external_id=matter_id).latest("received_at", "id")
            stage = str(parse(open_payload(event) or b"").extra["stage_id"])
        return MatterState(matter_id, stage, "", "pnc", None)

    def believing(key: str) -> Any:
        real = whole(key)
        return replace(real, read_matter=claimed) if real is not None else None

    monkeypatch.setattr(processor, "inbound_of", believing)

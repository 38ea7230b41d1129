"""Removes one protection, named by `CASEHUG_SABOTAGE`: the proof of that protection must then turn red.

Loaded in worker processes as a checkpoint observer; the first checkpoint applies it.
"""

import os
from typing import Any

_applied = False


def _no_intent_before_the_post() -> None:
    """The intent is committed only after the answer, so a crash in between finds nothing to look for."""
    from casehug.common.scope import firm_scope
    from integrations.sync import act, intents

    keep = act._send_once

    def send_once(run: Any, step: Any, context: Any, write: Any, *, known: Any) -> Any:
        real = intents.open_intent

        late: list[Any] = []

        def forgetful(**values: Any) -> Any:
            intent = real(**values)
            intents.RemoteIntent.objects.filter(id=intent.id).delete()
            late.append(intent)
            return intent

        intents.open_intent = forgetful  # type: ignore[assignment]
        try:
            sent = keep(run, step, context, write, known=known)
            with firm_scope(run.item.firm_id):
                for intent in late:
                    intent.save(force_insert=True)
            return sent
        finally:
            intents.open_intent = real

    act._send_once = send_once


def _unknown_counts_as_failed() -> None:
    """Every unanswered write is treated as one that did not arrive."""
    from integrations.contract.http import Outcome
    from integrations.sync import act

    real = act.classify

    def classify(exchange: Any, remote_id: Any) -> Outcome:
        outcome = real(exchange, remote_id)
        return Outcome.NOT_APPLIED if outcome is Outcome.UNKNOWN else outcome

    act.classify = classify


def _no_contact_key() -> None:
    """Two runs may look for and create the contact of one e-mail at the same time."""
    from integrations.sync import ahead

    def take_contact(run: Any) -> None:
        run.contact = True

    ahead.take_contact = take_contact


def _claim_without_lease() -> None:
    """Every ring runs its row at once, whoever has it: no due time, no lease, no fence, no owner to guard.

    Nor does a copy take the other one's open write for that of a process that died, which would stop it as well.
    """
    from casehug.common import work
    from casehug.common.models import WorkItem
    from casehug.common.scope import firm_scope
    from integrations.sync import doubts
    from integrations.sync.records import standing

    def claim(*, item_id: Any, owner: str, firm_id: Any) -> Any:
        with firm_scope(firm_id):
            item = WorkItem.objects.get(id=item_id)
        return None if item.status in ("done", "dead", "cancelled") else item

    def guard(item: Any, *, durable: bool = False) -> Any:
        return work.database_now()

    def conclude(item: Any, *, step: str, state: Any, records: Any) -> Any:
        save_progress(item, step=step, state=state)
        return standing.read(item, records)

    def save_progress(item: Any, *, step: str, state: Any) -> None:
        item.step, item.step_state = step, dict(state)

    work.claim, work.guard, work.save_progress = claim, guard, save_progress  # type: ignore[assignment]
    standing.conclude = conclude
    doubts.recover, doubts.wait_for_other = (lambda **_: None), (lambda *_: False)  # type: ignore[assignment]
    real = work.settle

    def settle(item: Any, settlement: Any) -> str:
        WorkItem.objects.filter(id=item.id).update(status="running", fence=item.fence)
        return real(item, settlement)

    work.settle = settle


def _news_done_before_applied() -> None:
    """What an exchange told counts as processed once it was read, before it is applied."""
    import time

    from integrations.inbound import apply
    from integrations.models import InboundEvent
    from integrations.referrals import incoming

    read, act = incoming._read, incoming._apply

    def hasty(events: Any, connection: Any) -> Any:
        apply.finish(events, InboundEvent.Result.APPLIED)
        return read(events, connection)

    def slow(connection: Any, event: Any, change: Any) -> None:
        time.sleep(0.3)  # so that a kill falls in between
        act(connection, event, change)

    incoming._read, incoming._apply = hasty, slow


SABOTAGES = {
    "no_intent": _no_intent_before_the_post,
    "unknown_is_failed": _unknown_counts_as_failed,
    "no_contact_key": _no_contact_key,
    "no_lease": _claim_without_lease,
    "news_done_first": _news_done_before_applied,
}


def observe(point: str) -> None:
    """Apply the sabotage once."""
    global _applied
    if not _applied:
        _applied = True
        name = os.environ.get("CASEHUG_SABOTAGE")
        if name:
            SABOTAGES[name]()

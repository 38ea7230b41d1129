"""What a change sends: one event per addressed organization, mapped now, to its webhooks and its stored events."""

from __future__ import annotations

import random
import uuid
from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.records import mapping, views
from sandbox.lexamica.records.files_urls import fresh_url
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World, iso

HANDLER_NOTICES = ("case_received", "invitation_sent", "invitation_received")


def emit(world: World, key: str, record: Record, case: Record, *, actor: int = 0, handler: int = 0) -> None:
    """Queue and store the event `key` about `record` for its audience, in the transaction of the change.

    `actor` is the organization that acted, `handler` the one concerned where the case has no confirmed one yet.
    """
    facts = catalogue.entry("events")[key]
    sides = {"originator": case.org, "handler": handler or case.doc.get("handler") or 0}
    audience = dict.fromkeys(sides[side] for side in facts["to"])
    for organization in audience:
        if not organization or (organization == actor and world.switches.get("own_action_events") == "off"):
            continue
        if key in HANDLER_NOTICES and organization == sides["handler"]:
            if world.switches.get("handler_notices") not in ("all", key):
                continue
        _tell(world, organization, str(facts["name"]), record)


def _tell(world: World, organization: int, name: str, record: Record) -> None:
    where = "org = ? AND state = ? AND kind IN ('webhook', 'stored_subscription')"
    event_id = str(uuid.uuid4())
    for subscription in world.store.select(where, [organization, name]):
        if not subscription.doc["active"]:
            continue
        if subscription.kind == "stored_subscription" and world.switches.get("stored_events") == "off":
            continue
        found = world.store.get("mapping", subscription.doc["mapping"], organization)
        if found is None:
            continue
        data = mapping.outward(found, view(world, record, organization))
        if subscription.kind == "webhook":
            queue(world, subscription, {"event_id": event_id, "name": name, "data": data})
        else:
            doc = {"event": name, "data": data, "subscription": subscription.id, "event_id": event_id}
            world.store.insert(
                "stored_event", organization, doc, at=world.stamp(), parent=subscription.id, state=name
            )


def view(world: World, record: Record, organization: int) -> dict[str, Any]:
    """A record as one organization sees it, a file with a fresh address."""
    if record.kind == "attachment":
        url = fresh_url(world, record) if record.state == "stored" else None
        return views.attachment(world, record, viewer=organization, url=url)
    return dict(views.VIEWS[record.kind](world, record, viewer=organization))


def queue(
    world: World, subscription: Record, event: dict[str, Any], *, copies: int = 0, forged: bool | None = None,
    delay: float | None = None,
) -> list[Record]:  # fmt: skip
    """Queue the deliveries of one event: as often, as late and as wrongly signed as the dials or the caller say."""
    dial = world.switches.number
    if copies == 0:
        copies = 2 if random.random() < dial("webhook_duplicate") else 1
    dropped = forged is None and random.random() < dial("webhook_drop")
    made, now = [], world.now()  # one moment: a copy is the same body, byte by byte
    for _copy in range(copies):
        wait = dial("webhook_delay_seconds") + random.uniform(0, dial("webhook_reorder_seconds"))
        wrong = forged if forged is not None else random.random() < dial("webhook_wrong_signature")
        doc = event | {
            "at": iso(now), "attempts": [], "forged": wrong, "forged_once": wrong and forged is None,
        }  # fmt: skip
        made.append(
            world.store.insert(
                "delivery", subscription.org, doc, at=now, parent=subscription.id,
                state="dropped" if dropped else "waiting",
                due=None if dropped else now + (wait if delay is None else delay),
            )
        )  # fmt: skip
    return made

"""Outbound webhooks: what a change sends, under which names, and the signed deliveries kept as rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.world import World

# kind of change: (names in Lawmatics' catalogue, names in CaseHug's description)
EVENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "contact_created": ((), ("contact.created",)),
    "contact_updated": (("contact.updated",), ()),
    "contact_merged": (("contact.merged",), ()),
    "contact_deleted": (("contact.deleted",), ()),
    "matter_created": (("matter.created",), ()),
    "matter_stage": (("matter.updated",), ("matter.stage_changed",)),
    "matter_status": (("matter.status_changed",), ()),
    "matter_converted": (("matter.converted",), ()),
    "matter_updated": (("matter.updated",), ()),
    "note_added": (("matter.note_added",), ()),
    "form_submitted": (("form.submitted",), ("form.submitted",)),
    "document_signed": (("document.signed",), ("envelope.completed",)),
}
EVENT_TYPES = sorted(
    {name for pair in EVENTS.values() for names in pair for name in names}
    | {"matter.task_completed", "invoice.created", "invoice.paid"}
)
DELAYS = (0, 15, 60, 300, 1800, 3600, 7200)
PER_EVENT_TYPE = 2


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The signature header: HMAC-SHA256 over `<timestamp>.<raw body>`, keyed with the whole secret."""
    digest = hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def register(world: World, account: int, *, name: str, url: str, event_type: str, secret: str = "") -> Record:
    """Set up one webhook of a firm; raises ValueError with a sentence. `*` (all events) is ours, not Lawmatics'."""
    loopback = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if not url.startswith("https://") and not loopback:
        raise ValueError("The endpoint URL must use HTTPS (plain HTTP only on this machine).")
    if event_type != "*" and event_type not in EVENT_TYPES:
        raise ValueError(f"Unknown event type {event_type}.")
    same = [hook for hook in world.store.all("webhook", account) if hook.doc["event_type"] == event_type]
    if len(same) >= PER_EVENT_TYPE:
        raise ValueError(f"At most {PER_EVENT_TYPE} webhooks per event type.")
    doc = {"name": name or event_type, "url": url, "event_type": event_type, "active": True}
    doc |= {"secret": secret or new_secret()}
    return world.store.insert("webhook", account, doc, at=world.now())


def new_secret() -> str:
    """A fresh signing secret."""
    return "whsec_" + secrets.token_urlsafe(24)


def names_for(world: World, account: int, kind: str) -> list[str]:
    """The event names a change goes out under."""
    lawmatics, casehug = EVENTS[kind]
    mode = world.switches.get("webhook_names", account)
    chosen = {"lawmatics": lawmatics, "casehug": casehug, "both": lawmatics + casehug}[mode]
    return list(dict.fromkeys(chosen))


def emit(world: World, account: int, kind: str, data: dict[str, Any]) -> None:
    """Queue the deliveries of a change, in the transaction of the change."""
    hooks = [hook for hook in world.store.all("webhook", account) if hook.doc["active"]]
    mode = world.switches.get("webhook_delivery", account)
    if not hooks or mode == "off":
        return
    for name in names_for(world, account, kind):
        event = envelope(world, account, name, data)
        for hook in hooks:
            if hook.doc["event_type"] in ("*", name):
                due = time.time()
                if mode == "late":
                    due += world.switches.number("webhook_delay_seconds", account)
                if mode == "reordered":
                    due += random.uniform(0, world.switches.number("webhook_delay_seconds", account))
                for _copy in range(2 if mode == "duplicate" else 1):
                    queue(world, hook, event, due=due)


def envelope(world: World, account: int, event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """The body of one event."""
    moment = datetime.fromtimestamp(world.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "event_id": f"evt_{uuid.uuid4()}", "firm_id": account, "event_type": event_type, "version": "v1",
        "timestamp": moment, "data": data,
    }  # fmt: skip


def queue(
    world: World, hook: Record, event: dict[str, Any], *, due: float, forged: bool = False, age: float = 0.0
) -> Record:
    """Queue one delivery. `forged` signs with a wrong secret, `age` makes the signed timestamp older by seconds."""
    doc = {
        "webhook_id": hook.id, "event": event, "due": due, "attempts": [], "state": "waiting",
        "forged": forged, "age": age,
    }  # fmt: skip
    return world.store.insert("delivery", hook.account, doc, at=world.now())


def headers_and_body(world: World, hook: Record, doc: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The signed request of one attempt: a fresh timestamp each time, the same event id."""
    body = json.dumps(doc["event"], ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(world.now() - doc["age"])
    secret = new_secret() if doc["forged"] else hook.doc["secret"]
    headers = {
        "Content-Type": "application/json", "User-Agent": "Lawmatics-StandIn/1",
        "X-Lawmatics-Signature": sign(secret, timestamp, body), "X-Lawmatics-Timestamp": str(timestamp),
        "X-Lawmatics-Event-Id": str(doc["event"]["event_id"]),
    }  # fmt: skip
    return headers, body

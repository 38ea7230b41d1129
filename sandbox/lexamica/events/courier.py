"""Carries webhook deliveries out: signed, enveloped or bare, repeated by the ladder of the catalogue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

import requests

from sandbox.lexamica import catalogue
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World


def sign(secret: str, body: bytes, form: str = "hex") -> str:
    """The signature of a body: HMAC-SHA256, keyed with the secret, over the raw bytes."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256)
    if form == "base64":
        return base64.b64encode(mac.digest()).decode()
    return ("sha256=" if form == "sha256=hex" else "") + mac.hexdigest()


def headers_and_body(world: World, hook: Record, doc: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The request of one attempt: the same body and delivery id each time."""
    names = {key: item["value"] for key, item in catalogue.entry("webhook.envelope_fields").items()}
    content: dict[str, Any] = doc["data"]
    if world.switches.get("envelope") == "enveloped":
        content = {
            names["event"]: doc["name"], names["event_id"]: doc["event_id"], names["timestamp"]: doc["at"],
            names["organization"]: world.organization(hook.org).id, names["data"]: doc["data"],
        }  # fmt: skip
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    forged = doc["forged"] and not (doc.get("forged_once") and doc["attempts"])
    secret = secrets.token_hex(16) if forged else hook.doc["secret"]
    headers = {key: item["value"] for key, item in catalogue.entry("webhook.headers").items()}
    return {
        "Content-Type": headers["content_type"], "User-Agent": "Lexamica-StandIn/1", headers["event"]: doc["name"],
        headers["delivery"]: doc["event_id"], headers["timestamp"]: doc["at"],
        headers["signature"]: sign(secret, body, world.switches.get("signature")),
    }, body  # fmt: skip


def attempt(world: World, delivery: Record) -> None:
    """One attempt; its outcome and the next time are kept."""
    hook = world.store.get("webhook", delivery.parent)
    again = False
    if hook is None or not hook.doc["active"]:
        outcome = "subscription is off"
    else:
        outcome, again = _send(world, hook, delivery.doc)
    with world.store.transaction():
        kept = world.store.get("delivery", delivery.id)
        if kept is None:
            return
        kept.doc["attempts"].append({"at": world.now(), "outcome": outcome})
        ladder = catalogue.value("webhook.retry_seconds")
        number = len(kept.doc["attempts"])
        if again and number <= len(ladder):
            kept.due = world.now() + world.scaled(ladder[number - 1])
        else:
            kept.due, kept.state = None, "delivered" if outcome.startswith("2") else "failed"
            _count(world, delivery.parent, failed=kept.state == "failed")
        world.store.save(kept)


def _send(world: World, hook: Record, doc: dict[str, Any]) -> tuple[str, bool]:
    """Send; returns the outcome in words and whether it is to be tried again."""
    headers, body = headers_and_body(world, hook, doc)
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                hook.doc["url"], data=body, headers=headers, timeout=catalogue.number("webhook.timeout_seconds"),
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            return type(error).__name__, True
    status = answer.status_code
    return str(status), not 200 <= status < 300 and status != catalogue.number("webhook.stop_status")


def _count(world: World, hook_id: str, *, failed: bool) -> None:
    """Consecutive failed events of a subscription; past the dial it is switched off."""
    hook = world.store.get("webhook", hook_id)
    if hook is None:
        return
    hook.doc["failures"] = hook.doc.get("failures", 0) + 1 if failed else 0
    limit = world.switches.number("webhook_disable_after")
    if limit and hook.doc["failures"] >= limit:
        hook.doc["active"] = False
    world.store.save(hook)

"""Subscriptions of an organization: one event type each, pushed to an address or stored for polling."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.lexamica import catalogue
from sandbox.lexamica.records import mapping
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, iso

KINDS = {"webhook": "webhook.fields", "stored_subscription": "stored_events.subscription_fields"}


def names(kind: str) -> dict[str, str]:
    """The names of a subscription's own keys."""
    return {key: item["value"] for key, item in catalogue.entry(KINDS[kind]).items()}


def check(world: World, organization: int, kind: str, given: Doc, old: Record | None = None) -> Doc:
    """A subscription's body in our own words; raises Refusal. On a change the secret may be left out."""
    word = names(kind)
    problems: list[tuple[str, str]] = []
    event, active = given.get(word["event"]), given.get(word["active"], True)
    key = catalogue.event_key(event) if isinstance(event, str) else None
    if key is None:
        problems.append((word["event"], "not one of the events"))
    if not isinstance(active, bool):
        problems.append((word["active"], "true or false is needed"))
    doc: Doc = {"event": event, "active": active, "mapping": given.get(word["mapping"])}
    if kind == "webhook":
        url, secret = given.get(word["url"]), given.get(word["secret"], old.doc["secret"] if old else None)
        if not isinstance(url, str) or not _acceptable(url):
            problems.append((word["url"], "an https address is needed"))
        if not isinstance(secret, str) or len(secret) < catalogue.number("webhook.secret_min_length"):
            problems.append((word["secret"], "too short"))
        doc |= {"url": url, "secret": secret}
    if not isinstance(doc["mapping"], str):
        problems.append((word["mapping"], "the id of a mapping is needed"))
    if problems:
        raise invalid(*problems)
    model = catalogue.entry("models")[_model_of(str(key))]["name"]["value"]
    mapping.load(world, organization, doc["mapping"], [model])
    return doc


def _model_of(event: str) -> str:
    return str(catalogue.model_key(catalogue.entry("events")[event]["model"]))


def _acceptable(url: str) -> bool:
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (local or parts.scheme == catalogue.text("webhook.url_scheme"))


def create(world: World, organization: int, kind: str, given: Doc) -> Record:
    """Keep a new subscription; raises Refusal."""
    doc = check(world, organization, kind, given)
    return world.store.insert(
        kind, organization, doc | {"updated": world.now(), "failures": 0}, at=world.stamp(), state=doc["event"]
    )


def replace(world: World, record: Record, given: Doc) -> None:
    """Replace a subscription; raises Refusal."""
    doc = check(world, record.org, record.kind, given, record)
    record.state = doc["event"]
    record.doc |= doc | {"updated": world.now(), "failures": 0}
    world.store.save(record)


def load(world: World, organization: int, kind: str, record_id: object) -> Record:
    """A subscription of an organization; raises Refusal."""
    record = world.store.get(kind, record_id, organization)
    if record is None:
        raise Refusal("subscription_not_found")
    return record


def shown(record: Record) -> Doc:
    """A subscription as the management calls show it: never its secret."""
    values = {
        "id": record.id, "event": record.doc["event"], "url": record.doc.get("url"), "mapping": record.doc["mapping"],
        "active": record.doc["active"], "created": iso(record.at), "updated": iso(record.doc["updated"]),
    }  # fmt: skip
    return {name: values[key] for key, name in names(record.kind).items() if key in values}


def uses(world: World, mapping_id: str) -> bool:
    """Does a subscription use this mapping?"""
    where = "kind IN ('webhook', 'stored_subscription') AND json_extract(doc, '$.mapping') = ?"
    return world.store.count(where, [mapping_id]) > 0

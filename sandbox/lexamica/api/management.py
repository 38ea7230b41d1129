"""Management calls of the private key: mappings, subscriptions of both kinds, and the stored events."""

from __future__ import annotations

from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.api.gate import Call, Reply
from sandbox.lexamica.events import subscriptions
from sandbox.lexamica.records import mapping
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import iso, moment


def create_mapping(call: Call) -> Reply:
    """Keep a new mapping."""
    doc = mapping.check(call.body) | {"updated": call.world.now()}
    record = call.world.store.insert("mapping", call.org, doc, at=call.world.stamp())
    call.world.ledger.add(account=call.org, effect="created", kind="mapping", record=record.n, keys=[doc["model"]])
    return Reply(mapping.shown(record, call.organization.id))


def _mapping(call: Call) -> Record:
    return mapping.load(call.world, call.org, call.params[catalogue.text("auth.mapping_parameter")])


def list_mappings(call: Call) -> Reply:
    """The mappings of the organization."""
    found = call.world.store.all("mapping", call.org)
    rows = [mapping.shown(record, call.organization.id) for record in found]
    return Reply({catalogue.text("mapping.list_key"): rows})


def get_mapping(call: Call) -> Reply:
    """One mapping."""
    return Reply(mapping.shown(_mapping(call), call.organization.id))


def replace_mapping(call: Call) -> Reply:
    """Replace name and fields of a mapping; its model stays, as subscriptions rest on it."""
    record = _mapping(call)
    doc = mapping.check(call.body)
    if doc["model"] != record.doc["model"]:
        raise Refusal("mapping_model_mismatch")
    record.doc = doc | {"updated": call.world.now()}
    call.world.store.save(record)
    return Reply(mapping.shown(record, call.organization.id))


def delete_mapping(call: Call) -> Reply:
    """Delete a mapping that no subscription uses."""
    record = _mapping(call)
    if subscriptions.uses(call.world, record.id):
        raise Refusal("mapping_in_use")
    call.world.store.delete(record)
    return Reply(None)


class Subscriptions:
    """The calls on one kind of subscription."""

    def __init__(self, kind: str, list_key: str) -> None:
        self.kind, self.list_key = kind, list_key

    def _one(self, call: Call) -> Record:
        return subscriptions.load(call.world, call.org, self.kind, call.params["subscriptionId"])

    def create(self, call: Call) -> Reply:
        """Keep a new subscription."""
        record = subscriptions.create(call.world, call.org, self.kind, call.body)
        call.world.ledger.add(
            account=call.org, effect="created", kind=self.kind, record=record.n, keys=[record.doc["event"]]
        )
        return Reply(subscriptions.shown(record))

    def listing(self, call: Call) -> Reply:
        """The subscriptions of the organization."""
        rows = [subscriptions.shown(record) for record in call.world.store.all(self.kind, call.org)]
        return Reply({catalogue.text(self.list_key): rows})

    def get(self, call: Call) -> Reply:
        """One subscription."""
        return Reply(subscriptions.shown(self._one(call)))

    def replace(self, call: Call) -> Reply:
        """Replace a subscription."""
        record = self._one(call)
        subscriptions.replace(call.world, record, call.body)
        return Reply(subscriptions.shown(record))

    def delete(self, call: Call) -> Reply:
        """Delete a subscription; what was stored under it stays."""
        call.world.store.delete(self._one(call))
        return Reply(None)


def _whole(text: str | None, default: int, highest: int, name: str) -> int:
    if text is None or text == "":
        return default
    if not text.isdigit() or not 1 <= int(text) <= highest:
        raise invalid((name, f"a number from 1 to {highest} is needed"))
    return int(text)


def query_stored_events(call: Call) -> Reply:
    """Stored events by event, subscription and dates, one page of them; reading deletes nothing."""
    names = {key: item["value"] for key, item in catalogue.entry("stored_events.parameters").items()}
    page_names = {key: item["value"] for key, item in catalogue.entry("stored_events.page").items() if key != "first"}
    limits = catalogue.entry("stored_events")
    where, values = "kind = 'stored_event' AND org = ?", list[Any]([call.org])
    if call.query.get(names["event"]):
        where, values = where + " AND state = ?", [*values, call.query[names["event"]]]
    if call.query.get(names["subscription"]):
        where, values = where + " AND parent = ?", [*values, call.query[names["subscription"]]]
    for key, sign in (("start", ">="), ("end", "<")):
        text = call.query.get(names[key])
        if text:
            try:
                values.append(moment(text.replace(" ", "+")))
            except ValueError:
                raise invalid((names[key], "an ISO 8601 time is needed")) from None
            where += f" AND at {sign} ?"
    page = _whole(call.query.get(names["page"]), limits["page"]["first"]["value"], 10**6, names["page"])
    most = int(limits["max_limit"]["value"])
    limit = _whole(call.query.get(names["limit"]), int(limits["default_limit"]["value"]), most, names["limit"])
    store = call.world.store
    with store.lock:
        found = store.select(where, values, order="at, id", limit=limit, offset=(page - 1) * limit)
        total = store.count(where, values)
    answer = {"data": [_row(record) for record in found], "page": page, "limit": limit, "total": total}
    return Reply({page_names[key]: value for key, value in answer.items()})


def _row(record: Record) -> dict[str, Any]:
    values = {
        "id": record.id, "event": record.doc["event"], "subscription": record.doc["subscription"],
        "created": iso(record.at), "data": record.doc["data"],
    }  # fmt: skip
    names = {key: item["value"] for key, item in catalogue.entry("stored_events.row").items()}
    return {names[key]: value for key, value in values.items()}

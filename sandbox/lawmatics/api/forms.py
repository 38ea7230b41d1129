"""Handlers of forms: list, public definition, entries, and the public submit that makes a contact or matter."""

from __future__ import annotations

import re
from typing import Any

from sandbox.lawmatics.api import minor_tables as minor
from sandbox.lawmatics.api.gate import ApiError, Call, Reply
from sandbox.lawmatics.api.query import Listing, list_reply, one_reply
from sandbox.lawmatics.api.tables import CONTACT, PROSPECT
from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import matters, people
from sandbox.lawmatics.records.people import ADDRESS, PERSONAL
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.records.timeline import Actor, Invalid
from sandbox.ledger import markers_in

EXTRAS = ("utm_source", "utm_campaign", "referring_url")
CUSTOM = re.compile(r"^custom_field_(\d+)$")
EXCLUDED = {"payment": "a payment block", "relationship": "a relationship block"}
FORMS = Listing("form", minor.FORM)


def forms(call: Call) -> Reply:
    """GET /forms"""
    return list_reply(call, FORMS)


def _load(call: Call) -> Record:
    where = "kind = 'form' AND json_extract(doc, '$.uuid') = ?"
    found = call.world.store.select(where, [call.params["form_uuid"]])
    # A token speaks for one firm only; without a token the UUID is the key.
    if not found or (call.actor.user and found[0].account != call.account):
        raise ApiError(404, "Not found", f"Form with id {call.params['form_uuid']} was not found.")
    call.account = found[0].account
    return found[0]


def form(call: Call) -> Reply:
    """GET /forms/:uuid, without a token"""
    return one_reply(call, minor.FORM, _load(call))


def entries(call: Call) -> Reply:
    """GET /forms/:uuid/entries"""
    record = _load(call)
    where = "json_extract(doc, '$.form_id') = ?"
    return list_reply(call, Listing("form_entry", minor.ENTRY), (where, [record.id]))


def _components(record: Record) -> list[dict[str, Any]]:
    return [part for row in record.doc["rows"] for part in row["components"]]


def _checked(record: Record, body: Doc) -> Doc:
    """The known keys of a submission; 422 for what Lawmatics would refuse."""
    parts = _components(record)
    for part in parts:
        if part["component_type"] in EXCLUDED:
            raise Invalid("form", f"Forms with {EXCLUDED[part['component_type']]} cannot be submitted through the API")
    known = {part["id"] for part in parts if part["component_type"] in ("field", "general_field")}
    known |= {*PERSONAL, *ADDRESS, "email", "phone", *EXTRAS}
    answers = {key: value for key, value in body.items() if key in known and value not in (None, "")}
    if not answers:
        raise Invalid("form", "The submission is empty")
    missing = [str(part["label"]) for part in parts if part["required"] and part["id"] not in answers]
    if missing:
        raise Invalid("form", *(f"{label} can't be blank" for label in missing))
    return answers


def submit(call: Call) -> Reply:
    """POST /forms/:uuid/submit, without a token: makes a contact (reused by e-mail) or a new matter each time."""
    record = _load(call)
    answers = _checked(record, call.body)
    data = {key: value for key, value in answers.items() if not CUSTOM.match(key)}
    chosen = [(match[1], value) for key, value in answers.items() if (match := CUSTOM.match(key))]
    data["custom_fields"] = [{"id": number, "value": value} for number, value in chosen]
    user = call.world.store.select("account = ? AND kind = 'user'", [call.account], limit=1)[0].id
    actor = Actor("application", call.actor.id, user, call.actor.lag)
    if record.doc["type"] == "Prospect":
        made = matters.create_matter(call.world, call.account, data, actor)
    else:
        existing = people.by_email(call.world, call.account, data.get("email"))
        made = existing or people.new_contact(call.world, call.account, data, actor)
        if existing is not None:
            people.update_contact(call.world, existing, data, actor)
    _entry(call, record, made, answers)
    shape = PROSPECT if made.kind == "prospect" else CONTACT
    shown = one_reply(call, shape, made, status=201)
    if made.kind == "prospect" and shown.payload and not call.query.get("fields"):
        shown.payload["data"]["attributes"] |= {key: answers[key] for key in EXTRAS[:2] if key in answers}
    return shown


def _entry(call: Call, record: Record, made: Record, answers: Doc) -> None:
    labels = {part["id"]: part["label"] for part in _components(record)}
    body = [{"label": labels.get(key, key), "value": value} for key, value in answers.items()]
    doc = {"form_id": record.id, "body": body, "owner_kind": made.kind, "owner_id": made.id}
    entry = call.world.store.insert("form_entry", call.account, doc, at=call.world.now(), lag=call.actor.lag)
    marks = markers_in(*(str(value) for value in answers.values()))
    call.world.ledger.add(account=call.account, effect="created", kind="form_entry", record=entry.id, keys=marks)
    data = {"custom_form_uuid": record.doc["uuid"], "custom_form_entry_id": entry.id}
    key = "matter_id" if made.kind == "prospect" else "contact_id"
    webhooks.emit(call.world, call.account, "form_submitted", {key: made.id} | data)

"""Handlers of contacts, matters, notes, interactions, activities and users."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

from sandbox.lawmatics.api import minor_tables as minor
from sandbox.lawmatics.api.gate import ApiError, Call, Reply, not_found
from sandbox.lawmatics.api.query import Listing, list_reply, one_reply
from sandbox.lawmatics.api.shapes import Reader
from sandbox.lawmatics.api.tables import CONTACT, PROSPECT
from sandbox.lawmatics.records import matters, people
from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.records.timeline import Invalid, activity, add_note

CONTACTS = Listing("contact", CONTACT)
PROSPECTS = Listing("prospect", PROSPECT)
NOTES = Listing("note", minor.NOTE)
INTERACTIONS = Listing("interaction", minor.INTERACTION, only=("id", "interaction_type", "happened_at", "created_at"))
ACTIVITIES = Listing(
    "activity", minor.ACTIVITY, owners={"matter_id": "prospect", "contact_id": "contact"},
    only=("matter_id", "contact_id", "type", "event", "created_at"),
)  # fmt: skip
USERS = Listing("user", minor.USER)


def load(call: Call, kind: str, key: str = "id") -> Record:
    """The record the path names, or 404."""
    record = call.world.store.get(kind, matters.number(call.params[key]), call.account)
    if record is None:
        raise not_found(kind, call.params[key])
    return record


def contacts(call: Call) -> Reply:
    """GET /contacts"""
    return list_reply(call, CONTACTS)


def contact(call: Call) -> Reply:
    """GET /contacts/:id"""
    return one_reply(call, CONTACT, load(call, "contact"))


def create_contact(call: Call) -> Reply:
    """POST /contacts"""
    record = people.create_contact(call.world, call.account, call.body, call.actor)
    return one_reply(call, CONTACT, record, status=201)


def update_contact(call: Call) -> Reply:
    """PUT /contacts/:id"""
    record = load(call, "contact")
    people.update_contact(call.world, record, call.body, call.actor)
    return one_reply(call, CONTACT, record)


def delete_contact(call: Call) -> Reply:
    """DELETE /contacts/:id"""
    record = load(call, "contact")
    people.delete_contact(call.world, record, call.actor)
    return one_reply(call, CONTACT, record)


def prospects(call: Call) -> Reply:
    """GET /prospects"""
    return list_reply(call, PROSPECTS)


def prospect(call: Call) -> Reply:
    """GET /prospects/:id"""
    return one_reply(call, PROSPECT, load(call, "prospect"))


def create_prospect(call: Call) -> Reply:
    """POST /prospects: without `fields` the answer shows everything."""
    record = matters.create_matter(call.world, call.account, call.body, call.actor)
    return one_reply(call, PROSPECT, record, status=201, full=True)


def update_prospect(call: Call) -> Reply:
    """PUT /prospects/:id"""
    record = load(call, "prospect")
    matters.update_matter(call.world, record, call.body, call.actor)
    return one_reply(call, PROSPECT, record)


def delete_prospect(call: Call) -> Reply:
    """DELETE /prospects/:id"""
    record = load(call, "prospect")
    shown = one_reply(call, PROSPECT, record)
    matters.delete_matter(call.world, record, call.actor)
    return shown


def notes(call: Call) -> Reply:
    """GET /notes"""
    return list_reply(call, NOTES)


def note(call: Call) -> Reply:
    """GET /notes/:id"""
    return one_reply(call, minor.NOTE, load(call, "note"))


def create_note(call: Call) -> Reply:
    """POST /notes"""
    body = call.body
    kind = people.OWNER_TYPES.get(str(body.get("notable_type")), "")
    allowed = (
        ("prospect", "contact") if call.world.switches.get("note_target", call.account) == "all" else ("prospect",)
    )
    if kind not in allowed:
        raise Invalid("note", f"Notable type {body.get('notable_type')} is not included in the list")
    owner = call.world.store.get(kind, matters.number(body.get("notable_id")), call.account)
    if owner is None:
        raise Invalid("note", f"Notable with id {body.get('notable_id')} was not found")
    record = add_note(call.world, owner, call.actor, name=body.get("name"), body=body.get("body"))
    return one_reply(call, minor.NOTE, record, status=201)


def _note_line(call: Call, record: Record, key: str) -> None:
    owner = call.world.store.get(record.doc["owner_kind"], record.doc["owner_id"])
    if owner is not None:
        details = {"body": record.doc["body"], "name": record.doc["name"]}
        activity(call.world, owner, call.actor, key=key, type="note", details=details, tracked=("note", record.id))


def update_note(call: Call) -> Reply:
    """PUT /notes/:id"""
    record = load(call, "note")
    before = deepcopy(record.doc)
    record.doc.update({key: call.body[key] for key in ("name", "body") if key in call.body})
    if record.doc != before:
        call.world.store.save(record, at=call.world.now())
        call.world.ledger.add(account=call.account, effect="updated", kind="note", record=record.id)
        _note_line(call, record, "note.update")
    return one_reply(call, minor.NOTE, record)


def delete_note(call: Call) -> Reply:
    """DELETE /notes/:id"""
    record = load(call, "note")
    shown = one_reply(call, minor.NOTE, record)
    call.world.store.delete(record)
    call.world.ledger.add(account=call.account, effect="deleted", kind="note", record=record.id)
    _note_line(call, record, "note.delete")
    return shown


def interactions(call: Call) -> Reply:
    """GET /interactions"""
    return list_reply(call, INTERACTIONS)


def interaction(call: Call) -> Reply:
    """GET /interactions/:id"""
    return one_reply(call, minor.INTERACTION, load(call, "interaction"))


def create_interaction(call: Call) -> Reply:
    """POST /interactions: on a matter only; four keys are required."""
    body = call.body
    missing = [key for key in ("happened_at", "prospect_id", "body", "interaction_type") if not body.get(key)]
    if missing:
        raise Invalid("interaction", *(f"{key.replace('_', ' ').capitalize()} can't be blank" for key in missing))
    owner = call.world.store.get("prospect", matters.number(body["prospect_id"]), call.account)
    if owner is None:
        raise Invalid("interaction", f"Prospect with id {body['prospect_id']} was not found")
    doc = {key: body[key] for key in ("happened_at", "body", "interaction_type")}
    _check_time(doc)
    doc |= {"owner_kind": "prospect", "owner_id": owner.id, "created_by_id": call.actor.user}
    record = call.world.store.insert("interaction", call.account, doc, at=call.world.now(), lag=call.actor.lag)
    activity(call.world, owner, call.actor, key="interaction.create", type="interaction",
             details={"body": doc["body"]}, tracked=("interaction", record.id))  # fmt: skip
    return one_reply(call, minor.INTERACTION, record, status=201)


def _check_time(doc: dict[str, object]) -> None:
    try:
        datetime.fromisoformat(str(doc.get("happened_at")).replace("Z", "+00:00"))
    except ValueError:
        raise Invalid("interaction", "Happened at is not a time") from None


def update_interaction(call: Call) -> Reply:
    """PUT /interactions/:id"""
    record = load(call, "interaction")
    record.doc.update({key: call.body[key] for key in ("happened_at", "body", "interaction_type") if key in call.body})
    _check_time(record.doc)
    call.world.store.save(record, at=call.world.now())
    return one_reply(call, minor.INTERACTION, record)


def delete_interaction(call: Call) -> Reply:
    """DELETE /interactions/:id"""
    record = load(call, "interaction")
    call.world.store.delete(record)
    return one_reply(call, minor.INTERACTION, record)


def activities(call: Call) -> Reply:
    """GET /activities"""
    return list_reply(call, ACTIVITIES)


def one_activity(call: Call) -> Reply:
    """GET /activities/:id"""
    return one_reply(call, minor.ACTIVITY, load(call, "activity"))


def users(call: Call) -> Reply:
    """GET /users"""
    return list_reply(call, USERS)


def user(call: Call) -> Reply:
    """GET /users/:id"""
    return one_reply(call, minor.USER, load(call, "user"))


def me(call: Call) -> Reply:
    """GET /users/me: the person behind the token."""
    record = call.world.store.get("user", call.actor.user, call.account)
    if record is None:
        raise ApiError(404, "Not found", "User was not found.")
    shape = minor.USER
    shown = shape.show(Reader(call.world, call.account), record, shape.names(call.query.get("fields")))
    return Reply(200, {"data": shown})

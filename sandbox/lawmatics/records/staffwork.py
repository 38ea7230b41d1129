"""What the firm's own people would do in Lawmatics, for the control API and the screens."""

from __future__ import annotations

import time
import uuid
from typing import Any

from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import matters, people
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.records.timeline import add_note, staff
from sandbox.lawmatics.world import World

PLURALS = {
    "contacts": "contact", "matters": "prospect", "prospects": "prospect", "notes": "note", "stages": "stage",
    "practice_areas": "practice_area", "custom_fields": "custom_field", "sub_statuses": "sub_status",
    "pipelines": "pipeline", "webhooks": "webhook", "forms": "form", "tags": "tag",
}  # fmt: skip
LISTED = ("user", "pipeline", "stage", "practice_area", "sub_status", "custom_field", "form", "tag")


class Refused(Exception):
    """Nothing like that is here."""


def load(world: World, kind: str, number: int | None, account: int | None = None) -> Record:
    """A record, or Refused."""
    record = world.store.get(kind, number, account)
    if record is None:
        raise Refused(f"no {kind} {number}")
    return record


def shown(record: Record) -> Doc:
    """A record as the control API shows it."""
    return {"id": record.id, "account": record.account, "kind": record.kind} | record.doc


def describe_account(world: World, account: int) -> Doc:
    """An account with everything it has set up."""
    firm = load(world, "firm", account)
    parts = {kind: [shown(record) for record in world.store.all(kind, account)] for kind in LISTED}
    return {"id": firm.id, "name": firm.doc["name"], "timezone": firm.doc["timezone"]} | parts


def act(world: World, plural: str, number: int, action: str, given: Doc) -> Doc:
    """One act on one record: `change`, `delete`, `stage`, `convert`, `merge`, `rotate`."""
    record = load(world, PLURALS.get(plural, plural), number)
    if action == "delete" or given.get("delete"):
        _delete(world, record)
        return {"deleted": record.id}
    if record.kind == "prospect":
        matters.change_as_staff(world, record, _matter_changes(world, record, action, given))
    elif record.kind == "contact" and action == "merge":
        people.merge_contacts(world, record, load(world, "contact", matters.number(given.get("into")), record.account))
    elif record.kind == "contact":
        people.update_contact(world, record, given, staff(world, record.account))
    else:
        if action == "rotate":
            given = {"secret": webhooks.new_secret()}
        record.doc.update({key: value for key, value in given.items() if key in record.doc})
        world.store.save(record, at=world.now())
    return shown(world.store.get(record.kind, record.id) or record)


def _matter_changes(world: World, matter: Record, action: str, given: Doc) -> Doc:
    if action == "convert":
        return {"status": "hired"}
    if action == "stage" and "stage_name" in given:
        stages = world.store.all("stage", matter.account)
        found = [stage.id for stage in stages if stage.doc["name"].strip() == str(given["stage_name"]).strip()]
        if not found:
            raise Refused(f"no stage {given['stage_name']}")
        return {"stage_id": found[0]}
    return given


def _delete(world: World, record: Record) -> None:
    actor = staff(world, record.account)
    if record.kind == "contact":
        people.delete_contact(world, record, actor)
    elif record.kind == "prospect":
        matters.delete_matter(world, record, actor)
    else:
        world.store.delete(record)
        where = f"account = ? AND kind = 'prospect' AND json_extract(doc, '$.{record.kind}_id') = ?"
        for matter in world.store.select(where, [record.account, record.id]):
            matter.doc[f"{record.kind}_id"] = None
            world.store.save(matter, at=world.now())


def create(world: World, account: int, plural: str, given: Doc) -> Doc:
    """Make a contact (with `secondary_emails`), matter, note, stage, form (`components`) or other named record."""
    kind, actor = PLURALS.get(plural, plural), staff(world, account)
    if kind == "contact":
        record = people.new_contact(world, account, given, actor)
        for address in given.get("secondary_emails", []):
            doc = {"label": "Other", "info": address, "owner_kind": "contact", "owner_id": record.id}
            world.store.insert("email_address", account, doc, at=world.now())
    elif kind == "prospect":
        record = matters.create_matter(world, account, given, actor)
    elif kind == "note":
        owner_kind = people.OWNER_TYPES.get(str(given.get("notable_type")), "contact")
        owner = load(world, owner_kind, matters.number(given.get("notable_id")), account)
        record = add_note(world, owner, actor, name=given.get("name"), body=given.get("body"))
    elif kind in ("stage", "practice_area", "sub_status", "tag") and given.get("name"):
        doc = {key: value for key, value in given.items() if key != "account"}
        record = world.store.insert(kind, account, {"color": "#4a5361", "order": 99} | doc, at=world.now())
    elif kind == "form" and given.get("name"):
        rows = [{"components": [part]} for part in given.get("components", [])]
        doc = {"uuid": str(uuid.uuid4()), "name": given["name"], "type": given.get("type", "Prospect"), "rows": rows}
        record = world.store.insert("form", account, doc, at=world.now())
    else:
        raise ValueError(f"cannot create {plural}")
    return shown(record)


def fill(world: World, account: int, contacts: int, count: int) -> Doc:
    """Invented contacts, each with an address, and matters spread over them and over the stages."""
    at, store = world.now(), world.store
    stages: list[int | None] = [stage.id for stage in store.all("stage", account)] or [None]
    numbers: list[int] = []
    for number in range(contacts):
        email = f"filler.{number}.{account}@example.com"
        doc: Doc = {"first_name": f"Filler{number}", "last_name": "Example", "email": email, "phone": None}
        doc |= {"custom": {}, "tags": [], "contact_type": "PNC"}
        record = store.insert("contact", account, doc, at=at)
        primary = {"label": "Primary", "info": email, "owner_kind": "contact", "owner_id": record.id}
        store.insert("email_address", account, primary, at=at)
        numbers.append(record.id)
    for number in range(count if numbers else 0):
        stage = stages[number % len(stages)]
        doc = {"case_title": f"Filler matter {number}", "contact_id": numbers[number % len(numbers)], "stage_id": stage}
        store.insert("prospect", account, doc | {"status": "pnc", "custom": {}, "tags": []}, at=at)
    return {"contacts": contacts, "matters": count}


def fire(world: World, account: int, given: Doc) -> list[int]:
    """Queue an event by hand: true or `forged`, `age` seconds old, in `copies`, after `delay` seconds."""
    name = str(given.get("event_type") or "matter.updated")
    data: Any = given.get("data") or {}
    event = webhooks.envelope(world, account, name, data)
    event |= {key: given[key] for key in ("event_id", "firm_id") if key in given}
    made = []
    for hook in world.store.all("webhook", account):
        if hook.doc["event_type"] in ("*", name):
            for _copy in range(int(given.get("copies", 1))):
                due = time.time() + float(given.get("delay", 0))
                made.append(
                    webhooks.queue(
                        world, hook, event, due=due, forged=bool(given.get("forged")), age=float(given.get("age", 0))
                    ).id
                )
    return made

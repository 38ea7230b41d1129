"""Matters (`prospects`): which contact a new one gets, stage and status moves, conversion."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import people
from sandbox.lawmatics.records.store import Doc, Record, digits
from sandbox.lawmatics.records.timeline import Actor, Invalid, activity, add_notes, staff
from sandbox.lawmatics.world import World, iso
from sandbox.ledger import markers_in

PLAIN = ("case_title", "case_number", "case_blurb", "actual_value_cents", "estimated_value_cents", "lead_cost_cents")
LINKS = {
    "practice_area_id": ("practice_area", "Practice area"), "stage_id": ("stage", "Stage"),
    "sub_status_id": ("sub_status", "Sub status"), "source_id": ("source", "Source"),
    "campaign_id": ("campaign", "Campaign"), "referrer_id": ("contact", "Referrer"),
    "custom_contact_type_id": ("custom_contact_type", "Contact type"), "owned_by_id": ("user", "Owner"),
    "salesperson_id": ("user", "Salesperson"), "lead_attorney_id": ("user", "Lead attorney"),
    "originating_attorney_id": ("user", "Originating attorney"),
}  # fmt: skip
PERSON_KEYS = (*people.PERSONAL, "email", "phone", *people.ADDRESS)


def number(value: object) -> int | None:
    """A record number given as int or text, else None."""
    text = str(value).strip() if not isinstance(value, bool) else ""
    return int(text) if text.isdigit() and len(text) < 19 else None


def _links(world: World, account: int, data: Doc) -> Doc:
    """The links given in a body, checked; an unknown number is refused."""
    given = dict(data)
    if "stage" in given and "stage_id" not in given:
        given["stage_id"] = given["stage"]
    checked: Doc = {}
    problems = []
    for key, (kind, label) in LINKS.items():
        if key not in given:
            continue
        if given[key] in (None, ""):
            checked[key] = None
            continue
        record = world.store.get(kind, number(given[key]), account)
        if record is None:
            problems.append(f"{label} with id {given[key]} was not found")
        else:
            checked[key] = record.id
    if problems:
        raise Invalid("prospect", *problems)
    return checked


def _match(world: World, account: int, data: Doc) -> Record | None:
    """The contact of a new matter that names none: `match_contact_by`, else e-mail, else phone."""
    way = data.get("match_contact_by")
    if way == "name" and data.get("first_name"):
        name = " ".join(filter(None, (data.get("first_name"), data.get("last_name")))).casefold()
        found = world.store.select("name = ? AND kind = 'contact' AND account = ?", [name, account], limit=1)
        return found[0] if found else None
    if way != "phone" and data.get("email"):
        by_email = people.by_email(world, account, data["email"])
        if by_email is not None or way == "email":
            return by_email
    if way in (None, "phone") and digits(data.get("phone")):
        where = "phone = ? AND kind = 'phone_number' AND account = ?"
        owners = world.store.select(where, [digits(data["phone"]), account])
        numbers = sorted(record.doc["owner_id"] for record in owners if record.doc["owner_kind"] == "contact")
        return world.store.get("contact", numbers[0], account) if numbers else None
    return None


def contact_for(world: World, account: int, data: Doc, actor: Actor) -> Record:
    """The contact of a new matter: named, matched or new. Person keys given along overwrite it."""
    person = {key: data[key] for key in PERSON_KEYS if key in data}
    people.check_email("prospect", person)
    if data.get("contact_id") not in (None, ""):
        contact = world.store.get("contact", number(data["contact_id"]), account)
        if contact is None:
            raise Invalid("prospect", f"Contact with id {data['contact_id']} was not found")
    else:
        contact = _match(world, account, data)
        if contact is None:
            if not person.get("first_name") and not person.get("last_name"):
                raise Invalid("prospect", "First name can't be blank", "Last name can't be blank")
            return people.new_contact(world, account, person, actor)
    if person and people.write_person(world, contact, person, actor):
        people.touch_contact(world, contact, actor)
    return contact


def create_matter(world: World, account: int, data: Doc, actor: Actor) -> Record:
    """Make a matter from a body of §5.1; stage and sub-status may be given at once."""
    links = _links(world, account, data)
    contact = contact_for(world, account, data, actor)
    doc: Doc = {key: data.get(key) for key in PLAIN} | dict.fromkeys(LINKS)
    doc |= {key: value for key, value in links.items() if key not in ("stage_id", "sub_status_id")}
    doc |= {"contact_id": contact.id, "status": "pnc", "converted_date": None, "custom": {}, "tags": []}
    doc |= {key: data.get(key) for key in ("utm_source", "utm_campaign", "referring_url")}
    doc |= {"assigned_staff_ids": data.get("assigned_staff_ids") or [], "created_by_id": actor.user}
    doc["stage_id"] = links.get("stage_id")
    for key in ("actual_value_cents", "estimated_value_cents", "lead_cost_cents"):
        doc[key] = doc[key] or 0
    matter = world.store.insert("prospect", account, doc, at=world.now(), lag=actor.lag)
    people.set_custom(world, matter, data)
    people.set_tags(world, matter, data.get("tags"))
    activity(world, matter, actor, key="prospect.create", type="TimelineActivity::Prospect", details={},
             tracked=("prospect", matter.id))  # fmt: skip
    if actor.by_api:
        keys = markers_in(doc["case_blurb"], doc["case_number"], *matter.doc["custom"].values())
        world.ledger.add(account=account, effect="created", kind="prospect", record=matter.id, keys=keys)
    webhooks.emit(world, account, "matter_created", {"matter_id": matter.id})
    if links.get("sub_status_id"):
        _sub_status(world, matter, links["sub_status_id"])
    world.store.save(matter, at=matter.created)
    add_notes(world, matter, actor, data)
    return matter


def update_matter(world: World, matter: Record, data: Doc, actor: Actor) -> None:
    """Change a matter: only the keys given; person keys change the shared contact."""
    links = _links(world, matter.account, data)
    person = {key: data[key] for key in PERSON_KEYS if key in data}
    people.check_email("prospect", person)
    before = deepcopy(matter.doc)
    contact = world.store.get("contact", matter.doc["contact_id"])
    if data.get("contact_id") not in (None, ""):
        contact = world.store.get("contact", number(data["contact_id"]), matter.account)
        if contact is None:
            raise Invalid("prospect", f"Contact with id {data['contact_id']} was not found")
        matter.doc["contact_id"] = contact.id
    if contact is not None and person and people.write_person(world, contact, person, actor):
        people.touch_contact(world, contact, actor)
    matter.doc.update({key: data[key] for key in PLAIN if key in data})
    if "assigned_staff_ids" in data:
        matter.doc["assigned_staff_ids"] = data["assigned_staff_ids"] or []
    matter.doc.update({key: value for key, value in links.items() if key != "sub_status_id"})
    if "sub_status_id" in links:
        _sub_status(world, matter, links["sub_status_id"])
    people.set_custom(world, matter, data)
    people.set_tags(world, matter, data.get("tags"))
    _keep(world, matter, before, actor)
    add_notes(world, matter, actor, data)


def _keep(world: World, matter: Record, before: Doc, actor: Actor) -> None:
    """Keep a changed matter, put the change on its timeline and tell the listeners."""
    changed = {key: [before.get(key), value] for key, value in matter.doc.items() if before.get(key) != value}
    if not changed:
        return
    world.store.save(matter, at=world.now())
    activity(world, matter, actor, key="prospect.update", type="TimelineActivity::Prospect",
             details=[{key: pair} for key, pair in changed.items()], tracked=("prospect", matter.id))  # fmt: skip
    if actor.by_api:
        world.ledger.add(account=matter.account, effect="updated", kind="prospect", record=matter.id)
    data = {"matter_id": matter.id}
    quiet = world.switches.get("stage_event", matter.account) == "off"
    if "stage_id" in changed and not quiet:
        webhooks.emit(world, matter.account, "matter_stage", data)
    elif set(changed) - {"stage_id", "status"}:
        webhooks.emit(world, matter.account, "matter_updated", data)
    if "status" in changed:
        webhooks.emit(world, matter.account, "matter_status", data)


def _sub_status(world: World, matter: Record, sub_status_id: int | None) -> None:
    """Write the sub-status; by default the main status follows its parent."""
    matter.doc["sub_status_id"] = sub_status_id
    parent = world.store.get("sub_status", sub_status_id)
    if parent is not None and world.switches.get("sub_status_effect", matter.account) == "linked":
        _status(world, matter, parent.doc["status"])


def _status(world: World, matter: Record, status: str) -> None:
    """Move the main status; the first move to hired converts the matter."""
    matter.doc["status"] = status
    if status != "hired" or matter.doc.get("converted_date"):
        return
    matter.doc["converted_date"] = iso(world.now(), world.zone_of(matter.account))
    contact = world.store.get("contact", matter.doc["contact_id"])
    if contact is not None:
        contact.doc["contact_type"] = "Client"
        world.store.save(contact, at=world.now())
    webhooks.emit(world, matter.account, "matter_converted", {"matter_id": matter.id})


def change_as_staff(world: World, matter: Record, changes: dict[str, Any]) -> None:
    """What the firm's people do by hand: `stage_id`, `sub_status_id`, `status`, or any writable key."""
    actor = staff(world, matter.account)
    data = {key: value for key, value in changes.items() if key != "status"}
    update_matter(world, matter, data, actor)
    if changes.get("status") in ("pnc", "hired", "lost"):
        before = deepcopy(matter.doc)
        _status(world, matter, changes["status"])
        _keep(world, matter, before, actor)


def delete_matter(world: World, matter: Record, actor: Actor) -> None:
    """Delete a matter with its notes and timeline."""
    for kind in ("note", "interaction", "activity"):
        for record in world.store.owned(kind, "prospect", matter.id):
            world.store.delete(record)
    world.store.delete(matter)
    if actor.by_api:
        world.ledger.add(account=matter.account, effect="deleted", kind="prospect", record=matter.id)

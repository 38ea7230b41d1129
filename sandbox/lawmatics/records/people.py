"""Contacts and what hangs on them: addresses with the label Primary, notes, tags, custom values, activities."""

from __future__ import annotations

from copy import deepcopy

from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records import values
from sandbox.lawmatics.records.store import Doc, Record, normal_email
from sandbox.lawmatics.records.timeline import Actor, Invalid, activity, add_notes
from sandbox.lawmatics.world import World

PERSONAL = (
    "first_name", "last_name", "middle_name", "name_prefix", "name_suffix", "informal_name", "birthdate", "gender",
    "marital_status", "timezone", "title", "bio", "hobbies", "occupation", "employer", "citizenship",
    "social_security", "driver_license",
)  # fmt: skip
ADDRESS = ("street", "street2", "city", "state", "zipcode", "country")
OWNER_TYPES = {"Prospect": "prospect", "Contact": "contact", "Company": "company", "Firm": "firm", "Matter": "prospect"}


def set_primary(world: World, contact: Record, actor: Actor, name: str, value: object) -> None:
    """Write `email` or `phone` of a contact: the sub-record labelled Primary is changed, made or removed."""
    kind = {"email": "email_address", "phone": "phone_number"}[name]
    text = str(value).strip() if value not in (None, "") else None
    primary = [record for record in world.store.owned(kind, "contact", contact.id) if record.doc["label"] == "Primary"]
    if text is None and primary:
        world.store.delete(primary[0])
    elif text is not None and primary:
        primary[0].doc["info"] = text
        world.store.save(primary[0], at=world.now())
    elif text is not None:
        doc = {"label": "Primary", "info": text, "owner_kind": "contact", "owner_id": contact.id}
        world.store.insert(kind, contact.account, doc, at=world.now(), lag=actor.lag)
    contact.doc[name] = text


def check_email(resource: str, data: Doc) -> None:
    """Refuse what is not an address at all."""
    email = data.get("email")
    if email and ("@" not in str(email) or any(ch.isspace() for ch in str(email).strip())):
        raise Invalid(resource, "Email is invalid")


def set_custom(world: World, record: Record, data: Doc) -> None:
    """Write `custom_fields` [{id, value}]; null clears a field."""
    entries = data.get("custom_fields")
    if not isinstance(entries, list):
        return
    kind = {"contact": "Contact", "prospect": "Prospect"}[record.kind]
    custom = record.doc.setdefault("custom", {})
    for entry in entries:
        number = str(entry.get("id")) if isinstance(entry, dict) else ""
        field = world.store.get("custom_field", int(number), record.account) if number.isdigit() else None
        if field is None or field.doc["type"] != kind:
            raise Invalid(record.kind, f"Custom field {number} was not found for this type")
        if entry.get("value") is None:
            custom.pop(str(field.id), None)
            continue
        try:
            custom[str(field.id)] = values.keep(field, entry["value"])
        except values.BadValue as error:
            raise Invalid(record.kind, str(error)) from None


def set_tags(world: World, record: Record, names: object, *, remove: bool = False) -> None:
    """Attach tags by name (missing ones are created) or detach them."""
    wanted = [names] if isinstance(names, str) else names
    if not isinstance(wanted, list):
        return
    have: list[int] = record.doc.setdefault("tags", [])
    known = {tag.doc["name"].casefold(): tag.id for tag in world.store.all("tag", record.account)}
    for name in (str(item).strip() for item in wanted):
        number = known.get(name.casefold())
        if remove:
            record.doc["tags"] = have = [tag for tag in have if tag != number]
        elif name:
            if number is None:
                number = world.store.insert("tag", record.account, {"name": name, "color": None}, at=world.now()).id
                known[name.casefold()] = number
            if number not in have:
                have.append(number)


def by_email(world: World, account: int, email: object) -> Record | None:
    """The contact with the lowest number that has this address, primary or not."""
    wanted = normal_email(email)
    if wanted is None:
        return None
    owners = world.store.select("email = ? AND kind = 'email_address' AND account = ?", [wanted, account])
    numbers = sorted(record.doc["owner_id"] for record in owners if record.doc["owner_kind"] == "contact")
    return world.store.get("contact", numbers[0], account) if numbers else None


def create_contact(world: World, account: int, data: Doc, actor: Actor) -> Record:
    """Make a contact; with the switch `contact_create` on `upsert` a known e-mail updates the existing one."""
    check_email("contact", data)
    if not str(data.get("first_name") or "").strip() and not str(data.get("last_name") or "").strip():
        raise Invalid("contact", "First name can't be blank", "Last name can't be blank")
    if world.switches.get("contact_create", account) == "upsert":
        existing = by_email(world, account, data.get("email"))
        if existing is not None:
            update_contact(world, existing, data, actor)
            return existing
    return new_contact(world, account, data, actor)


def new_contact(world: World, account: int, data: Doc, actor: Actor) -> Record:
    """Make a contact without looking for an existing one."""
    at = world.now()
    doc: Doc = {name: data.get(name) for name in PERSONAL}
    doc |= {"email": None, "phone": None, "custom": {}, "tags": [], "contact_type": "PNC", "created_by_id": actor.user}
    contact = world.store.insert("contact", account, doc, at=at, lag=actor.lag)
    for name in ("email", "phone"):
        set_primary(world, contact, actor, name, data.get(name))
    set_address(world, contact, data)
    set_custom(world, contact, data)
    set_tags(world, contact, data.get("tags"))
    world.store.save(contact, at=at)
    activity(world, contact, actor, key="contact.create", type="TimelineActivity::Contact", details={},
             tracked=("contact", contact.id))  # fmt: skip
    if actor.by_api:
        key = normal_email(contact.doc["email"])
        world.ledger.add(
            account=account, effect="created", kind="contact", record=contact.id, keys=[key] if key else []
        )
    webhooks.emit(world, account, "contact_created", {"contact_id": contact.id})
    add_notes(world, contact, actor, data)
    return contact


def set_address(world: World, contact: Record, data: Doc) -> bool:
    """Write the address parts given into the contact's Primary address; were there any?"""
    given = {name: data[name] for name in ADDRESS if name in data}
    if not any(given.values()):
        return False
    found = [item for item in world.store.owned("address", "contact", contact.id) if item.doc["label"] == "Primary"]
    if found:
        found[0].doc.update(given)
        world.store.save(found[0], at=world.now())
        return True
    doc = dict.fromkeys(ADDRESS) | given | {"label": "Primary", "owner_kind": "contact", "owner_id": contact.id}
    world.store.insert("address", contact.account, doc, at=world.now())
    return True


def write_person(world: World, contact: Record, data: Doc, actor: Actor) -> list[str]:
    """Write the personal keys present in `data` into a contact; returns the names that changed."""
    changed = [name for name in PERSONAL if name in data and data[name] != contact.doc.get(name)]
    contact.doc.update({name: data[name] for name in changed})
    for name in ("email", "phone"):
        if name in data and (data[name] or None) != contact.doc.get(name):
            set_primary(world, contact, actor, name, data[name])
            changed.append(name)
    if set_address(world, contact, data):
        changed.append("address")
    return changed


def update_contact(world: World, contact: Record, data: Doc, actor: Actor) -> None:
    """Change a contact: only the keys given; `notes` adds notes."""
    check_email("contact", data)
    before = deepcopy(contact.doc)
    changed = write_person(world, contact, data, actor)
    set_custom(world, contact, data)
    set_tags(world, contact, data.get("tags"))
    if changed or contact.doc != before:
        touch_contact(world, contact, actor)
    add_notes(world, contact, actor, data)


def touch_contact(world: World, contact: Record, actor: Actor) -> None:
    """Keep a changed contact and tell the listeners."""
    world.store.save(contact, at=world.now())
    if actor.by_api:
        world.ledger.add(account=contact.account, effect="updated", kind="contact", record=contact.id)
    webhooks.emit(world, contact.account, "contact_updated", {"contact_id": contact.id})


def delete_contact(world: World, contact: Record, actor: Actor) -> None:
    """Delete a contact with its addresses and notes; its matters stay, without a person."""
    for kind in ("email_address", "phone_number", "address", "note", "activity"):
        for record in world.store.owned(kind, "contact", contact.id):
            world.store.delete(record)
    world.store.delete(contact)
    contact.doc |= {"email": None, "phone": None}
    if actor.by_api:
        world.ledger.add(account=contact.account, effect="deleted", kind="contact", record=contact.id)
    webhooks.emit(world, contact.account, "contact_deleted", {"contact_id": contact.id})


def merge_contacts(world: World, contact: Record, into: Record) -> None:
    """Merge one contact into another, as the firm's people can: matters and sub-records move, the first one goes."""
    for matter in world.store.select("contact = ? AND kind = 'prospect'", [contact.id]):
        matter.doc["contact_id"] = into.id
        world.store.save(matter, at=world.now())
    for kind in ("email_address", "phone_number", "note", "activity"):
        for record in world.store.owned(kind, "contact", contact.id):
            record.doc["owner_id"] = into.id
            if record.doc.get("label") == "Primary":
                record.doc["label"] = "Other"
            world.store.save(record, at=record.updated)
    world.store.delete(contact)
    webhooks.emit(world, into.account, "contact_merged", {"contact_id": into.id, "merged_contact_id": contact.id})

"""Handlers of e-mail addresses, phone numbers and postal addresses: records that hang on a person."""

from __future__ import annotations

from sandbox.lawmatics.api import minor_tables as minor
from sandbox.lawmatics.api.gate import Call, Handler, Reply
from sandbox.lawmatics.api.main import load
from sandbox.lawmatics.api.query import Listing, list_reply, one_reply
from sandbox.lawmatics.api.shapes import Shape
from sandbox.lawmatics.records import matters
from sandbox.lawmatics.records.people import ADDRESS, OWNER_TYPES
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.records.timeline import Invalid

FILTERS = {"contact_id": "contact", "company_id": "company"}


def _owner(call: Call, kind: str, prefix: str) -> tuple[str, int]:
    """The owner a body names; a matter's addresses belong to its contact."""
    owner_kind = OWNER_TYPES.get(str(call.body.get(f"{prefix}_type")), "")
    number = matters.number(call.body.get(f"{prefix}_id"))
    record = call.world.store.get(owner_kind, number, call.account) if owner_kind else None
    if record is not None and owner_kind == "prospect":
        record = call.world.store.get("contact", record.doc["contact_id"], call.account)
    if record is None:
        raise Invalid(kind, f"{prefix.capitalize()} was not found")
    return record.kind, record.id


def _mirror(call: Call, record: Record, *, gone: bool = False) -> None:
    """Keep `email` and `phone` of the contact equal to the record labelled Primary."""
    name = {"email_address": "email", "phone_number": "phone"}.get(record.kind)
    if name is None or record.doc.get("label") != "Primary" or record.doc["owner_kind"] != "contact":
        return
    contact = call.world.store.get("contact", record.doc["owner_id"], call.account)
    if contact is not None:
        contact.doc[name] = None if gone else record.doc["info"]
        call.world.store.save(contact, at=call.world.now())


def _routes(
    kind: str, shape: Shape, keys: tuple[str, ...], prefix: str
) -> tuple[dict[str, Handler], dict[str, Handler]]:
    listing = Listing(kind, shape, owners=FILTERS)

    def many(call: Call) -> Reply:
        return list_reply(call, listing)

    def one(call: Call) -> Reply:
        return one_reply(call, shape, load(call, kind))

    def create(call: Call) -> Reply:
        owner_kind, owner_id = _owner(call, kind, prefix)
        doc: Doc = {key: call.body.get(key) for key in keys}
        if "info" in keys and not str(doc["info"] or "").strip():
            raise Invalid(kind, "Info can't be blank")
        doc |= {"label": doc.get("label") or "Other", "owner_kind": owner_kind, "owner_id": owner_id}
        record = call.world.store.insert(kind, call.account, doc, at=call.world.now(), lag=call.actor.lag)
        _mirror(call, record)
        return one_reply(call, shape, record, status=201)

    def change(call: Call) -> Reply:
        record = load(call, kind)
        record.doc.update({key: call.body[key] for key in keys if key in call.body})
        call.world.store.save(record, at=call.world.now())
        _mirror(call, record)
        return one_reply(call, shape, record)

    def remove(call: Call) -> Reply:
        record = load(call, kind)
        call.world.store.delete(record)
        _mirror(call, record, gone=True)
        return one_reply(call, shape, record)

    return {"get": many, "post": create}, {"get": one, "put": change, "delete": remove}


EMAIL_ADDRESSES = _routes("email_address", minor.EMAIL_ADDRESS, ("label", "info"), "informationable")
PHONE_NUMBERS = _routes("phone_number", minor.PHONE_NUMBER, ("label", "info"), "informationable")
ADDRESSES = _routes("address", minor.ADDRESS, ("label", *ADDRESS), "addressable")

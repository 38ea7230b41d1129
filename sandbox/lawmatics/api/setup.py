"""Handlers of what a firm sets up: pipelines, stages, practice areas, sub-statuses, custom fields, tags and lists."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.lawmatics.api import minor_tables as minor
from sandbox.lawmatics.api.gate import Call, Handler, Reply
from sandbox.lawmatics.api.main import load
from sandbox.lawmatics.api.query import Listing, list_reply, one_reply
from sandbox.lawmatics.api.tables import CONTACT, PROSPECT
from sandbox.lawmatics.records import matters, people
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.records.timeline import Invalid

STATUSES = ("pnc", "hired", "lost")
FIELD_TYPES = (
    "integer", "boolean", "string", "text", "currency", "date", "time", "datetime", "list", "lookup", "multi_picklist",
)  # fmt: skip
FIELD_OWNERS = {"Matter": "Prospect", "Prospect": "Prospect", "Contact": "Contact", "Company": "Company",
                "Client": "Client", "PracticeArea": "PracticeArea"}  # fmt: skip
Clean = Callable[[Call, Doc, Record | None], Doc]


def reads(listing: Listing) -> tuple[dict[str, Handler], dict[str, Handler]]:
    """Handlers of the list and of one record, both read-only."""

    def many(call: Call) -> Reply:
        return list_reply(call, listing)

    def one(call: Call) -> Reply:
        return one_reply(call, listing.shape, load(call, listing.kind))

    return {"get": many}, {"get": one}


def crud(
    listing: Listing, clean: Clean, *, write_type: str = "", put: int = 200, delete: int = 200
) -> tuple[dict[str, Handler], dict[str, Handler]]:
    """Handlers of a list and its records with create, change and delete; some answer odd statuses and types."""
    many, one = reads(listing)

    def create(call: Call) -> Reply:
        doc = clean(call, call.body, None) | {"created_by_id": call.actor.user}
        record = call.world.store.insert(listing.kind, call.account, doc, at=call.world.now())
        return one_reply(call, listing.shape, record, status=201, type=write_type)

    def change(call: Call) -> Reply:
        record = load(call, listing.kind)
        record.doc.update(clean(call, call.body, record))
        call.world.store.save(record, at=call.world.now())
        return one_reply(call, listing.shape, record, status=put, type=write_type)

    def remove(call: Call) -> Reply:
        record = load(call, listing.kind)
        call.world.store.delete(record)
        unlink(call, record)
        return one_reply(call, listing.shape, record, status=delete, type=write_type)

    return many | {"post": create}, one | {"put": change, "delete": remove}


def unlink(call: Call, record: Record) -> None:
    """Matters that pointed at a deleted record point nowhere."""
    if record.kind in ("practice_area", "sub_status"):
        where = f"account = ? AND kind = 'prospect' AND json_extract(doc, '$.{record.kind}_id') = ?"
        for matter in call.world.store.select(where, [record.account, record.id]):
            matter.doc[f"{record.kind}_id"] = None
            call.world.store.save(matter, at=matter.updated)


def _named(call: Call, body: Doc, old: Record | None, *keys: str) -> Doc:
    doc = {key: body[key] for key in ("name", *keys) if key in body}
    if not str(doc.get("name", old.doc["name"] if old else "") or "").strip():
        raise Invalid("record", "Name can't be blank")
    return doc


def _area(call: Call, body: Doc, old: Record | None) -> Doc:
    return _named(call, body, old, "color", "statute_of_limitations_enabled")


def _sub_status(call: Call, body: Doc, old: Record | None) -> Doc:
    doc = _named(call, body, old, "status")
    if "status" in doc or old is None:
        doc["status"] = str(doc.get("status") or "pnc").lower()
        if doc["status"] not in STATUSES:
            raise Invalid("sub_status", "Status is not included in the list")
    return doc


def _custom_field(call: Call, body: Doc, old: Record | None) -> Doc:
    doc = _named(call, body, old, "visibility", "practice_area", "lookup_type")
    if "type" in body or old is None:
        doc["type"] = FIELD_OWNERS.get(str(body.get("type")))
        if doc["type"] is None:
            raise Invalid("custom_field", "Type is not included in the list")
    if "field_type" in body or old is None:
        doc["field_type"] = body.get("field_type")
        if doc["field_type"] not in FIELD_TYPES:
            raise Invalid("custom_field", "Field type is not included in the list")
    if "list_options" in body or old is None:
        given = body.get("list_options") or []
        names = [str(item.get("name") if isinstance(item, dict) else item) for item in given]
        if doc.get("field_type") in ("list", "multi_picklist") and len(names) < 2:
            raise Invalid("custom_field", "List options must have at least two entries")
        doc["list_options"] = [{"id": call.world.store.next_id("list_option"), "name": name} for name in names]
    return {"visibility": "default"} | doc if old is None else doc


def _tag(call: Call, body: Doc, old: Record | None) -> Doc:
    return _named(call, body, old, "color", "description")


def _plain(call: Call, body: Doc, old: Record | None) -> Doc:
    return _named(call, body, old)


TAGS = Listing("tag", minor.TAG)
OWNERS = {"matter_id": "prospect", "prospect_id": "prospect", "client_id": "prospect", "contact_id": "contact"}


def tags(call: Call) -> Reply:
    """GET /tags: also `filter_by` an owner, whose tags are kept on the owner itself."""
    name = call.query.get("filter_by", call.query.get("filter_field", ""))
    if name not in OWNERS:
        return list_reply(call, TAGS)
    value = call.query.get("filter_on", call.query.get("filter_value"))
    owner = call.world.store.get(OWNERS[name], matters.number(value), call.account)
    numbers = list(owner.doc.get("tags") or []) if owner else []
    query = {key: value for key, value in call.query.items() if not key.startswith("filter_")}
    call.query = query
    return list_reply(call, TAGS, (f"id IN ({','.join('?' * len(numbers))})", numbers))


def _attach(remove: bool) -> Handler:
    def run(call: Call) -> Reply:
        for key, kind in OWNERS.items():
            if key in call.body:
                owner = call.world.store.get(kind, matters.number(call.body[key]), call.account)
                if owner is None:
                    raise Invalid("tag", f"{key} {call.body[key]} was not found")
                people.set_tags(call.world, owner, call.body.get("tags"), remove=remove)
                call.world.store.save(owner, at=call.world.now())
                return one_reply(call, CONTACT if kind == "contact" else PROSPECT, owner, full=kind == "prospect")
        raise Invalid("tag", "An owner is required")

    return run


attach_tags, detach_tags = _attach(remove=False), _attach(remove=True)
PIPELINES = reads(Listing("pipeline", minor.PIPELINE))
STAGES = reads(Listing("stage", minor.STAGE))
SOURCES = reads(Listing("source", minor.SOURCE))
CAMPAIGNS = reads(Listing("campaign", minor.CAMPAIGN))
AREAS = crud(Listing("practice_area", minor.PRACTICE_AREA), _area, put=201, delete=201)
SUB_STATUSES = crud(Listing("sub_status", minor.SUB_STATUS), _sub_status, write_type="prospect_sub_status")
CUSTOM_FIELDS = crud(Listing("custom_field", minor.CUSTOM_FIELD), _custom_field)
TAG_ROUTES = crud(TAGS, _tag, put=201, delete=201)
CONTACT_TYPES = crud(Listing("custom_contact_type", minor.CONTACT_TYPE), _plain)

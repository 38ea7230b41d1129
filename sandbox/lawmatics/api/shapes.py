"""The shapes of the resources: names in the order of `fields=all`, the default set, and how each is filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.lawmatics.records import values
from sandbox.lawmatics.records.people import ADDRESS, PERSONAL
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.world import World, iso

Reference = tuple[str, int | str]
TIMES = ("created_at", "updated_at")


class Reader:
    """Fills attributes and relationships of records for one answer; looks each contact and field list up once."""

    def __init__(self, world: World, account: int) -> None:
        self.world = world
        self.account = account
        self.tz = world.zone_of(account)
        self._contacts: dict[int, Record | None] = {}
        self._fields: dict[int, Record] | None = None

    def contact(self, record: Record) -> Doc:
        """The document of a matter's contact, empty when it is gone."""
        number = int(record.doc.get("contact_id") or 0)
        if number not in self._contacts:
            self._contacts[number] = self.world.store.get("contact", number, self.account)
        found = self._contacts[number]
        return found.doc if found else {}

    def name_of(self, kind: str, number: int | None) -> str | None:
        """The name of a linked record."""
        record = self.world.store.get(kind, number, self.account)
        return record.doc["name"] if record else None

    def custom(self, record: Record) -> list[Doc]:
        """The custom fields with a value; contacts list each twice, as the published examples do."""
        if self._fields is None:
            self._fields = {field.id: field for field in self.world.store.all("custom_field", self.account)}
        as_int = self.world.switches.get("custom_field_ids", self.account) == "int"
        shown = values.listing(self._fields, record.doc.get("custom") or {}, self.tz, as_int=as_int)
        return [entry for entry in shown for _ in range(2)] if record.kind == "contact" else shown

    def address(self, record: Record) -> Doc:
        """The Primary address of a contact or of a matter's contact."""
        number = record.doc.get("contact_id") if record.kind == "prospect" else record.id
        found = self.world.store.owned("address", "contact", number or 0)
        return found[0].doc if found else {}


Fill = Callable[[Reader, Record], Any]


@dataclass(frozen=True)
class Shape:
    """One resource type. `one` and `many` are its relationships; `path` is what `links` names."""

    type: str
    path: str
    attributes: tuple[str, ...]
    default: tuple[str, ...]
    fill: dict[str, Fill]
    one: dict[str, Callable[[Reader, Record], Reference | None]]
    many: dict[str, Callable[[Reader, Record], list[Reference]]]
    bare_lists: bool = False

    def names(self, wanted: str | None) -> list[str]:
        """The names an answer shows; unknown names in `fields` are ignored."""
        everything = [*self.attributes, *self.one, *self.many]
        if not wanted:
            return list(self.default)
        asked = [name.strip() for name in wanted.split(",")]
        return everything if "all" in asked else [name for name in dict.fromkeys(asked) if name in everything]

    def show(self, reader: Reader, record: Record, names: list[str], *, type: str = "", id: str = "") -> Doc:
        """One resource object."""
        data: Doc = {"id": id or str(record.doc.get("uuid") or record.id), "type": type or self.type}
        data["attributes"] = {name: self.value(reader, record, name) for name in names if name in self.attributes}
        links: Doc = {}
        for name in names:
            if name in self.one:
                links[name] = {"data": _reference(self.one[name](reader, record))}
            elif name in self.many:
                links[name] = {"data": [_reference(item) for item in self.many[name](reader, record)]}
        data["relationships"] = links
        return data

    def value(self, reader: Reader, record: Record, name: str) -> Any:
        """One attribute."""
        if name in self.fill:
            return self.fill[name](reader, record)
        if name == "created_at":
            return iso(record.created, reader.tz)
        if name == "updated_at":
            return iso(record.updated, reader.tz)
        return record.doc.get(name)


def _reference(item: Reference | None) -> Doc | None:
    return {"id": str(item[1]), "type": item[0]} if item else None


def to_one(type: str, key: str) -> Callable[[Reader, Record], Reference | None]:
    """A relationship kept as a number in the document."""
    return lambda reader, record: (type, record.doc[key]) if record.doc.get(key) else None


def nothing(reader: Reader, record: Record) -> list[Reference]:
    """A relationship the stand-in does not serve: always empty."""
    return []


def listed(kind: str, where: str, type: str = "") -> Callable[[Reader, Record], list[Reference]]:
    """Records of a kind under a condition with the record's own number."""

    def find(reader: Reader, record: Record) -> list[Reference]:
        numbers = reader.world.store.ids(f"{where} AND kind = ?", [record.id, kind])
        return [(type or kind, number) for number in numbers]

    return find


def owned(kind: str) -> Callable[[Reader, Record], list[Reference]]:
    """Records of a kind that hang on this record."""

    def find(reader: Reader, record: Record) -> list[Reference]:
        return [(kind, item.id) for item in reader.world.store.owned(kind, record.kind, record.id)]

    return find


def of_contact(kind: str) -> Callable[[Reader, Record], list[Reference]]:
    """Records of a kind that hang on the contact of a matter."""

    def find(reader: Reader, record: Record) -> list[Reference]:
        return [(kind, item.id) for item in reader.world.store.owned(kind, "contact", record.doc["contact_id"] or 0)]

    return find


def owner(reader: Reader, record: Record) -> Reference | None:
    """What a note, address or interaction hangs on."""
    return (record.doc["owner_kind"], record.doc["owner_id"]) if record.doc.get("owner_kind") else None


def tags(reader: Reader, record: Record) -> list[Reference]:
    """The tags of a contact or matter."""
    return [("tag", number) for number in record.doc.get("tags") or []]


def from_contact(name: str) -> Fill:
    """An attribute a matter shows from its contact."""
    return lambda reader, record: reader.contact(record).get(name)


def from_address(name: str) -> Fill:
    """A part of the Primary address."""
    return lambda reader, record: reader.address(record).get(name)


def joined(*names: str) -> Fill:
    """Parts of the Primary address in one line."""
    return lambda reader, record: (
        ", ".join(str(reader.address(record)[n]) for n in names if reader.address(record).get(n)) or None
    )


ADDRESS_FILL: dict[str, Fill] = {name: from_address(name) for name in ADDRESS} | {
    "address": joined("street", "street2", "city", "state", "zipcode"),
    "full_street": joined("street", "street2"),
    "city_state_zip": joined("city", "state", "zipcode"),
    "full_address": joined("street", "street2", "city", "state", "zipcode", "country"),
}
PERSON = ("first_name", "last_name", "email", "phone")
PERSON_ALL = (
    *PERSON,
    *TIMES,
    "email_address",
    "phone_number",
    *(name for name in PERSONAL if name not in PERSON),
    "age",
)
PERSON_DEFAULT = (*PERSON, *TIMES)

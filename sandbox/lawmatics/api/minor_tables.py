"""The table of shapes: everything except contacts and matters."""

from __future__ import annotations

from typing import Any

from sandbox.lawmatics.api.shapes import TIMES, Fill, Reader, Reference, Shape, listed, nothing, owner, to_one
from sandbox.lawmatics.records.store import Record

NAMED = ("name", *TIMES)
BY: dict[str, Any] = {"created_by": to_one("user", "created_by_id")}


def _shape(
    type: str, path: str, attributes: tuple[str, ...], default: tuple[str, ...] | None = None, **more: Any
) -> Shape:
    links: dict[str, Any] = {"fill": {}, "one": {}, "many": {}} | more
    everything = (*attributes, *links["one"], *links["many"])
    return Shape(
        type=type, path=path, attributes=attributes, default=everything if default is None else default, **links
    )


def _matters_of(reader: Reader, record: Record) -> list[Reference]:
    """Matters that point at this record; the stage has an index of its own."""
    if record.kind == "stage":
        return listed("prospect", "stage = ?")(reader, record)
    where = f"account = ? AND kind = 'prospect' AND json_extract(doc, '$.{record.kind}_id') = ?"
    return [("prospect", number) for number in reader.world.store.ids(where, [record.account, record.id])]


def _matter_count(reader: Reader, record: Record) -> int:
    if record.kind == "pipeline":
        return sum(reader.world.store.count("stage = ? AND kind = 'prospect'", [n]) for _, n in _stages(reader, record))
    return len(_matters_of(reader, record))


def _stages(reader: Reader, record: Record) -> list[Reference]:
    stages = reader.world.store.all("stage", record.account)
    return [("stage", stage.id) for stage in stages if stage.doc["pipeline_id"] == record.id]


def _in_pipeline(reader: Reader, record: Record) -> list[Record]:
    numbers = [number for _, number in _stages(reader, record)]
    marks = ",".join("?" * len(numbers))
    return reader.world.store.select(f"stage IN ({marks}) AND kind = 'prospect'", numbers) if numbers else []


def _estimated(reader: Reader, record: Record) -> str:
    cents = sum(int(matter.doc.get("estimated_value_cents") or 0) for matter in _in_pipeline(reader, record))
    return f"${cents / 100:,.2f}"


def _form_number(reader: Reader, record: Record) -> Reference | None:
    return "custom_form", record.doc["form_id"]


def _actor(reader: Reader, record: Record) -> Reference | None:
    kind, number = record.doc["actor"]
    return kind, number


def _tracked(reader: Reader, record: Record) -> Reference | None:
    kind, number = record.doc["tracked"]
    return kind, number


def _line(*names: str) -> Fill:
    return lambda reader, record: ", ".join(str(record.doc[name]) for name in names if record.doc.get(name))


def _firm(reader: Reader, record: Record) -> Reference:
    return "firm", record.account


COUNT: dict[str, Fill] = {"matter_count": _matter_count}
PNC: dict[str, Fill] = {"pnc_count": lambda reader, record: len(_matters_of(reader, record))}
MATTERS: dict[str, Any] = {"prospects": _matters_of}
USER = _shape(
    "user", "user", ("name", "first_name", "last_name", "email", "role", "sign_in_count", "profile_pic_url", *TIMES),
    ("name", "email", *TIMES), fill={"sign_in_count": lambda reader, record: 1},
    one={"current_firm": _firm, "invited_by": lambda reader, record: None},
    many={"firms": lambda reader, record: [_firm(reader, record)]},
)  # fmt: skip
PIPELINE = _shape(
    "pipeline", "pipeline",
    ("name", "description", "statuses", "pipeline_type", "matter_count", "estimated_value", *TIMES), NAMED,
    fill=COUNT | {"estimated_value": _estimated}, one=BY, many={"stages": _stages},
)  # fmt: skip
STAGE = _shape(
    "stage", "stage", ("name", "color", "order", *TIMES), ("name", "color", "order", *TIMES),
    one={"pipeline": to_one("pipeline", "pipeline_id")}, many=MATTERS,
)  # fmt: skip
PRACTICE_AREA = _shape(
    "practice_area", "practice_areas", ("name", "color", "statute_of_limitations_enabled", "matter_count", *TIMES),
    ("name", "color", *TIMES), many=MATTERS,
    fill=COUNT | {"statute_of_limitations_enabled": lambda r, x: bool(x.doc.get("statute_of_limitations_enabled"))},
)  # fmt: skip
SUB_STATUS = _shape(
    "sub_status", "sub_statuses", ("name", "status", *TIMES), ("name", "status", *TIMES), one=BY, many=MATTERS
)
CUSTOM_FIELD = _shape(
    "custom_field", "custom_fields",
    ("name", "type", "field_type", "practice_area", "list_options", "visibility", "lookup_type", *TIMES),
    bare_lists=True,
)  # fmt: skip
NOTE = _shape("note", "note", ("name", "body", *TIMES), ("name", "body", *TIMES), one={"notable": owner})
INTERACTION = _shape(
    "interaction", "interactions", ("interaction_type", "body", "happened_at", *TIMES), one=BY | {"interactable": owner}
)
ACTIVITY = _shape(
    "timeline_activity", "timeline_activities", ("key", "type", "detail_keys", "parent_id", *TIMES),
    one={"owner": _actor, "tracked": _tracked, "recipient": owner},
)  # fmt: skip
FORM = _shape("custom_form", "custom_form", ("name", "type", "rows", *TIMES), NAMED, bare_lists=True)
ENTRY = _shape(
    "custom_form_entry", "custom_form_entry", ("body", *TIMES), one={"custom_form": _form_number, "contactable": owner}
)
EMAIL_ADDRESS = _shape("email_address", "email_addresses", ("label", "info"), one={"informationable": owner})
PHONE_NUMBER = _shape("phone_number", "phone_numbers", ("label", "info"), one={"informationable": owner})
PLACE = ("street", "street2", "city", "state", "zipcode", "country")
ADDRESS = _shape(
    "address", "addresses",
    ("label", *PLACE, "full_address", "full_street", "second_half", "city_state_zip", *TIMES),
    ("label", *PLACE), one={"addressable": owner}, many={"locations": nothing},
    fill={
        "full_address": _line("street", "street2", "city", "state", "zipcode", "country"),
        "full_street": _line("street", "street2"),
        "second_half": _line("city", "state", "zipcode", "country"),
        "city_state_zip": _line("city", "state", "zipcode"),
    },
)  # fmt: skip
TAG = _shape("tag", "tags", ("name", "description", "color", *TIMES))
SOURCE = _shape(
    "source", "source",
    ("name", "description", "color", "utm_match", "spend_frequency", "tracking_number", "pnc_count", *TIMES), NAMED,
    fill=PNC, many=MATTERS,
)  # fmt: skip
CAMPAIGN = _shape(
    "campaign", "campaigns", ("name", "description", "utm_match", "tracking_number", "pnc_count", *TIMES), NAMED,
    fill=PNC, one={"source": to_one("source", "source_id")}, many=MATTERS,
)  # fmt: skip
CONTACT_TYPE = _shape("custom_contact_type", "custom_contact_types", NAMED)

"""The table of shapes: contacts and matters."""

from __future__ import annotations

from sandbox.lawmatics.api.shapes import (
    ADDRESS_FILL,
    PERSON_ALL,
    PERSON_DEFAULT,
    Fill,
    Reader,
    Reference,
    Shape,
    from_contact,
    listed,
    nothing,
    of_contact,
    owned,
    tags,
    to_one,
)
from sandbox.lawmatics.records.people import PERSONAL
from sandbox.lawmatics.records.store import Doc, Record


def _sub_status(reader: Reader, record: Record) -> str:
    """The name of the sub-status; without one the capitalised status."""
    name = reader.name_of("sub_status", record.doc.get("sub_status_id"))
    return name or str(record.doc["status"]).capitalize()


def _by_id(reader: Reader, record: Record) -> Doc:
    return {str(entry["id"]): entry for entry in reader.custom(record)}


def _contact(reader: Reader, record: Record) -> Reference | None:
    return ("contact", record.doc["contact_id"]) if reader.contact(record) else None


def _assigned(reader: Reader, record: Record) -> list[Reference]:
    return [("user", number) for number in record.doc.get("assigned_staff_ids") or []]


CONTACT = Shape(
    type="contact",
    path="contact",
    attributes=(
        *PERSON_ALL, "tracking_source_id", "date_of_last_contact", "days_since_last_contact", "photo_url",
        "custom_fields", "contact_type",
    ),
    default=PERSON_DEFAULT,
    fill={
        "email_address": lambda reader, record: record.doc.get("email"),
        "phone_number": lambda reader, record: record.doc.get("phone"),
        "days_since_last_contact": lambda reader, record: 0,
        "custom_fields": lambda reader, record: reader.custom(record),
    },
    one={
        "created_by": to_one("user", "created_by_id"),
        "client": lambda reader, record: None,
        "company": lambda reader, record: None,
    },
    many={"prospects": listed("prospect", "contact = ?")},
)  # fmt: skip

CASE = ("case_title", "case_number", "case_blurb", "actual_value_cents", "estimated_value_cents", "lead_cost_cents")
_person_fill: dict[str, Fill] = {name: from_contact(name) for name in (*PERSONAL, "email", "phone")}
PROSPECT = Shape(
    type="prospect",
    path="prospect",
    attributes=(
        *PERSON_ALL, *CASE, "status", "sub_status", "type_of_billing", "referring_url", "utm_source", "utm_campaign",
        "utm_medium", "utm_term", "date_of_last_contact", "last_contacted_date", "days_since_last_contact",
        "converted_date", "statute_of_limitations", *ADDRESS_FILL, "photo_url", "custom_fields", "custom_field_values",
    ),
    default=PERSON_DEFAULT,
    fill=_person_fill
    | ADDRESS_FILL
    | {
        "email_address": from_contact("email"),
        "phone_number": from_contact("phone"),
        "sub_status": _sub_status,
        "days_since_last_contact": lambda reader, record: 0,
        "custom_fields": lambda reader, record: reader.custom(record),
        "custom_field_values": _by_id,
    },
    one={
        "contact": _contact,
        "company": lambda reader, record: None,
        "source": to_one("source", "source_id"),
        "stage": to_one("stage", "stage_id"),
        "campaign": to_one("campaign", "campaign_id"),
        "practice_area": to_one("practice_area", "practice_area_id"),
        "salesperson": to_one("user", "salesperson_id"),
        "lead_attorney": to_one("user", "lead_attorney_id"),
        "originating_attorney": to_one("user", "originating_attorney_id"),
        "owned_by": to_one("user", "owned_by_id"),
        "created_by": to_one("user", "created_by_id"),
    },
    many={
        "assigned_staff": _assigned,
        "events": nothing,
        "file_requests": nothing,
        "documents": nothing,
        "notes": owned("note"),
        "tasks": nothing,
        "emails": of_contact("email_address"),
        "phone_numbers": of_contact("phone_number"),
        "addresses": of_contact("address"),
        "invoices": nothing,
        "tags": tags,
        "relationships": nothing,
    },
)  # fmt: skip

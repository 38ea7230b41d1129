"""Records as documents in the exchange's own names, before any mapping."""

from __future__ import annotations

from typing import Any

from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, iso

PERSONAL = ("client", "summary", "incident")


def firm(world: World, number: int | None) -> Doc | None:
    """An organization as other records name it."""
    if not number:
        return None
    record = world.organization(number)
    return {"_id": record.id, "name": record.doc["name"]}


def case(world: World, record: Record, *, viewer: int) -> Doc:
    """A case as one organization may see it."""
    doc: Doc = dict(record.doc["fields"])
    hidden = world.switches.get("client_before_acceptance") == "hidden"
    if hidden and viewer != record.org and viewer != record.doc.get("handler"):
        doc = {name: value for name, value in doc.items() if name not in PERSONAL}
    if viewer != record.org:
        doc.pop("externalId", None)  # the sender's own number
    doc |= {
        "_id": record.id, "stage": record.doc.get("stage"), "createdAt": iso(record.at),
        "updatedAt": iso(record.doc["updated"]), "originator": firm(world, record.org),
        "handler": firm(world, record.doc.get("handler") or record.doc.get("asked")),
    }  # fmt: skip
    return doc


def invitation(world: World, record: Record, *, viewer: int) -> Doc:
    """An invitation; it shows the same to both sides."""
    doc = record.doc
    return {
        "_id": record.id, "referral": {"_id": record.parent}, "handler": firm(world, record.org),
        "accepted": record.state == "accepted", "declined": record.state == "declined",
        "expired": record.state == "expired", "cancelled": record.state == "cancelled",
        "evaluating": bool(doc.get("evaluating")), "contactAttempted": bool(doc.get("contact_attempted")),
        "consultComplete": bool(doc.get("consult_complete")), "expires": iso(doc["expires"]),
        "declineReason": doc.get("decline_reason"), "note": doc.get("note"),
        "respondedAt": iso(doc.get("responded")), "createdAt": iso(record.at),
    }  # fmt: skip


def update(world: World, record: Record, *, viewer: int) -> Doc:
    """A case update."""
    doc = record.doc
    return {
        "_id": record.id, "referral": {"_id": record.parent}, "title": doc.get("title"), "content": doc["content"],
        "date": iso(doc["date"]), "stage": doc.get("stage"), "author": {"firm": firm(world, record.org)},
    }  # fmt: skip


def settlement(world: World, record: Record, *, viewer: int) -> Doc:
    """A settlement; money as decimal strings."""
    doc = record.doc
    return {
        "_id": record.id, "referral": {"_id": record.parent}, "status": record.state, "note": doc.get("note"),
        "settledAt": iso(doc.get("settled")), **{name: doc.get(name) for name in MONEY},
    }  # fmt: skip


MONEY = ("grossAmount", "attorneyFee", "referralFee", "expenses")


def attachment(world: World, record: Record, *, viewer: int, url: str | None = None) -> Doc:
    """A file of a case; the address of its content is made anew for each view."""
    doc = record.doc
    return {
        "_id": record.id, "referral": {"_id": record.parent}, "name": doc["name"],
        "contentType": doc.get("content_type"), "size": doc.get("size"), "status": record.state, "url": url,
        "author": {"firm": firm(world, record.org)}, "createdAt": iso(record.at),
    }  # fmt: skip


VIEWS: dict[str, Any] = {
    "case": case, "invitation": invitation, "update": update, "settlement": settlement, "attachment": attachment,
}  # fmt: skip

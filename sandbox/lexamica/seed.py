"""The organizations a stand-in starts with, all invented, and how one more is made."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World

SEEDED = ("Demo Law Office", "Northside Injury Partners", "Harbor Trial Group", "Prairie Legal Partners")
NETWORK = "public"


def create(world: World, spec: dict[str, Any], *, seeded: int = 0) -> Record:
    """Set up one organization. `spec`: name, handler, case_types, states, network, invitation_seconds.

    Firms find each other only inside one network. `states` empty means all.
    """
    number = seeded or max([0, *(org.org for org in world.organizations())]) + 1
    doc = {
        "name": str(spec.get("name") or f"Firm {number}"), "handler": bool(spec.get("handler", True)),
        "case_types": list(spec.get("case_types") or catalogue.value("case_types")),
        "states": list(spec.get("states") or []), "network": str(spec.get("network") or NETWORK),
        "invitation_seconds": spec.get("invitation_seconds"), **keys(number if seeded else 0),
    }  # fmt: skip
    record_id = hashlib.sha256(f"organization {number}".encode()).hexdigest()[:24] if seeded else ""
    return world.store.insert("organization", number, doc, at=world.stamp(), id=record_id)


def keys(seeded: int = 0) -> dict[str, str]:
    """A pair of keys: fixed ones for the organizations of the start, fresh ones for others."""
    tail = str(seeded) if seeded else secrets.token_hex(8)
    return {"public_key": f"standin-public-{tail}", "private_key": f"standin-private-{tail}"}


def seed(world: World) -> None:
    """Make the first organizations unless there are some."""
    if world.organizations():
        return
    for number, name in enumerate(SEEDED, start=1):
        create(world, {"name": name}, seeded=number)

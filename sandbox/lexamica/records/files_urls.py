"""Download addresses of files: unguessable, without a key, dead after a few hours."""

from __future__ import annotations

import secrets

from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Record
from sandbox.lexamica.world import World


def fresh_url(world: World, attachment: Record) -> str:
    """Make a new address of a file."""
    token = secrets.token_urlsafe(24)
    life = world.scaled(world.switches.number("url_life_seconds"))
    ends = round(world.now() + life, 3)
    world.store.insert("url", attachment.org, {"token": token, "ends": ends}, at=world.now(), parent=attachment.id,
                       state=token)  # fmt: skip
    return f"{world.public_url}/files/{token}/{attachment.doc['file_name']}"


def resolve(world: World, token: str) -> Record:
    """The file behind an address; raises Refusal when it expired, was removed or never existed."""
    found = world.store.select("kind = 'url' AND state = ?", [token])
    attachment = world.store.get("attachment", found[0].parent) if found else None
    if attachment is None or attachment.state != "stored":
        raise Refusal("attachment_not_found")
    if world.now() >= found[0].doc["ends"]:
        raise Refusal("url_expired")
    return attachment

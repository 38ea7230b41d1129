"""Who acts, what is refused, and the timeline: activities and the notes that make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.lawmatics.events import webhooks
from sandbox.lawmatics.records.store import Doc, Record
from sandbox.lawmatics.world import World
from sandbox.ledger import markers_in


class Invalid(Exception):
    """The record was refused; one sentence per problem."""

    def __init__(self, resource: str, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.resource = resource
        self.problems = problems


@dataclass(frozen=True)
class Actor:
    """Who makes a change: the API (`application`), a person of the firm (`user`), or the firm itself."""

    type: str
    id: int
    user: int
    lag: float = 0.0

    @property
    def by_api(self) -> bool:
        """Is this a write through the API, which the ledger counts?"""
        return self.type == "application"


def staff(world: World, account: int) -> Actor:
    """A person of the firm who works in the stand-in's own screens."""
    people = world.store.select("account = ? AND kind = 'user'", [account], limit=1)
    number = people[0].id if people else 0
    return Actor("user", number, number)


def activity(
    world: World, owner: Record, actor: Actor, *, key: str, type: str, details: Any, tracked: tuple[str, int]
) -> None:
    """Put one line on the timeline of a contact or matter."""
    doc = {
        "key": key, "type": type, "detail_keys": details, "parent_id": None, "owner_kind": owner.kind,
        "owner_id": owner.id, "actor": [actor.type, actor.id], "tracked": list(tracked),
    }  # fmt: skip
    world.store.insert("activity", owner.account, doc, at=world.now(), lag=actor.lag)


def add_note(world: World, owner: Record, actor: Actor, *, name: object, body: object) -> Record:
    """Attach a note to a contact or matter; an activity appears by itself. The text is kept as it came."""
    title, text = (None if part is None else str(part) for part in (name, body))
    doc = {"name": title, "body": text, "owner_kind": owner.kind, "owner_id": owner.id, "created_by_id": actor.user}
    note = world.store.insert("note", owner.account, doc, at=world.now(), lag=actor.lag)
    activity(world, owner, actor, key="note.create", type="note", details={"body": text, "name": title},
             tracked=("note", note.id))  # fmt: skip
    if actor.by_api:
        world.ledger.add(
            account=owner.account, effect="created", kind="note", record=note.id, keys=markers_in(text, title)
        )
    if owner.kind == "prospect":
        webhooks.emit(world, owner.account, "note_added", {"matter_id": owner.id})
    return note


def add_notes(world: World, owner: Record, actor: Actor, data: Doc) -> None:
    """The inline `notes` array of a create or update: each entry adds a note, every time."""
    entries = data.get("notes")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            add_note(world, owner, actor, name=entry.get("name"), body=entry.get("body"))

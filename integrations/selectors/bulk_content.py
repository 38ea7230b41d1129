"""Exactly what would be sent of one matter: the bodies the provider's own code builds, as a person reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.contract.operations import RemoteRef
from integrations.contract.records import PrivilegeGuard
from integrations.models import BulkRow, BulkRun
from integrations.sync.bulk import plan, seal
from integrations.sync.bulk.rehearse import CONTACT, Act, known_links, rehearse
from integrations.sync.outgoing import snapshots

VERBS = {"create": "New", "update": "Change", "link": "Linked, nothing is sent"}


@dataclass(frozen=True)
class Part:
    """One step: what happens, and each value that leaves by its field there."""

    title: str
    values: tuple[tuple[str, str], ...]
    only_blanks: bool


@dataclass(frozen=True)
class Content:
    """What would be sent of a matter now; `changed`: it is not what the dry run saw any more."""

    parts: tuple[Part, ...]
    changed: bool
    trouble: str = ""


def content_of(run: BulkRun, row: BulkRow) -> Content:
    """Return what would be sent of one row's matter. In the firm scope; nothing is called."""
    try:
        prepared = plan.read(run, row)
    except (snapshots.NoClient, snapshots.MatterGone, PrivilegeGuard):
        return Content((), row.action != "left_out", "There is nothing of this matter that could be sent.")
    known = known_links(run.connection, prepared)
    there = row.contact_id or row.action == "link"
    found = RemoteRef(CONTACT, row.contact_id) if there and CONTACT not in known else None
    acts = rehearse(run.connection, prepared, known, contact=found).acts
    same = row.digest is None or bytes(row.digest) == seal.digest_of(prepared, row.parts)
    return Content(tuple(_part(act) for act in acts), not same)


def _part(act: Act) -> Part:
    values = tuple(_flat("", act.write.body.payload)) if act.write else tuple(_flat("", act.content))
    return Part(f"{act.key.capitalize()}: {VERBS[act.verb]}", values, act.verb == "update" and act.write is None)


def _flat(path: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _flat(f"{path} → {key}" if path else str(key), value)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for number, value in enumerate(node, 1):
            yield from _flat(f"{path} {number}", value)
    elif node not in (None, ""):
        yield path, str(node)

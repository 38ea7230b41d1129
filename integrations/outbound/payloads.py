"""Bodies of what we send: one envelope per version, thin by default, flat for Zapier; frozen as bytes.

A body is built by `seal_body` from tagged values and nothing else. Inside a version keys are only added; an old version
is served for at least twelve months after its successor.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from casehug.common.ids import public_id
from casehug.common.scope import current_firm_id
from casehug.outbox.models import OutboxEvent
from integrations.contract.records import Leaf, SealedBody, Source, seal_body
from integrations.outbound.catalogue import EventType
from integrations.outbound.facts import Tree, moment, system
from integrations.outbound.signatures import message_id

CURRENT = "1"
VERSIONS = (CURRENT,)


@dataclass(frozen=True)
class Frozen:
    """A finished body: its bytes, and each field that is in it with its source (no values)."""

    body: bytes
    fields: tuple[tuple[str, str], ...]


def build(*, event: OutboxEvent, kind: EventType, with_client_data: bool, flat: bool, version: str) -> SealedBody:
    """Return the body of an event. In the firm scope. Raises `PrivilegeGuard` for a value without a source."""
    data = kind.collect(event)
    data = data if with_client_data else thin(data)
    head = envelope(event_id=event.id, name=event.type, at=event.created_at, version=version)
    return seal_body({**head, **flattened(data, kind.noun)} if flat else {**head, "data": data})


def envelope(*, event_id: UUID, name: str, at: datetime, version: str) -> Tree:
    """Return what stands around the data (casehug.md §7.7), with the version of the shape."""
    firm = public_id("firm", current_firm_id())
    return {"id": system(message_id(event_id)), "type": system(name), "created_at": moment(at),
            "firm_id": system(firm), "version": system(version)}  # fmt: skip


def freeze(sealed: SealedBody) -> Frozen:
    """Return the bytes that are signed and sent, and what is in them."""
    body = json.dumps(sealed.payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Frozen(body, tuple((path, source) for path, source, _ in sealed.origins))


def thin(tree: Mapping[str, Any]) -> Tree:
    """Return the tree without anything that is not ours: ids, times and names of fields stay."""
    kept: Tree = {}
    for key, node in tree.items():
        if isinstance(node, Mapping):
            node = thin(node)
            if node:
                kept[key] = node
        elif isinstance(node, list):
            kept[key] = [leaf for leaf in node if leaf.source is Source.SYSTEM]
        elif isinstance(node, Leaf) and node.source is Source.SYSTEM:
            kept[key] = node
    return kept


def flattened(tree: Mapping[str, Any], noun: str) -> Tree:
    """Return a tree as one level for Zapier: `document.name` becomes `document_name`, the own id `matter_id`."""
    flat: Tree = {}
    for key, node in tree.items():
        if isinstance(node, Mapping):
            flat |= {f"{key}_{inner}": leaf for inner, leaf in node.items()}
        elif isinstance(node, list):
            flat[key] = Leaf(",".join(str(leaf.value) for leaf in node), Source.SYSTEM)
        else:
            flat[f"{noun}_{key}" if key in ("id", "created_at") else key] = node
    return flat

"""Samples of an event for people who build on it: the newest real ones, or one invented example with the same keys."""

import uuid
from typing import Any

from django.utils import timezone

from casehug.common.scope import current_firm_id
from casehug.outbox.models import OutboxEvent
from integrations.contract.records import Leaf
from integrations.outbound.catalogue import EventType
from integrations.outbound.payloads import CURRENT, build

MOST = 3
EXAMPLE_ID = uuid.UUID(int=1)
EXAMPLES: dict[str, str | int] = {
    "title": "Example v. Example", "status": "active", "practice_area": "family_law", "first_name": "Jordan",
    "last_name": "Example", "email": "jordan@example.com", "phone": "+12025550143", "filename": "example.pdf",
    "content_type": "application/pdf", "file_size_bytes": 52000, "name": "Example document",
    "created_at": "2026-01-05T15:04:05.000Z", "updated_at": "2026-01-05T15:04:05.000Z",
    "uploaded_at": "2026-01-05T15:04:05.000Z", "intake_completed_at": "2026-01-05T15:04:05.000Z",
    "provider": "lawmatics", "state": "connected",
}  # fmt: skip


def samples(kind: EventType, *, with_client_data: bool) -> list[dict[str, Any]]:
    """Return flat bodies as Zapier gets them, newest first, at least one. In the firm scope."""
    found = list(OutboxEvent.objects.filter(type=kind.name).order_by("-created_at", "-id")[:MOST])
    chosen = found or [OutboxEvent(
        id=EXAMPLE_ID, firm_id=current_firm_id(), type=kind.name, subject_id=EXAMPLE_ID, created_at=timezone.now(),
        data={"client_id": str(EXAMPLE_ID), "fields": ["title"]} if kind.name == "matter.updated" else
        {"client_id": str(EXAMPLE_ID)},
    )]  # fmt: skip
    shown = kind if found else EventType(kind.name, kind.noun, kind.meaning, lambda event: filled(kind.collect(event)))
    bodies = [
        build(event=event, kind=shown, with_client_data=with_client_data, flat=True, version=CURRENT)
        for event in chosen
    ]  # fmt: skip
    return [dict(body.payload) for body in bodies]


def filled(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a tree in which every missing value that we have an invented one for is filled."""
    made: dict[str, Any] = {}
    for key, node in tree.items():
        if isinstance(node, dict):
            made[key] = filled(node)
        elif isinstance(node, Leaf) and node.value is None:
            made[key] = Leaf(EXAMPLES.get(key), node.source)
        else:
            made[key] = node
    return made

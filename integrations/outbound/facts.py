"""What an event is about, as tagged values: the only reader of the domain for webhooks. One function per kind of event.

Leaves of the source `system` (ids, times, names of fields) are all that a thin body holds. Notes, descriptions,
remarks, reasons and file contents are not read here, so they have no way out.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from casehug.common.ids import public_id
from casehug.intake.models import Client, Document, Matter, Upload
from casehug.outbox.models import OutboxEvent
from integrations.contract.records import Leaf, Source

Tree = dict[str, Any]
MATTER_COLUMNS = ("id", "title", "status", "practice_area", "client_id", "created_at", "updated_at")
CLIENT_COLUMNS = ("id", "first_name", "last_name", "email", "phone", "created_at")


def system(value: str | int | bool | None) -> Leaf:
    """Tag an id, a time or a word of ours."""
    return Leaf(value, Source.SYSTEM)


def moment(at: datetime | None) -> Leaf:
    """Return a time as the API writes it: ISO 8601 in UTC with `Z`."""
    return system(at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None)


def _id(prefix: str, value: Any) -> Leaf:
    return system(public_id(prefix, uuid.UUID(str(value))) if value else None)


def _case(value: Any) -> Leaf:
    return Leaf(value, Source.CASE)


def _matter(matter_id: Any) -> Tree:
    row = Matter.objects.filter(id=matter_id).values(*MATTER_COLUMNS).first() or {"id": matter_id}
    return {
        "id": _id("mat", row["id"]), "title": _case(row.get("title")), "status": _case(row.get("status")),
        "practice_area": _case(row.get("practice_area")), "client_id": _id("cli", row.get("client_id")),
        "created_at": moment(row.get("created_at")), "updated_at": moment(row.get("updated_at")),
    }  # fmt: skip


def _client(client_id: Any) -> Tree:
    row = Client.objects.filter(id=client_id).values(*CLIENT_COLUMNS).first() or {"id": client_id}
    names = ("first_name", "last_name", "email", "phone")
    identity = {name: Leaf(row.get(name), Source.IDENTITY) for name in names}
    return {"id": _id("cli", row["id"]), **identity, "created_at": moment(row.get("created_at"))}


def _with_client(tree: Tree, client_id: Any) -> Tree:
    """Add the matter's client for receivers that get client data; always the same keys."""
    return {**tree, "client": {key: leaf for key, leaf in _client(client_id).items() if key != "created_at"}}


def matter(event: OutboxEvent) -> Tree:
    """A matter and its client; names of what changed when the event has any."""
    tree = _with_client(_matter(event.subject_id), event.data.get("client_id"))
    if "fields" in event.data:
        tree["changed"] = [system(str(name)) for name in event.data["fields"]]
    return tree


def intake(event: OutboxEvent) -> Tree:
    """The matter of an intake, with its client."""
    row = Matter.objects.filter(id=event.subject_id).values("client_id", "intake_completed_at").first() or {}
    tree = _with_client(_matter(event.subject_id), row.get("client_id"))
    return {**tree, "intake_completed_at": moment(row.get("intake_completed_at"))}


def client(event: OutboxEvent) -> Tree:
    """A client record."""
    return _client(event.subject_id)


def document(event: OutboxEvent) -> Tree:
    """An item of the checklist, its newest file, and its matter."""
    rows = Document.objects.filter(id=event.subject_id).values("id", "name", "status", "matter_id", "matter__title")
    row: Mapping[str, Any] = rows.first() or {"id": event.subject_id, "matter_id": event.data.get("matter_id")}
    return {
        "upload": _upload(event),
        "document": {
            "id": _id("doc", row["id"]), "name": _case(row.get("name")), "status": _case(row.get("status")),
            "matter_id": _id("mat", row["matter_id"]),
        },
        "matter": {"id": _id("mat", row["matter_id"]), "title": _case(row.get("matter__title"))},
    }  # fmt: skip


def _upload(event: OutboxEvent) -> Tree:
    rows = Upload.objects.filter(document_id=event.subject_id)
    named = event.data.get("upload_id")
    rows = rows.filter(id=named) if named else rows.filter(current=True).order_by("-uploaded_at")
    row = rows.values("id", "filename", "content_type", "size_bytes", "uploaded_at").first() or {}
    reference = str(row.get("id", ""))
    given = {"filename": "filename", "content_type": "content_type", "file_size_bytes": "size_bytes"}
    told = {key: Leaf(row.get(column), Source.CLIENT_SUBMISSION, reference) for key, column in given.items()}
    return {"id": _id("upl", row.get("id")), **told, "uploaded_at": moment(row.get("uploaded_at"))}


def sync(event: OutboxEvent) -> Tree:
    """How a sync of a matter ended; ids and codes only."""
    data = event.data
    return {
        "run_id": _id("run", data.get("run_id")), "provider": system(data.get("provider")),
        "matter_id": _id("mat", event.subject_id), "error_class": system(data.get("error_class") or None),
        "error_code": system(data.get("error_code") or None),
    }  # fmt: skip


def connection(event: OutboxEvent) -> Tree:
    """A connection whose state changed."""
    data = event.data
    return {
        "id": _id("con", event.subject_id), "provider": system(data.get("provider")),
        "state": system(data.get("state")), "code": system(data.get("code") or None),
    }  # fmt: skip


def test(event: OutboxEvent) -> Tree:
    """A delivery that a person asked for."""
    return {"message": system("This is a test from CaseHug. Nothing happened.")}

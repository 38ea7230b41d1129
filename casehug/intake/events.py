"""The announcements of the intake core (casehug.md §7.7). Data holds ids and field names, never what clients wrote."""

from collections.abc import Iterable
from datetime import datetime

from casehug.intake.models import Client, Document, IntakeLink, Matter, Upload
from casehug.outbox.services import publish


def _matter_ids(matter: Matter) -> dict[str, str | None]:
    return {"matter_id": str(matter.id), "client_id": str(matter.client_id) if matter.client_id else None}


def _about_document(kind: str, document: Document, **more: str) -> None:
    data = {"document_id": str(document.id), "matter_id": str(document.matter_id), **more}
    publish(type=kind, subject_type="document", subject_id=document.id, data=data)


def client_created(client: Client) -> None:
    """A client record was made."""
    publish(type="client.created", subject_type="client", subject_id=client.id, data={"client_id": str(client.id)})


def matter_created(matter: Matter, *, source: str) -> None:
    """A matter was made; `source` is person or csv_import (an import is bulk work for whoever listens)."""
    data = {**_matter_ids(matter), "source": source}
    publish(type="matter.created", subject_type="matter", subject_id=matter.id, data=data)


def matter_updated(matter: Matter, *, fields: Iterable[str], origin: str = "") -> None:
    """Fields of a matter changed; `origin` names the connection the change came from."""
    data = {**_matter_ids(matter), "fields": sorted(fields)}
    publish(type="matter.updated", subject_type="matter", subject_id=matter.id, data=data, origin=origin)


def matter_archived(matter: Matter) -> None:
    """A matter was archived."""
    publish(type="matter.archived", subject_type="matter", subject_id=matter.id, data=_matter_ids(matter))


def intake_link_sent(link: IntakeLink) -> None:
    """The intake link went out to the client."""
    data = {"link_id": str(link.id), "matter_id": str(link.matter_id)}
    publish(type="intake.link.sent", subject_type="matter", subject_id=link.matter_id, data=data)


def intake_completed(matter: Matter, *, at: datetime) -> None:
    """The intake is complete. Published once per matter."""
    data = {**_matter_ids(matter), "completed_at": at.isoformat()}
    publish(type="intake.completed", subject_type="matter", subject_id=matter.id, data=data)


def intake_approved(matter: Matter) -> None:
    """The firm approved the intake."""
    publish(type="intake.approved", subject_type="matter", subject_id=matter.id, data=_matter_ids(matter))


def document_requested(document: Document) -> None:
    """An item was added to the checklist."""
    _about_document("document.requested", document)


def document_uploaded(document: Document, upload: Upload) -> None:
    """A file came in for an item."""
    _about_document("document.uploaded", document, upload_id=str(upload.id))


def document_approved(document: Document) -> None:
    """The firm accepted an item."""
    _about_document("document.approved", document)


def document_rejected(document: Document) -> None:
    """The firm sent an item back."""
    _about_document("document.rejected", document)

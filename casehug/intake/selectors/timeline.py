"""What happened to a matter, newest first, as rows any page can show."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casehug.intake.models import DocumentStatus, Matter, Note, StatusChange, Submission
from casehug.intake.selectors.documents import checklist
from casehug.intake.selectors.matters import links_of, submissions_of


@dataclass(frozen=True)
class TimelineEntry:
    """One event. `kind` chooses the icon; `internal` entries never leave the firm; `source` is who or what did it."""

    at: datetime
    kind: str
    text: str
    actor_id: uuid.UUID | None = None
    source: str = ""
    internal: bool = False
    detail: str = ""
    subject_id: uuid.UUID | None = None


def _status_entries(matter: Matter) -> Iterator[TimelineEntry]:
    for change in StatusChange.objects.filter(matter=matter):
        label = change.get_to_status_display()
        text = f"Status set to {label}" if change.from_status else f"Matter created as {label}"
        yield TimelineEntry(change.created_at, "status", text, change.actor_id, change.source)
    if matter.intake_completed_at:
        yield TimelineEntry(matter.intake_completed_at, "intake", "Intake complete")
    if matter.intake_approved_at:
        yield TimelineEntry(matter.intake_approved_at, "intake", "Intake approved", matter.intake_approved_by_id)


def _portal_entries(matter: Matter) -> Iterator[TimelineEntry]:
    for link in links_of(matter.id):
        yield TimelineEntry(link.created_at, "link", "Intake link made", link.created_by_id)
        if link.sent_at:
            way = "by e-mail" if link.sent_way == "email" else "as a copied link"
            yield TimelineEntry(link.sent_at, "link", f"Intake link sent {way}")
        if link.revoked_at:
            yield TimelineEntry(link.revoked_at, "link", "Intake link ended")
    for submission in submissions_of(matter.id):
        if submission.submitted_at:
            words = {"portal": "Client sent the answers", "csv_import": "Intake imported from a file"}
            text = words.get(submission.source, "Answers typed in by the firm")
            yield TimelineEntry(submission.submitted_at, "answers", text, source=submission.source)
        elif submission.source == Submission.Source.PORTAL:
            yield TimelineEntry(submission.created_at, "answers", "Client started the questions", source="portal")


def _document_entries(matter: Matter) -> Iterator[TimelineEntry]:
    for document in checklist(matter.id).documents:
        text = f"{document.name}: file received"
        for upload in document.uploads.all():
            yield TimelineEntry(
                upload.uploaded_at, "upload", text, upload.uploaded_by_id, upload.source, subject_id=document.id
            )
        if document.decided_at is None:
            continue
        approved = document.status == DocumentStatus.APPROVED
        yield TimelineEntry(
            document.decided_at,
            "approved" if approved else "rejected",
            f"{document.name}: {'approved' if approved else 'sent back'}",
            document.decided_by_id,
            detail=document.reason,
            subject_id=document.id,
        )


def timeline(matter: Matter, *, with_notes: bool) -> list[TimelineEntry]:
    """Return the history of a matter, newest first; internal notes only for roles that may read them."""
    entries = [*_status_entries(matter), *_portal_entries(matter), *_document_entries(matter)]
    if with_notes:
        entries += [
            TimelineEntry(note.created_at, "note", "Internal note", note.author_id, internal=True, detail=note.body)
            for note in Note.objects.filter(matter=matter)
        ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)

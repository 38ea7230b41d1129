"""The checklist of one matter and the review queue over all of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from casehug.firms.page_reads import once_a_page
from casehug.intake.errors import NotFound
from casehug.intake.models import Document, DocumentStatus, MatterStatus, Upload
from casehug.intake.selectors.paging import Page, page_of

QUEUE_SIZE = 25


@dataclass(frozen=True)
class ChecklistGroup:
    """The items of one category in order."""

    category: str
    documents: tuple[Document, ...]


@dataclass(frozen=True)
class Checklist:
    """A matter's checklist. `done` of `total` counts required items that are approved, `given` those that came in."""

    groups: tuple[ChecklistGroup, ...]
    total: int
    given: int
    done: int

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every item in order."""
        return tuple(document for group in self.groups for document in group.documents)

    @property
    def percent(self) -> int:
        """How far the required items are, by what came in."""
        return 100 if self.total == 0 else self.given * 100 // self.total


def with_uploads(rows: Any) -> Any:
    """Read the uploads of all documents at once, pages in order (`current_uploads`, `earlier_uploads`)."""
    return rows.prefetch_related(Prefetch("uploads", queryset=Upload.objects.order_by("page", "uploaded_at")))


@once_a_page
def checklist(matter_id: uuid.UUID) -> Checklist:
    """Return the checklist of a matter, grouped by category in the case type's order."""
    rows = list(with_uploads(Document.objects.filter(matter_id=matter_id)).order_by("position", "created_at"))
    groups: dict[str, list[Document]] = {}
    for document in rows:
        groups.setdefault(document.category, []).append(document)
    required = [document for document in rows if document.required]
    came_in = (DocumentStatus.UPLOADED, DocumentStatus.APPROVED)
    return Checklist(
        groups=tuple(ChecklistGroup(category, tuple(items)) for category, items in groups.items()),
        total=len(required),
        given=sum(document.status in came_in for document in required),
        done=sum(document.status == DocumentStatus.APPROVED for document in required),
    )


def document_detail(document_id: uuid.UUID) -> Any:
    """Return one document with matter, client, case type and its uploads. Raises NotFound."""
    rows = Document.objects.select_related("matter", "matter__client", "matter__case_type").filter(id=document_id)
    document = with_uploads(rows).first()
    if document is None:
        raise NotFound("document")
    return document


def _reviewable() -> Any:
    rows = Document.objects.filter(status=DocumentStatus.UPLOADED).exclude(matter__status=MatterStatus.ARCHIVED)
    return rows.select_related("matter", "matter__client", "matter__case_type")


def documents_to_review(*, cursor: str = "", size: int = QUEUE_SIZE) -> Page[Any]:
    """Return one page of the review queue over all matters, oldest first."""
    return page_of(with_uploads(_reviewable()), by="uploaded_at", cursor=cursor, size=size, newest_first=False)


def decided_documents(*, cursor: str = "", size: int = QUEUE_SIZE) -> Page[Any]:
    """Return one page of decided items, decided last first."""
    rows = Document.objects.filter(decided_at__isnull=False).select_related("matter", "matter__client")
    return page_of(with_uploads(rows), by="decided_at", cursor=cursor, size=size)


def next_to_review(after: Document) -> Any:
    """Return the item of the queue that follows one, or the first, or None when nothing waits."""
    rows = _reviewable().exclude(id=after.id).order_by("uploaded_at", "id")
    later = rows.filter(uploaded_at__gte=after.uploaded_at).first() if after.uploaded_at else None
    return later or rows.first()


def upload_detail(upload_id: uuid.UUID) -> Any:
    """Return one upload with its document. Raises NotFound."""
    upload = Upload.objects.select_related("document", "document__matter").filter(id=upload_id).first()
    if upload is None:
        raise NotFound("upload")
    return upload


def blocking_items(documents: Sequence[Document]) -> list[Document]:
    """Return the required items that are not approved: approving the last of them approves the intake."""
    return [each for each in documents if each.required and each.status != DocumentStatus.APPROVED]

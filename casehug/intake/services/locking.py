"""Take the matter before changing anything of it: one lock order for all writes, and archived matters refuse."""

import uuid

from casehug.intake.errors import NotFound, Refused
from casehug.intake.models import Document, Matter

ARCHIVED_TEXT = "This matter is archived. Restore it before you change anything."


def lock_matter(matter_id: uuid.UUID, *, even_archived: bool = False) -> Matter:
    """Lock and return a matter. Raises NotFound; Refused (`matter_archived`) unless `even_archived`."""
    matter: Matter | None = Matter.objects.select_for_update().filter(id=matter_id).first()
    if matter is None:
        raise NotFound("matter")
    if matter.is_archived and not even_archived:
        raise Refused("matter_archived", ARCHIVED_TEXT)
    return matter


def lock_document(document_id: uuid.UUID) -> tuple[Matter, Document]:
    """Lock a document behind its matter. Raises NotFound, Refused (`matter_archived`)."""
    matter_id = Document.objects.filter(id=document_id).values_list("matter_id", flat=True).first()
    if matter_id is None:
        raise NotFound("document")
    matter = lock_matter(matter_id)
    document: Document = Document.objects.select_for_update().get(id=document_id)
    return matter, document

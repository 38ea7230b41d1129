"""Internal notes. They never leave the firm: no event carries them."""

import uuid

from django.db import transaction

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake.errors import Invalid
from casehug.intake.models import Note
from casehug.intake.services.locking import lock_matter
from casehug.intake.services.values import Checker


@transaction.atomic
def add_note(*, matter_id: uuid.UUID, body: str) -> Note:
    """Add an internal note. Returns the row. Raises Invalid, NotFound, Refused (archived)."""
    matter = lock_matter(matter_id)
    check = Checker()
    text = check.lines("body", body, required=True)
    if check.errors:
        raise Invalid(check.errors)
    note: Note = Note.objects.create(matter=matter, body=text, author_id=current_actor_id())
    record(action="note.added", object_type="matter", object_id=matter.id)
    return note

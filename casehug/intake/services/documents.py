"""The checklist: ask for an item, accept it, send it back, take a decision back."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake import events
from casehug.intake.data.document_kinds import PAPER
from casehug.intake.errors import Invalid, Refused
from casehug.intake.files import ACCEPTABLE
from casehug.intake.models import Document, DocumentStatus, Matter
from casehug.intake.services.approval import approve_if_ready, withdraw_approval
from casehug.intake.services.locking import lock_document, lock_matter
from casehug.intake.services.values import Checker


@transaction.atomic
def request_document(
    *,
    matter_id: uuid.UUID,
    name: str,
    category: str = "Other",
    description: str = "",
    instructions: str = "",
    required: bool = True,
    accepted_types: Sequence[str] = PAPER,
    max_size_mb: int = 25,
) -> Document:
    """Add an item to the checklist. Publishes `document.requested`. Raises Invalid, NotFound, Refused."""
    matter = lock_matter(matter_id)
    check = Checker()
    document = Document(
        matter=matter,
        name=check.line("name", name, limit=200, required=True),
        category=check.line("category", category, limit=40) or "Other",
        description=check.lines("description", description),
        instructions=check.lines("instructions", instructions),
        required=required,
        accepted_types=[kind for kind in accepted_types if kind in ACCEPTABLE],
        max_size_mb=max_size_mb,
    )
    if not document.accepted_types:
        check.errors["accepted_types"] = "Choose at least one kind of file that can be taken."
    if not 1 <= max_size_mb <= 100:
        check.errors["max_size_mb"] = "Choose between 1 and 100 MB."
    if check.errors:
        raise Invalid(check.errors)
    highest = Document.objects.filter(matter=matter).aggregate(highest=Max("position"))["highest"]
    document.position = 0 if highest is None else highest + 1
    document.save(force_insert=True)
    _touch(matter)
    events.document_requested(document)
    record(action="document.requested", object_type="document", object_id=document.id)
    return document


def _touch(matter: Matter) -> None:
    matter.save(update_fields=["updated_at"])


def _decide(document: Document, status: DocumentStatus, reason: str = "") -> None:
    decided = status in (DocumentStatus.APPROVED, DocumentStatus.REJECTED)
    document.status, document.reason = status, reason
    document.decided_at = timezone.now() if decided else None
    document.decided_by_id = current_actor_id() if decided else None
    document.save(update_fields=["status", "reason", "decided_at", "decided_by_id", "updated_at"])


@transaction.atomic
def approve_document(*, document_id: uuid.UUID) -> Document:
    """Accept an item; the last required one also approves the intake when the answers are in.

    Returns the row; a second call changes nothing. Publishes `document.approved`. Raises NotFound, Refused (nothing
    uploaded, sent back, archived).
    """
    matter, document = lock_document(document_id)
    if document.status == DocumentStatus.APPROVED:
        return document
    if document.status == DocumentStatus.PENDING:
        raise Refused("nothing_uploaded", "There is no file to approve yet.")
    if document.status == DocumentStatus.REJECTED:
        raise Refused("sent_back", "This item was sent back. Take that decision back first.")
    _decide(document, DocumentStatus.APPROVED)
    _touch(matter)
    record(action="document.approved", object_type="document", object_id=document.id)
    events.document_approved(document)
    approve_if_ready(matter)
    return document


@transaction.atomic
def reject_document(*, document_id: uuid.UUID, reason: str) -> Document:
    """Send an item back with a reason, which the client reads. Also possible after it was approved.

    Returns the row; publishes `document.rejected`. Raises Invalid (no reason), NotFound, Refused.
    """
    matter, document = lock_document(document_id)
    check = Checker()
    text = check.lines("reason", reason, required=True)
    if check.errors:
        raise Invalid(check.errors)
    if document.status == DocumentStatus.PENDING:
        raise Refused("nothing_uploaded", "There is no file to send back yet.")
    if document.status == DocumentStatus.REJECTED and document.reason == text:
        return document
    was_approved = document.status == DocumentStatus.APPROVED
    _decide(document, DocumentStatus.REJECTED, text)
    _touch(matter)
    if was_approved and document.required:
        withdraw_approval(matter)
    events.document_rejected(document)
    record(action="document.rejected", object_type="document", object_id=document.id)
    return document


@transaction.atomic
def reverse_decision(*, document_id: uuid.UUID) -> Document:
    """Take back an approval or a rejection: the item waits for review again. What has been sent stays sent."""
    matter, document = lock_document(document_id)
    if document.status not in (DocumentStatus.APPROVED, DocumentStatus.REJECTED):
        raise Refused("no_decision", "Nothing has been decided about this item.")
    was_approved = document.status == DocumentStatus.APPROVED
    _decide(document, DocumentStatus.UPLOADED)
    _touch(matter)
    if was_approved and document.required:
        withdraw_approval(matter)
    record(action="document.decision_reversed", object_type="document", object_id=document.id)
    return document


@transaction.atomic
def set_document_required(*, document_id: uuid.UUID, required: bool) -> Document:
    """Make an item required or optional (for papers the firm got in another way). Returns the row."""
    matter, document = lock_document(document_id)
    if document.required != required:
        document.required = required
        document.save(update_fields=["required", "updated_at"])
        _touch(matter)
        change = {"required": required}
        record(action="document.required_changed", object_type="document", object_id=document.id, changes=change)
    return document

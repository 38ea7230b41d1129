"""When an intake is complete and approved: one place decides, called by every act that can lead there."""

import uuid

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake import events
from casehug.intake.errors import Refused
from casehug.intake.models import Document, DocumentStatus, Matter, Submission
from casehug.intake.services.locking import lock_matter


def open_required(matter: Matter) -> list[str]:
    """Return the names of required documents that are not approved yet."""
    rows = Document.objects.filter(matter=matter, required=True).exclude(status=DocumentStatus.APPROVED)
    return list(rows.order_by("position").values_list("name", flat=True))


def was_submitted(matter: Matter) -> bool:
    """Tell whether the client's answers have come in by any way."""
    return bool(Submission.objects.filter(matter=matter, submitted_at__isnull=False).exists())


def mark_approved(matter: Matter) -> None:
    """Approve the intake of a locked matter; the first time it is also complete. Publishes once each."""
    if matter.intake_approved_at is not None:
        return
    now = timezone.now()
    first = matter.intake_completed_at is None
    matter.intake_completed_at = matter.intake_completed_at or now
    matter.intake_approved_at, matter.intake_approved_by_id = now, current_actor_id()
    matter.save(update_fields=["intake_completed_at", "intake_approved_at", "intake_approved_by_id", "updated_at"])
    if first:
        events.intake_completed(matter, at=now)
    events.intake_approved(matter)
    record(action="intake.approved", object_type="matter", object_id=matter.id, changes={"first": first})


def approve_if_ready(matter: Matter) -> bool:
    """After a document was approved: approve the intake when it was the last required one and the answers are in."""
    if not was_submitted(matter) or open_required(matter):
        return False
    mark_approved(matter)
    return True


def withdraw_approval(matter: Matter) -> None:
    """A decision on a required document was taken back. What has been sent stays sent; completion stays noted."""
    if matter.intake_approved_at is None:
        return
    matter.intake_approved_at, matter.intake_approved_by_id = None, None
    matter.save(update_fields=["intake_approved_at", "intake_approved_by_id", "updated_at"])
    record(action="intake.approval_withdrawn", object_type="matter", object_id=matter.id)


@transaction.atomic
def approve_intake(*, matter_id: uuid.UUID) -> Matter:
    """Approve the intake as a whole; a second call changes nothing. Returns the matter.

    Raises NotFound; Refused when it is archived, the answers are not in, or a required document is not approved.
    """
    matter = lock_matter(matter_id)
    if matter.intake_approved_at is not None:
        return matter
    if not was_submitted(matter):
        raise Refused("not_submitted", "The client has not sent the answers yet.")
    missing = open_required(matter)
    if missing:
        raise Refused("documents_open", f"Approve these documents first, or make them optional: {', '.join(missing)}.")
    mark_approved(matter)
    return matter

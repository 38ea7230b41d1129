"""What happens to the matter of a received case is told to its sender: drafted, or sent if the firm chose so."""

import uuid

from django.db import transaction
from django.utils import timezone

from casehug.audit.services import record
from casehug.referrals import events
from casehug.referrals.choices import choices
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.models import CaseUpdate, Referral
from casehug.referrals.services.locking import lock_referral

TITLE = "Status update"
State = CaseUpdate.State


@transaction.atomic
def tell_sender(*, referral_id: uuid.UUID, content: str, origin: str = "") -> CaseUpdate | None:
    """Put one sentence about the matter of a received case into a draft, or queue it to be sent.

    A person's own draft stays as it is, and what was said last is not said again: None then. `origin` is where the
    change came from. Publishes `referral.update_requested` when it is sent by itself. Raises NotFound.
    """
    referral = lock_referral(referral_id)
    if referral.direction != Referral.Direction.IN or referral.state != Referral.State.ACCEPTED:
        return None
    said = CaseUpdate.objects.filter(referral=referral, direction=Referral.Direction.OUT)
    draft = said.filter(state=State.DRAFT).first()
    last = said.exclude(state=State.DRAFT).order_by("-created_at").first()
    if last is not None and last.content == content:
        return None
    sends = choices().post_status and connected_exchange() is not None
    if not sends and draft is not None and draft.author_id is not None:
        return None
    row = None if sends else draft
    row = row or CaseUpdate(referral=referral, direction=Referral.Direction.OUT)
    row.title, row.content, row.happened_at = TITLE, content, timezone.now()
    row.state = State.QUEUED if sends else State.DRAFT
    row.save()
    if sends:
        events.about_update("update_requested", row, origin=origin)
    action = "referral.update_posted" if sends else "referral.update_drafted"
    record(action=action, object_type="case_update", object_id=row.id, changes={"by": "status"})
    return row

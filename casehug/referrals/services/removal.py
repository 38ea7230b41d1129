"""Take a file off a case for every firm on it; our own copy stays."""

import uuid

from django.db import transaction

from casehug.audit.services import record
from casehug.referrals import events
from casehug.referrals.errors import NotFound, Refused
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.models import Attachment
from casehug.referrals.services.locking import lock_referral


@transaction.atomic
def remove_file(*, referral_id: uuid.UUID, attachment_id: uuid.UUID) -> Attachment:
    """Ask for a file this firm has shared to be taken off the case; one that is gone already is returned.

    Publishes `referral.file_requested` (act remove). Raises NotFound, Refused (`no_exchange`, `not_shared`).
    """
    referral = lock_referral(referral_id)
    row: Attachment | None = Attachment.objects.filter(id=attachment_id, referral=referral, direction="out").first()
    if row is None:
        raise NotFound("attachment")
    if row.state == Attachment.State.REMOVED:
        return row
    require_exchange()
    if row.state != Attachment.State.SHARED:
        raise Refused("not_shared", "The other firm does not have this file, so there is nothing to take away.")
    events.about_file("file_requested", row, act="remove")
    record(action="referral.file_removal_asked", object_type="attachment", object_id=row.id)
    return row

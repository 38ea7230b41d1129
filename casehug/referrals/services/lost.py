"""People hear when a case that was referred out found no firm."""

import uuid

from django.db import transaction
from django.urls import reverse

from casehug.firms.notices import clear_notice, raise_notice
from casehug.referrals.models import Referral
from casehug.referrals.notices import LOST
from casehug.referrals.services.locking import lock_referral


def say_lost(referral: Referral) -> None:
    """Tell the people whose role gets this notice."""
    text = "No partner firm was found, or all have declined. Decide what to do with the case."
    raise_notice(kind=LOST, subject_id=referral.id, title="A case you referred out found no firm", text=text,
                 url=reverse("referral", args=[referral.id]))  # fmt: skip


@transaction.atomic
def lost_seen(*, referral_id: uuid.UUID) -> None:
    """A person has seen that a case found no firm. Raises NotFound."""
    clear_notice(kind=LOST, subject_id=lock_referral(referral_id).id)

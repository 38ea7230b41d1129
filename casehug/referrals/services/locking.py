"""Take rows before changing them; one lock order: the referral before its invitation."""

import uuid

from casehug.referrals.errors import NotFound
from casehug.referrals.models import Invitation, PartnerFirm, Referral


def lock_referral(referral_id: uuid.UUID) -> Referral:
    """Lock and return a referral. Raises NotFound."""
    found: Referral | None = Referral.objects.select_for_update().filter(id=referral_id).first()
    if found is None:
        raise NotFound("referral")
    return found


def lock_invitation(invitation_id: uuid.UUID) -> Invitation:
    """Lock an invitation behind its referral and return it. Raises NotFound."""
    referral_id = Invitation.objects.filter(id=invitation_id).values_list("referral_id", flat=True).first()
    if referral_id is None:
        raise NotFound("invitation")
    referral = lock_referral(referral_id)
    invitation: Invitation = Invitation.objects.select_for_update().get(id=invitation_id)
    invitation.referral = referral
    return invitation


def partner_of(remote_id: str, name: str) -> PartnerFirm | None:
    """Return the address book's entry of a firm the exchange named, entered when it is new; None without an id."""
    if not remote_id:
        return None
    found: PartnerFirm
    found, _ = PartnerFirm.objects.get_or_create(remote_id=remote_id[:80], defaults={"name": name[:200] or remote_id})
    return found

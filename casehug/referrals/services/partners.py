"""The address book of other firms."""

import uuid

from django.db import transaction

from casehug.audit.services import record
from casehug.intake.services.values import Checker
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.models import PartnerFirm, Referral


@transaction.atomic
def save_partner(
    *, name: str, remote_id: str = "", note: str = "", partner_id: uuid.UUID | None = None
) -> PartnerFirm:
    """Enter or change a firm. Returns the row. Raises NotFound, Invalid (`name`, `remote_id`: taken)."""
    row = PartnerFirm()
    if partner_id is not None:
        found = PartnerFirm.objects.select_for_update().filter(id=partner_id).first()
        if found is None:
            raise NotFound("partner")
        row = found
    check = Checker()
    row.name = check.line("name", name, limit=200, required=True)
    row.remote_id = check.line("remote_id", remote_id, limit=80)
    row.note = check.lines("note", note)
    if row.remote_id and PartnerFirm.objects.filter(remote_id=row.remote_id).exclude(id=row.id).exists():
        check.errors["remote_id"] = "Another firm of your address book has this ID."
    if check.errors:
        raise Invalid(check.errors)
    row.save()
    record(action="partner.saved", object_type="partner", object_id=row.id)
    return row


@transaction.atomic
def remove_partner(*, partner_id: uuid.UUID) -> None:
    """Take a firm out of the address book. A firm with cases stays: Refused. A missing one is no error."""
    if Referral.objects.filter(partner_id=partner_id).exists():
        raise Refused("partner_used", "This firm is named on a case, so it stays in the address book.")
    if PartnerFirm.objects.filter(id=partner_id).delete()[0]:
        record(action="partner.removed", object_type="partner", object_id=partner_id)

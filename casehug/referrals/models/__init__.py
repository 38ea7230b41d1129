"""The firm tables of the referrals."""

from casehug.referrals.models.cases import Attachment, PartnerFirm, Referral, Settlement
from casehug.referrals.models.invitations import DeadlineAlarm, Invitation, InvitationAnswer
from casehug.referrals.models.updates import CaseUpdate

__all__ = [
    "Attachment",
    "CaseUpdate",
    "DeadlineAlarm",
    "Invitation",
    "InvitationAnswer",
    "PartnerFirm",
    "Referral",
    "Settlement",
]

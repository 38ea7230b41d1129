"""The firm tables of the referrals."""

from casehug.referrals.models.cases import Attachment, PartnerFirm, Referral, Settlement
from casehug.referrals.models.imports import CaseImport, CaseImportRow
from casehug.referrals.models.invitations import DeadlineAlarm, Invitation, InvitationAnswer
from casehug.referrals.models.lead_forms import LeadForm
from casehug.referrals.models.updates import CaseUpdate

__all__ = [
    "Attachment",
    "CaseImport",
    "CaseImportRow",
    "CaseUpdate",
    "DeadlineAlarm",
    "Invitation",
    "InvitationAnswer",
    "LeadForm",
    "PartnerFirm",
    "Referral",
    "Settlement",
]

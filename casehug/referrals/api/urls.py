"""Paths of the referrals below `/api/v1/` (no trailing slash)."""

from django.urls import path

from casehug.referrals.api import answers, partners, referrals, threads

_ONE = "api/v1/referrals/<ref:referral_id>"
urlpatterns = [
    path("api/v1/referrals", referrals.ReferralsView.as_view(), name="api-referrals"),
    path("api/v1/referrals/import", referrals.ImportView.as_view(), name="api-referrals-import"),
    path(_ONE, referrals.OneReferralView.as_view(), name="api-referral"),
    path(f"{_ONE}/accept", answers.AcceptView.as_view(), name="api-referral-accept"),
    path(f"{_ONE}/decline", answers.DeclineView.as_view(), name="api-referral-decline"),
    path(f"{_ONE}/evaluate", answers.EvaluateView.as_view(), name="api-referral-evaluate"),
    path(f"{_ONE}/contact-attempted", answers.ContactView.as_view(), name="api-referral-contact"),
    path(f"{_ONE}/consult-complete", answers.ConsultView.as_view(), name="api-referral-consult"),
    path(f"{_ONE}/updates", threads.UpdatesView.as_view(), name="api-referral-updates"),
    path(f"{_ONE}/files", threads.FilesView.as_view(), name="api-referral-files"),
    path("api/v1/invitations", referrals.InvitationsView.as_view(), name="api-invitations"),
    path("api/v1/partners", partners.PartnersView.as_view(), name="api-partners"),
    path("api/v1/partners/<par:partner_id>", partners.PartnerView.as_view(), name="api-partner"),
]

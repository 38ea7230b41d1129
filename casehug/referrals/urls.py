"""Routes of the referrals."""

from django.urls import include, path, register_converter

from casehug.common.ids import converter_for
from casehug.referrals.views import case, handout, inbox, invitation, refer, statuses

for _prefix in ("ref", "inv", "att", "par"):
    register_converter(converter_for(_prefix), _prefix)

invitation_routes = [
    path("", invitation.invitation_page, name="invitation"),
    path("take/", invitation.invitation_take, name="invitation_take"),
    path("assign/", invitation.invitation_assign, name="invitation_assign"),
    path("conflict/", invitation.invitation_conflict, name="invitation_conflict"),
    path("answer/", invitation.invitation_answer, name="invitation_answer"),
]
case_routes = [
    path("", case.case_page, name="referral"),
    path("update/", case.case_update, name="referral_update"),
    path("file/", case.case_file, name="referral_file"),
    path("matter/", case.case_matter, name="referral_matter"),
    path("seen/", case.case_seen, name="referral_seen"),
    path("files/<att:attachment_id>/", case.case_download, name="referral_download"),
    path("files/<att:attachment_id>/remove/", case.case_file_remove, name="referral_file_remove"),
]
urlpatterns = [
    path("referrals/", inbox.inbox, name="referrals"),
    path("referrals/handout/<str:token>", handout.handout, name="referral_handout"),
    path("referrals/due/", inbox.due_list, name="referrals_due"),
    path("referrals/partners/", refer.partner_list, name="referrals_partners"),
    path("referrals/partners/<par:partner_id>/", refer.partner_page, name="referrals_partner"),
    path("referrals/partners/<par:partner_id>/remove/", refer.partner_remove, name="referrals_partner_remove"),
    path("referrals/invitations/<inv:invitation_id>/", include(invitation_routes)),
    path("referrals/cases/<str:direction>/", inbox.case_list, name="referrals_cases"),
    path("referrals/<ref:referral_id>/", include(case_routes)),
    path("matters/<mat:matter_id>/refer/", refer.matter_refer, name="matter_refer"),
    path("settings/referrals/", refer.choices_page, name="settings_referrals"),
    path("settings/referrals/save/", refer.choices_save, name="settings_referrals_save"),
    path("settings/referrals/statuses/", statuses.statuses_save, name="settings_referrals_statuses"),
    path("settings/referrals/statuses/reset/", statuses.statuses_reset, name="settings_referrals_statuses_reset"),
    path("", include("casehug.referrals.api.urls")),
    path("", include("casehug.referrals.import_urls")),
]

"""Routes of the imports of cases, and of the public lead form with its settings."""

from django.urls import include, path, register_converter

from casehug.common.ids import converter_for
from casehug.referrals.views import imports, leads

register_converter(converter_for("rim"), "rim")

one_import = [
    path("", imports.import_page, name="referral_import"),
    path("progress/", imports.import_progress, name="referral_import_progress"),
    path("act/", imports.import_act, name="referral_import_act"),
    path("results.csv", imports.import_results, name="referral_import_results"),
]
urlpatterns = [
    path("referrals/imports/", imports.import_list, name="referral_imports"),
    path("referrals/imports/template.csv", imports.import_template, name="referral_import_template"),
    path("referrals/imports/matters/", imports.import_choose, name="referral_import_choose"),
    path("referrals/imports/<rim:case_import_id>/", include(one_import)),
    path("referrals/<ref:referral_id>/send/", leads.lead_send, name="lead_send"),
    path("settings/lead-form/", leads.lead_settings, name="settings_lead_form"),
    path("lead/<slug:firm_slug>/<slug:form_slug>/", leads.lead_page, name="lead_form"),
    path("lead/<slug:firm_slug>/<slug:form_slug>/thanks/", leads.lead_thanks, name="lead_thanks"),
]

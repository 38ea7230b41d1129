"""Routes of pages beside the connection itself: the log as file and chart, Pull Matters, help."""

from django.urls import path, register_converter

from casehug.common.ids import converter_for
from integrations.views import help_pages, log, log_export, pull, pull_link, reviews, runs, unsettled

register_converter(converter_for("cal"), "cal")

RUN = "settings/integrations/<slug:provider>/runs/<run:run_id>/"
LOG = "settings/integrations/<slug:provider>/log/"
MATCHES = "settings/integrations/<slug:provider>/matches/"
PULL = "settings/integrations/<slug:provider>/pull/"
urlpatterns = [
    path("help/", help_pages.faq, name="help"),
    path("help/guide.txt", help_pages.guide, name="help_guide"),
    path("help/zapier/", help_pages.zapier, name="help_zapier"),
    path("help/errors/<slug:error_class>/", help_pages.error_cause, name="help_error"),
    path(f"{LOG}csv/", log_export.log_csv, name="integration_log_csv"),
    path(f"{LOG}chart/", log_export.log_chart, name="integration_log_chart"),
    path(f"{LOG}retry/", log.retry_several, name="integration_log_retry"),
    path(f"{RUN}calls/<cal:call_id>/", runs.call, name="integration_run_call"),
    path("referrals/outcomes/<run:run_id>/", unsettled.decide_outcome, name="referral_outcome"),
    path(MATCHES, reviews.matches, name="integration_matches"),
    path(f"{MATCHES}<lnk:link_id>/", reviews.match, name="integration_match"),
    path(f"{MATCHES}<lnk:link_id>/decide/", reviews.match_decide, name="integration_match_decide"),
    path(PULL, pull.pull, name="integration_pull"),
    path(f"{PULL}links/", pull.pull_links, name="integration_pull_links"),
    path(f"{PULL}links/<lnk:link_id>/", pull.pull_why, name="integration_pull_why"),
    path(f"{PULL}links/<lnk:link_id>/look/", pull.pull_look, name="integration_pull_look"),
    path(f"{PULL}links/<lnk:link_id>/unlink/", pull.pull_unlink, name="integration_pull_unlink"),
    path(f"{PULL}link/<slug:external_id>/", pull_link.pull_link, name="integration_pull_link"),
]

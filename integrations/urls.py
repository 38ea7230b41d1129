"""Routes of the outside world: settings pages, fragments on a matter, OAuth and the REST API."""

from django.urls import include, path

from integrations.views import cards, connect, log, mappings, matters

SETTINGS = [
    path("", cards.integration, name="integration"),
    path("test/", cards.test, name="integration_test"),
    path("switches/", cards.change_settings, name="integration_settings"),
    path("pause/", cards.pause, name="integration_pause"),
    path("disconnect/", connect.disconnect, name="integration_disconnect"),
    path("account/", connect.account, name="integration_account"),
    path("case-types/", mappings.case_types, name="integration_case_types"),
    path("case-types/reset/", mappings.reset, name="integration_case_type_reset"),
    path("case-types/read-again/", mappings.read_again, name="integration_read_again"),
    path("log/", log.sync_log, name="integration_log"),
    path("runs/<run:run_id>/", log.run, name="integration_run"),
    path("runs/<run:run_id>/retry/", log.retry, name="integration_retry"),
]
MATTER = [
    path("panel/", matters.panel_fragment, name="integration_panel"),
    path("sync/", matters.sync, name="integration_sync"),
    path("retry/", matters.retry, name="integration_matter_retry"),
    path("cancel/", matters.cancel, name="integration_cancel"),
]
urlpatterns = [
    path("settings/integrations/", cards.integrations, name="integrations"),
    path("settings/integrations/<slug:provider>/", include(SETTINGS)),
    path("matters/<mat:matter_id>/integrations/<slug:provider>/", include(MATTER)),
    path("api/v1/integrations/<slug:provider>/connect", connect.connect, name="api-integrations-connect"),
    path("api/v1/integrations/<slug:provider>/callback", connect.callback, name="api-integrations-callback"),
    path("api/v1/integrations/<slug:provider>/", include("integrations.api.urls")),
]

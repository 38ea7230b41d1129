"""Routes of the outside world: settings pages, fragments on a matter, OAuth and the REST API."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from casehug.common.ids import converter_for
from integrations.views import (
    behaviour,
    cards,
    connect,
    events,
    fields,
    keys,
    log,
    mappings,
    matters,
    runs,
    status_mapping,
)

register_converter(converter_for("ine"), "ine")
register_converter(converter_for("inq"), "inq")
register_converter(converter_for("ins"), "ins")
register_converter(converter_for("wh"), "wh")
register_converter(converter_for("whd"), "whd")

WEBHOOKS: list[URLPattern] = [
    path("", events.webhook_events, name="integration_webhooks"),
    path("secrets/", events.save_secret, name="integration_webhook_secret"),
    path("secrets/<ins:secret_id>/end/", events.end_secret, name="integration_webhook_secret_end"),
    path("rotation/", events.rotation, name="integration_webhook_rotation"),
    path("check-again/", events.check_again, name="integration_webhook_check_again"),
    path("reading/", events.reading, name="integration_webhook_reading"),
    path("replay/", events.replay_range, name="integration_webhook_replay_range"),
    path("events/<ine:event_id>/", events.event, name="integration_webhook_event"),
    path("events/<ine:event_id>/content/", events.event_content, name="integration_webhook_event_content"),
    path("events/<ine:event_id>/replay/", events.replay_one, name="integration_webhook_event_replay"),
    path("unverified/<inq:row_id>/", events.unverified, name="integration_webhook_unverified"),
    path("unverified/<inq:row_id>/content/", events.unverified_content, name="integration_webhook_unverified_content"),
]

SETTINGS: list[URLPattern | URLResolver] = [
    path("", cards.integration, name="integration"),
    path("test/", cards.test, name="integration_test"),
    path("switches/", cards.change_settings, name="integration_settings"),
    path("pause/", cards.pause, name="integration_pause"),
    path("behaviour/", behaviour.behaviour, name="integration_behaviour"),
    path("behaviour/examine/", behaviour.examine_now, name="integration_examine"),
    path("disconnect/", connect.disconnect, name="integration_disconnect"),
    path("account/", connect.account, name="integration_account"),
    path("keys/", keys.enter_keys, name="integration_keys"),
    path("ways/", keys.choose_ways, name="integration_ways"),
    path("set-up/", keys.set_up_again, name="integration_set_up"),
    path("case-types/", mappings.case_types, name="integration_case_types"),
    path("case-types/reset/", mappings.reset, name="integration_case_type_reset"),
    path("case-types/read-again/", mappings.read_again, name="integration_read_again"),
    path("status/", status_mapping.status_mapping, name="integration_status_mapping"),
    path("status/reset/", status_mapping.reset, name="integration_status_reset"),
    path("fields/", fields.fields, name="integration_fields"),
    path("webhooks/", include(WEBHOOKS)),
    path("log/", log.sync_log, name="integration_log"),
    path("runs/<run:run_id>/", runs.run, name="integration_run"),
    path("runs/<run:run_id>/retry/", log.retry, name="integration_retry"),
]
MATTER = [
    path("panel/", matters.panel_fragment, name="integration_panel"),
    path("sync/", matters.sync, name="integration_sync"),
    path("retry/", matters.retry, name="integration_matter_retry"),
    path("cancel/", matters.cancel, name="integration_cancel"),
]
urlpatterns = [
    path("api/v1/", include("integrations.api.webhook_urls")),
    path("", include("integrations.views.outbound_urls")),
    path("settings/integrations/", cards.integrations, name="integrations"),
    path("settings/integrations/<slug:provider>/", include(SETTINGS)),
    path("matters/<mat:matter_id>/integrations/<slug:provider>/", include(MATTER)),
    path("api/v1/integrations/<slug:provider>/connect", connect.connect, name="api-integrations-connect"),
    path("api/v1/integrations/<slug:provider>/callback", connect.callback, name="api-integrations-callback"),
    path("", include("integrations.inbound.machine_urls")),
    path("api/v1/integrations/<slug:provider>/", include("integrations.api.urls")),
]

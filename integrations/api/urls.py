"""Paths below `/api/v1/integrations/<provider>/` (without a trailing slash, as in the contract)."""

from django.urls import path

from integrations.api import events, mappings, matters, views

urlpatterns = [
    path("authorize-url", views.AuthorizeView.as_view(), name="api-integrations-authorize"),
    path("disconnect", views.DisconnectView.as_view(), name="api-integrations-disconnect"),
    path("status", views.StatusView.as_view(), name="api-integrations-status"),
    path("sync", views.SyncView.as_view(), name="api-integrations-sync"),
    path("matters", matters.MattersView.as_view(), name="api-integrations-matters"),
    path("mappings/case-types", mappings.CaseTypeMappingsView.as_view(), name="api-integrations-case-types"),
    path("mappings/fields", mappings.FieldMappingsView.as_view(), name="api-integrations-fields"),
    path("mappings/stages", mappings.StageMappingsView.as_view(), name="api-integrations-stages"),
    path("events", events.EventsView.as_view(), name="api-integrations-events"),
    path("events/<ine:event_id>", events.EventView.as_view(), name="api-integrations-event"),
    path("events/<ine:event_id>/replay", events.ReplayView.as_view(), name="api-integrations-event-replay"),
]

"""Paths below `/api/v1/integrations/<provider>/` (without a trailing slash, as in the contract)."""

from django.urls import path

from integrations.api import matters, views

urlpatterns = [
    path("disconnect", views.DisconnectView.as_view(), name="api-integrations-disconnect"),
    path("status", views.StatusView.as_view(), name="api-integrations-status"),
    path("sync", views.SyncView.as_view(), name="api-integrations-sync"),
    path("matters", matters.MattersView.as_view(), name="api-integrations-matters"),
    path("mappings/case-types", views.CaseTypeMappingsView.as_view(), name="api-integrations-case-types"),
]

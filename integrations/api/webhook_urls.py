"""Paths of outgoing webhooks and REST hooks below `/api/v1/` (no trailing slash)."""

from django.urls import path

from integrations.api import hooks, webhooks

urlpatterns = [
    path("me", hooks.MeView.as_view(), name="api-me"),
    path("webhooks", webhooks.WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<wh:endpoint_id>", webhooks.WebhookView.as_view(), name="api-webhook"),
    path("webhooks/<wh:endpoint_id>/rotate", webhooks.WebhookSecretView.as_view(), name="api-webhook-rotate"),
    path("webhooks/<wh:endpoint_id>/test", webhooks.WebhookTestView.as_view(), name="api-webhook-test"),
    path("webhooks/<wh:endpoint_id>/deliveries", webhooks.DeliveriesView.as_view(), name="api-webhook-deliveries"),
    path("hooks", hooks.HooksView.as_view(), name="api-hooks"),
    path("hooks/samples", hooks.SamplesView.as_view(), name="api-hook-samples"),
    path("hooks/<wh:endpoint_id>", hooks.OneHookView.as_view(), name="api-hook"),
]

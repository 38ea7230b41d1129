"""The route of the way in. It is found by itself, too, without the rest of the product's routes."""

from django.urls import path

from integrations.inbound.receiver import receive

urlpatterns = [
    path("api/v1/integrations/<slug:provider>/webhooks/<str:token>", receive, name="api-integrations-webhook"),
]

"""All addresses of the stand-in: OAuth, /v1, /control and the screens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from sandbox.lawmatics import control, oauth
from sandbox.lawmatics.control import control as door
from sandbox.lawmatics.screen import crm


def healthz(request: HttpRequest) -> HttpResponse:
    """Is the program answering?"""
    return HttpResponse("ok", content_type="text/plain")


CONTROL = [
    path("reset", door(post=control.reset)),
    path("switches", door(get=control.get_switches, patch=control.patch_switches, post=control.patch_switches)),
    path("faults", door(get=control.get_faults, post=control.add_fault, delete=control.remove_faults)),
    path("faults/<int:fault_id>", door(delete=control.remove_faults)),
    path("requests", door(get=control.requests)),
    path("ledger", door(get=control.ledger)),
    path("state", door(get=control.state)),
    path("accounts", door(get=control.state, post=control.add_account)),
    path("accounts/<int:account_id>", door(get=control.get_account)),
    path("accounts/<int:account_id>/token", door(post=control.token)),
    path("accounts/<int:account_id>/remove-app", door(post=control.remove_app)),
    path("accounts/<int:account_id>/expire-tokens", door(post=control.expire_tokens)),
    path("fill", door(post=control.fill)),
    path("webhooks", door(get=control.get_webhooks, post=control.add_webhook)),
    path("webhooks/fire", door(post=control.fire)),
    path("<str:kind>", door(post=control.create)),
    path("<str:kind>/<int:record_id>", door(post=control.act, patch=control.act)),
    path("<str:kind>/<int:record_id>/<str:action>", door(post=control.act)),
]

urlpatterns = [
    path("healthz", healthz),
    path("oauth/authorize", oauth.authorize),
    path("oauth/token", oauth.token),
    path("v1/", include("sandbox.lawmatics.api.urls")),
    path("control/", include(CONTROL)),
    path("", include(crm.ROUTES)),
]

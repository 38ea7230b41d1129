"""All addresses of the stand-in: the interface, downloads, the control routes and the screens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from sandbox.lexamica import control, staffwork
from sandbox.lexamica.api.files import download
from sandbox.lexamica.api.urls import ROUTES as INTERFACE
from sandbox.lexamica.control import control as door
from sandbox.lexamica.screen import web


def healthz(request: HttpRequest) -> HttpResponse:
    """Is the program answering?"""
    return HttpResponse("ok", content_type="text/plain")


CONTROL = [
    path("reset", door(post=control.reset)),
    path("switches", door(get=control.get_switches, patch=control.patch_switches, post=control.patch_switches)),
    path("faults", door(get=control.get_faults, post=control.add_fault, delete=control.remove_faults)),
    path("faults/<int:fault_id>", door(delete=control.remove_faults)),
    path("clock", door(get=control.get_clock, post=control.advance)),
    path("requests", door(get=control.requests)),
    path("ledger", door(get=control.ledger)),
    path("state", door(get=control.state)),
    path("deliveries", door(get=control.deliveries)),
    path("events/fire", door(post=control.fire)),
    path("organizations", door(get=staffwork.organizations, post=staffwork.add_organization)),
    path("organizations/<str:organization>",
         door(get=staffwork.get_organization, post=staffwork.change_organization)),
    path("cases", door(get=staffwork.cases, post=staffwork.add_case)),
    path("cases/<str:case_id>", door(get=staffwork.get_case)),
    path("cases/<str:case_id>/<str:action>", door(post=staffwork.act_on_case)),
    path("invitations/<str:invitation_id>/<str:action>", door(post=staffwork.answer_invitation)),
]  # fmt: skip

urlpatterns = [
    path("healthz", healthz),
    path("files/<str:token>/<str:name>", download),
    path("control/", include(CONTROL)),
    *INTERFACE,
    path("", include(web.ROUTES)),
]

"""The portal's door: the link is the only credential, and every link that does not work looks the same."""

import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from casehug.common import throttle
from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.selectors.portal import PortalView, portal_view
from casehug.intake.services.links import PortalAccess, note_link_use, resolve_intake_link

MISSES, WINDOW_SECONDS = 30, 900
# Browsers send `Origin: null` with forms under `no-referrer`, and the form check then refuses them. This policy keeps
# the token out of every Referer just as well: only scheme and host are ever named.
REFERRER_POLICY = "strict-origin"


@dataclass(frozen=True)
class Visit:
    """What a portal page works on: the firm, the link, and what the client may see of the matter."""

    token: str
    link_id: uuid.UUID
    matter_id: uuid.UUID
    firm: Firm
    content: PortalView

    @property
    def is_submitted(self) -> bool:
        """Whether the answers have been sent to the firm."""
        return self.content.submitted_at is not None


View = Callable[..., HttpResponse]


def _resolve(token: str, address: str) -> PortalAccess | None:
    """Return what the token opens. Misses are counted by address; after too many, nothing opens for a while."""
    with transaction.atomic():
        blocked = throttle.hit(name="portal-miss", key=address, limit=MISSES, window_seconds=WINDOW_SECONDS)
        access = None if blocked else resolve_intake_link(token)
        if access is not None:
            transaction.set_rollback(True)  # only misses count
    return access


def no_longer_valid(request: HttpRequest) -> HttpResponse:
    """Answer for unknown, ended, expired and blocked alike: no data, one way on."""
    response = render(request, "portal/no_longer_valid.html", {"portal": None}, status=404)
    response.headers["Referrer-Policy"] = REFERRER_POLICY
    return response


def portal_page(view: View) -> View:
    """Decorate a portal page: resolve the link, enter the firm's scope and time zone, act as the client."""

    @wraps(view)
    def page(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        request.membership = None  # type: ignore[attr-defined]  # whoever is signed in here is a client now
        address = request.META.get("REMOTE_ADDR", "")
        access = _resolve(token, address)
        if access is None:
            return no_longer_valid(request)
        with actor_context(source="portal", address=address), firm_scope(access.firm_id):
            firm, content = Firm.objects.get(), portal_view(access.matter_id)
            visit = Visit(token, access.link_id, access.matter_id, firm, content)
            if request.method == "GET":
                note_link_use(link_id=access.link_id)
            with timezone.override(zoneinfo.ZoneInfo(visit.firm.timezone)):
                response = view(request, visit, *args, **kwargs)
        response.headers["Referrer-Policy"] = REFERRER_POLICY
        return response

    return page

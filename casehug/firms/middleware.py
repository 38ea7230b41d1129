"""Middleware: security headers, session ages, and the membership of the signed-in user."""

import ipaddress
import time
import zoneinfo
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.messages import info
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from casehug.common.actor import actor_context
from casehug.firms.access import CurrentMembership, memberships_of

Handler = Callable[[HttpRequest], HttpResponse]
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Headers Django does not set itself; signed-in pages are never cached."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class ClientAddressMiddleware:
    """Behind proxies: `REMOTE_ADDR` is the address that the outermost of our own proxies saw, not the nearest proxy's.

    Otherwise all people share one address, and a few wrong passwords or dead links of one lock out everybody. Entries
    further left in the header come from the caller and are never believed.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies: int = getattr(settings, "CASEHUG_PROXIES", 0)
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < proxies <= len(entries):
            try:
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(entries[-proxies].strip()))
            except ValueError:
                pass  # no address: the nearest one stays
        return self.get_response(request)


class SessionAgeMiddleware:
    """Signs out after 15 minutes without a request or 12 hours in all. Polls of open pages do not count as use."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, session = int(time.time()), request.session
            started, seen = session.setdefault("started_at", now), session.setdefault("seen_at", now)
            idle, age = now - seen, now - started
            if idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
                info(request, "You were signed out because nobody used this page for a while. Nothing was lost.")
            elif "X-Poll" not in request.headers and idle > 30:
                session["seen_at"] = now
        return self.get_response(request)


class MembershipMiddleware:
    """Sets `request.membership`, the actor for audit rows, the firm in the log context, and the firm's time zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = self._membership(request)
        request.membership = membership  # type: ignore[attr-defined]
        user_id = membership.user_id if membership else None
        address = request.META.get("REMOTE_ADDR", "")
        firm = str(membership.firm_id) if membership else ""
        zone = zoneinfo.ZoneInfo(membership.timezone) if membership else None
        with (
            structlog.contextvars.bound_contextvars(firm=firm),
            actor_context(user_id=user_id, source="web", address=address),
            timezone.override(zone),
        ):
            return self.get_response(request)

    @staticmethod
    def _membership(request: HttpRequest) -> CurrentMembership | None:
        if not request.user.is_authenticated:
            return None
        found = memberships_of(request.user.pk)
        chosen = request.session.get("firm_id")
        return next((m for m in found if str(m.firm_id) == chosen), found[0] if found else None)

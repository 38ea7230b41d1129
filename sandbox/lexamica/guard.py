"""The only middleware: security headers, and no writing from a foreign web page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

PAGE_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " \
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"  # fmt: skip


class Guard:
    """Wraps every request of the stand-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse cross-site writes to the screens and the control routes; add the headers to every answer."""
        host = request.get_host()  # refuses names that are not ours, on every route
        origin = request.headers.get("Origin", "")
        guarded = not request.path_info.startswith("/organization/")
        if request.method == "POST" and guarded and origin and urlsplit(origin).netloc != host:
            return HttpResponse("Writing from another site is refused.", status=403, content_type="text/plain")
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

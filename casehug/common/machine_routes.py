"""A short way for routes that only machines call: no session, no sign-in, no page of the product is made for them."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

Handler = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/"


class MachineRoutesMiddleware:
    """Answers the routes of `MACHINE_URLCONF` before sessions, sign-in and membership are looked at for nothing.

    Their views prove the caller by themselves, and need nothing that the later middleware adds to a request.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX):
            try:
                match = resolve(request.path_info, settings.MACHINE_URLCONF)
            except Resolver404:
                return self.get_response(request)
            request.resolver_match = match
            answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
            return answer
        return self.get_response(request)

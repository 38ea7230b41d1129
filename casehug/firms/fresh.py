"""A fresh sign-in: dangerous acts ask again for password or second factor when the last one is too long ago."""

import time
from urllib.parse import urlsplit

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

TEXT = "Please confirm that it is you, then press the button again. Nothing was changed yet."


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether the person signed in, or confirmed it, within the last ten minutes."""
    began = request.session.get("started_at", 0)
    if time.time() - began < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return True
    return bool(did_recently_reauthenticate(request))


def ask_again(request: HttpRequest) -> HttpResponse:
    """Lead to the confirmation and from there back to the page with the button. What was typed is not kept: it may be
    a secret, and sessions are no place for one."""
    messages.info(request, TEXT)
    target = f"{reverse('account_reauthenticate')}?{urlencode({'next': _page_before(request)})}"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = target
        return response
    return redirect(target)


def _page_before(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        parts = urlsplit(referer)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return reverse(settings.LOGIN_REDIRECT_URL)

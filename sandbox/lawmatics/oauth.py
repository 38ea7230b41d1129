"""OAuth 2.0 of the stand-in: the consent screen and the token endpoint, with the errors of A1 to A6."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from sandbox.lawmatics import tokens
from sandbox.lawmatics.api.gate import HTML
from sandbox.lawmatics.guard import PAGE_POLICY
from sandbox.lawmatics.world import world
from sandbox.server import Wire

SECRET_KEYS = ("client_secret", "code", "refresh_token")


class AnyRedirect(HttpResponseRedirect):
    """A redirect to the callback; its scheme was checked by us."""

    allowed_schemes = ["http", "https"]


def _back(redirect_uri: str, **values: str) -> HttpResponse:
    shown = {name: value for name, value in values.items() if value}
    mark = "&" if urlsplit(redirect_uri).query else "?"
    return AnyRedirect(f"{redirect_uri}{mark}{urlencode(shown)}")


def authorize(request: HttpRequest) -> HttpResponse:
    """The consent screen (GET) and the person's decision (POST)."""
    asked = request.POST if request.method == "POST" else request.GET
    redirect_uri, state = asked.get("redirect_uri", ""), asked.get("state", "")
    target = urlsplit(redirect_uri)
    problem = ""
    if asked.get("client_id") != tokens.client_pair()[0]:
        problem = "This app is not known here: the client id is not the one of this stand-in."
    elif target.scheme not in ("http", "https") or not target.netloc:
        problem = "The address to return to (redirect_uri) is missing or not usable."
    if problem:
        return render(request, "consent.html", {"problem": problem}, status=400)
    if asked.get("response_type") != "code":
        return _back(redirect_uri, error="unsupported_response_type", state=state)
    if asked.get("scope") and world().switches.get("oauth_scope") == "invalid_scope":
        return _back(redirect_uri, error="invalid_scope", state=state)
    auto = world().switches.get("auto_approve")
    decision = {"allow": "allow", "deny": "deny"}.get(auto, request.POST.get("decision", ""))
    if decision == "deny":
        return _back(redirect_uri, error="access_denied", state=state)
    if decision == "allow":
        return _allow(request, redirect_uri, state)
    names = ("client_id", "redirect_uri", "response_type", "state", "scope")
    hidden = {name: asked[name] for name in names if name in asked}
    page = render(request, "consent.html", {"accounts": world().accounts(), "hidden": hidden, "host": target.netloc})
    # A form's redirect must be allowed too, or the browser keeps the person on this page.
    page.headers["Content-Security-Policy"] = f"{PAGE_POLICY} {target.scheme}://{target.netloc}"
    return page


def _allow(request: HttpRequest, redirect_uri: str, state: str) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    accounts = world().accounts()
    chosen = [account for account in accounts if str(account.id) == asked.get("account")] or accounts
    person = world().store.select("account = ? AND kind = 'user'", [chosen[0].id], limit=1)[0]
    code = tokens.make_code(world(), chosen[0].id, person.id, redirect_uri)
    return _back(redirect_uri, code=code, state=state)


def _values(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            body = {}
        return body if isinstance(body, dict) else {}
    return dict(request.POST.items())


def _error(status: int, error: str, description: str) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)


def _answer(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    client_id, secret = tokens.client_pair()
    if request.method != "POST":
        return _error(400, "invalid_request", "Use POST.")
    if given.get("client_id") != client_id or given.get("client_secret") != secret:
        return _error(401, "invalid_client", "Client authentication failed.")
    grant = given.get("grant_type")
    if grant == "authorization_code":
        answer = tokens.exchange_code(world(), str(given.get("code", "")), str(given.get("redirect_uri", "")))
    elif grant == "refresh_token" and world().switches.get("token_mode") == "expiring":
        answer = tokens.refresh(world(), str(given.get("refresh_token", "")))
    else:
        return _error(400, "unsupported_grant_type", "This grant type is not supported.")
    if answer is None:
        return _error(
            400, "invalid_grant", "The grant is invalid, expired, revoked, used, or meant for another address."
        )
    response = JsonResponse(answer)
    response.headers["Cache-Control"] = "no-store"
    return response


def token(request: HttpRequest) -> HttpResponse:
    """The token endpoint; form or JSON body. Faults reach it like any API route."""
    given = _values(request)
    shown = {name: "***" if name in SECRET_KEYS else value for name, value in given.items()}
    method, path = str(request.method), request.path
    entry = world().log.open(method=method, path=path, query="", body=json.dumps(shown))
    entry.route = path
    world().meter.arrived(f"{method} {path}", None)
    fault = world().faults.take(method, path)
    wire: Wire = request.META.get("sandbox.wire") or Wire()
    kind = fault.kind if fault else ""
    entry.fault = kind
    if fault and kind == "status_before":
        response = HttpResponse(HTML.format(fault.status), status=fault.status, content_type="text/html")
    elif kind == "reset_before":
        wire.reset = True
        response = HttpResponse()
    else:
        if fault and kind in ("slow", "pause_before_commit") and fault.when == "before":
            world().faults.wait(fault)
        response = _answer(request, given)
        entry.committed = response.status_code == 200
        if fault and (kind == "pause_after_commit" or (kind == "slow" and fault.when == "after")):
            world().faults.wait(fault)
        elif fault and kind == "status_after_commit":
            response = HttpResponse(HTML.format(fault.status), status=fault.status, content_type="text/html")
        elif fault and kind == "truncate":
            wire.truncate_to = fault.bytes
        wire.reset = kind == "reset_after_commit"
    world().log.close(entry, None if wire.reset else response.status_code)
    return response

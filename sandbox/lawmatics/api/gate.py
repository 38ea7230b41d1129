"""The gate of /v1: token, rate limit, latency, faults, one transaction per write, and the answer's envelope."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from sandbox.chaos import Fault
from sandbox.lawmatics import tokens
from sandbox.lawmatics.records.store import Doc
from sandbox.lawmatics.records.timeline import Actor, Invalid
from sandbox.lawmatics.world import World, world
from sandbox.server import Wire
from sandbox.traffic import Entry, latency

JSON = "application/json; charset=utf-8"
HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>Stand-in fault page</p></body></html>"


class ApiError(Exception):
    """An answer in the error envelope."""

    def __init__(self, status: int, title: str, *details: str) -> None:
        super().__init__(title)
        self.status = status
        self.errors = [{"status": status, "title": title, "detail": detail} for detail in details or (title,)]


def not_found(kind: str, value: object) -> ApiError:
    """404 of a record."""
    return ApiError(404, "Not found", f"{kind.replace('_', ' ').capitalize()} with id {value} was not found.")


def no_route() -> ApiError:
    """404 of the router, also for a method the path does not have."""
    return ApiError(404, "Not Found", "The requested path does not exist.")


@dataclass
class Call:
    """One request as a handler sees it."""

    world: World
    account: int
    actor: Actor
    method: str
    query: dict[str, str]
    body: Doc
    params: dict[str, Any]


@dataclass
class Reply:
    """Status and JSON payload; payload None is an empty body."""

    status: int
    payload: Doc | None


Handler = Callable[[Call], Reply]


def endpoint(route: str, handlers: dict[str, Handler], *, public: bool = False) -> Callable[..., HttpResponse]:
    """A view for one route: handlers for get, post, put (also PATCH), delete. `public` needs no token."""
    known = handlers | ({"patch": handlers["put"]} if "put" in handlers else {})

    def view(request: HttpRequest, **params: Any) -> HttpResponse:
        return Passage(request, route, known.get(str(request.method).lower()), params, public).answer()

    return view


class Passage:
    """One request on its way through the gate."""

    def __init__(
        self, request: HttpRequest, route: str, handler: Handler | None, params: dict[str, Any], public: bool
    ) -> None:
        self.world = world()
        self.request, self.handler, self.params, self.public = request, handler, params, public
        self.wire: Wire = request.META.get("sandbox.wire") or Wire()
        self.started = time.monotonic()
        raw = request.body if not str(request.content_type).startswith("multipart/") else b""
        self.text = raw.decode("utf-8", "replace")
        self.method = str(request.method)
        query = request.META.get("QUERY_STRING", "")
        self.entry: Entry = self.world.log.open(method=self.method, path=request.path, query=query, body=self.text)
        self.entry.route = route
        self.token = tokens.bearer(self.world, request.headers.get("Authorization", ""))
        self.account = self.token.account if self.token else tokens.form_account(self.world, params)
        self.entry.account = self.account
        self.world.meter.arrived(f"{self.method} {route}", self.account)

    def answer(self) -> HttpResponse:
        """Run the request and note how it ended."""
        fault = self.world.faults.take(self.method, self.request.path, account=self.account, body=self.text)
        self.entry.fault = fault.kind if fault else ""
        response = self._run(fault)
        self.world.log.close(self.entry, None if self.wire.reset else response.status_code)
        return response

    def _run(self, fault: Fault | None) -> HttpResponse:
        kind = fault.kind if fault else ""
        if fault and kind == "reset_before":
            self.wire.reset = True
            return HttpResponse()
        if fault and kind == "status_before":
            return self._broken(fault.status)
        refused = self._refusal()
        if refused is not None:
            return refused
        delay = latency(self.world.switches.get("latency", self.account), self.method)
        if delay:
            time.sleep(delay)
        if fault and (kind == "pause_before_commit" or (kind == "slow" and fault.when == "before")):
            self.entry.state = "held before commit"
            self.world.faults.wait(fault)
        if fault and kind == "late_commit":
            threading.Thread(target=self._late, args=(fault,), daemon=True).start()
            self.wire.reset = fault.reset
            return self._broken(504)
        reply = self._execute(lag=fault.seconds if fault and kind == "finder_lag" else None)
        return self._respond(reply, fault)

    def _late(self, fault: Fault) -> None:
        self.world.faults.wait(fault)
        self._execute()

    def _refusal(self) -> HttpResponse | None:
        """401 without a good token, 429 over the limit."""
        if self.token is None and not self.public:
            return self._bare(HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"}))
        if self.account is None:
            return None
        get = self.world.switches.get
        limit = get("rate_limit", self.account)
        if limit == "off":
            return None
        seconds = self.world.switches.number("rate_window_seconds", self.account)
        room = max(float(limit) - self.world.switches.number("rival_calls", self.account), 0)
        kind = get("rate_window", self.account)
        if self.world.limiter.allow(self.account, limit=room, seconds=seconds, kind=kind):
            return None
        self.world.meter.refused()
        mode = get("rate_body", self.account)
        if mode == "envelope":
            response = self._json(429, {"errors": ApiError(429, "Too Many Requests", "Rate limit exceeded.").errors})
        else:
            body = HTML.format("Too Many Requests") if mode == "html" else ""
            response = self._bare(HttpResponse(body, status=429, content_type="text/html; charset=utf-8"))
        response.headers["Retry-After"] = str(max(1, round(seconds)))
        return response

    def _execute(self, lag: float | None = None) -> Reply:
        """The handler in one transaction; an error leaves nothing behind."""
        try:
            if self.handler is None:
                raise no_route()
            seconds = self.world.switches.number("finder_lag", self.account) if lag is None else lag
            app = self.token.app if self.token else 0
            user = self.token.user if self.token else 0
            call = Call(
                self.world, self.account or 0, Actor("application", app, user, seconds), self.method,
                self.request.GET.dict(), self._body(), self.params,
            )  # fmt: skip
            if self.method == "GET":
                return self.handler(call)
            with self.world.store.transaction():
                reply = self.handler(call)
            self.entry.committed = True
            return reply
        except ApiError as error:
            return Reply(error.status, {"errors": error.errors})
        except Invalid as error:
            resource = error.resource.replace("_", " ")
            return Reply(422, {"errors": ApiError(422, f"Invalid {resource}", *error.problems).errors})
        except Exception:
            traceback.print_exc()
            return Reply(500, {"errors": ApiError(500, "Internal Server Error", "The stand-in failed.").errors})

    def _body(self) -> Doc:
        if self.method == "GET":
            return {}
        if str(self.request.content_type) in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return dict(self.request.POST.items())
        try:
            body = json.loads(self.text or "{}")
        except ValueError:
            raise ApiError(400, "Bad Request", "The body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise ApiError(400, "Bad Request", "The body must be a JSON object.")
        return body

    def _respond(self, reply: Reply, fault: Fault | None) -> HttpResponse:
        """The normal answer, or what the fault makes of it. Errors of the handler are answered unchanged."""
        response = self._json(reply.status, reply.payload)
        if fault is None or reply.status >= 400:
            return response
        if fault.kind == "pause_after_commit" or (fault.kind == "slow" and fault.when == "after"):
            self.entry.state = "held after commit"
            self.world.faults.wait(fault)
        elif fault.kind == "reset_after_commit":
            self.wire.reset = True
        elif fault.kind == "status_after_commit":
            return self._broken(fault.status)
        elif fault.kind == "truncate":
            self.wire.truncate_to = fault.bytes
        elif fault.kind == "empty_2xx":
            return self._json(reply.status, None)
        elif fault.kind == "html_body":
            body = HTML.format("Please wait")
            return self._bare(HttpResponse(body, status=reply.status, content_type="text/html; charset=utf-8"))
        elif fault.kind == "no_id" and reply.payload and isinstance(reply.payload.get("data"), dict):
            data = {name: value for name, value in reply.payload["data"].items() if name != "id"}
            return self._json(reply.status, reply.payload | {"data": data})
        return response

    def _broken(self, status: int) -> HttpResponse:
        """An answer as a proxy in front would give it: a page, and Retry-After with a 429."""
        response = HttpResponse(HTML.format(f"Error {status}"), status=status, content_type="text/html; charset=utf-8")
        if status == 429:
            response.headers["Retry-After"] = str(round(self.world.switches.number("rate_window_seconds")))
        return self._bare(response)

    def _json(self, status: int, payload: Doc | None) -> HttpResponse:
        content = b"" if payload is None else json.dumps(payload, ensure_ascii=False).encode()
        response = HttpResponse(content, status=status, content_type=JSON)
        if status < 400:
            response.headers["ETag"] = f'W/"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
            response.headers["Cache-Control"] = "max-age=0, private, must-revalidate"
        return self._bare(response)

    def _bare(self, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "no-cache")
        response.headers["Vary"] = "Accept, Origin"
        response.headers["Date"] = http_date(self.world.now())
        response.headers["X-Request-Id"] = str(uuid.uuid4())
        response.headers["X-Runtime"] = f"{time.monotonic() - self.started:.6f}"
        return response

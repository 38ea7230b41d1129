"""The gate of the interface: key, rate limit, latency, faults, one transaction per write, and the answer."""

from __future__ import annotations

import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse

from sandbox.chaos import Fault
from sandbox.lexamica import catalogue
from sandbox.lexamica.api.keys import Credentials, credentials
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, world
from sandbox.server import Wire
from sandbox.traffic import Entry, latency

JSON = "application/json; charset=utf-8"
HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>Stand-in fault page</p></body></html>"
FILE_OPERATION = "upload_file"


@dataclass
class Call:
    """One request as a handler sees it."""

    world: World
    operation: str
    organization: Record
    body: Doc
    query: dict[str, str]
    params: dict[str, str]
    files: dict[str, UploadedFile[Any]]

    @property
    def org(self) -> int:
        """The number of the calling organization."""
        return self.organization.org

    @property
    def models(self) -> list[str] | None:
        """The models whose mappings this operation takes."""
        found: list[str] | None = catalogue.entry("operations")[self.operation].get("models")
        return found


@dataclass
class Reply:
    """What a handler answers; `id_path` is where the payload carries the id."""

    payload: Doc | None
    id_path: str = "_id"


Handler = Callable[[Call], Reply]


class Passage:
    """One request on its way through the gate."""

    def __init__(self, request: HttpRequest, operation: str | None, handler: Handler | None, params: dict[str, str]):
        self.world = world()
        self.request, self.operation, self.handler, self.params = request, operation, handler, params
        self.wire: Wire = request.META.get("sandbox.wire") or Wire()
        self.multipart = str(request.content_type).startswith("multipart/")
        self.text = "" if self.multipart else request.body.decode("utf-8", "replace")
        self.method = str(request.method)
        self.given: Credentials = credentials(self.world, request)
        self.account = self.given.organization.org if self.given.organization else None
        shown = self.given.hide(request.META.get("QUERY_STRING", ""))
        self.entry: Entry = self.world.log.open(
            method=self.method, path=request.path, query=shown, body="(multipart)" if self.multipart else self.text
        )
        self.entry.route, self.entry.account = operation or "unknown", self.account
        self.world.meter.arrived(operation or "unknown", self.account)
        if self.given.in_url:
            self.world.meter.arrived("key in the address", None)

    def answer(self) -> HttpResponse:
        """Run the request and note how it ended."""
        fault = self.world.faults.take(self.method, self.request.path, account=self.account, body=self.text)
        self.entry.fault = fault.kind if fault else ""
        response = self._run(fault)
        response.headers["X-Request-Id"] = str(uuid.uuid4())
        response.headers["Cache-Control"] = "no-store"
        self.world.log.close(self.entry, None if self.wire.reset else response.status_code)
        return response

    def _run(self, fault: Fault | None) -> HttpResponse:
        kind = fault.kind if fault else ""
        if fault and kind == "reset_before":
            self.wire.reset = True
            return HttpResponse()
        if fault and kind == "status_before":
            return self._broken(fault.status)
        try:
            self._admit()
        except Refusal as refusal:
            return self._refused(refusal)
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
        return self._execute(fault)

    def _late(self, fault: Fault) -> None:
        self.world.faults.wait(fault)
        self._execute(None)

    def _admit(self) -> None:
        """Raise Refusal for a wrong key or too many calls."""
        if self.operation is None or self.handler is None:
            raise Refusal("route_not_found")
        self.given.admit(self.world, self.params, catalogue.entry("operations")[self.operation]["key"])
        rate = self.world.switches.get("rate_limit", self.account)
        if rate == "off" or self.account is None:
            return
        burst = self.world.switches.number("rate_burst", self.account)
        seconds = burst / max(float(rate), 0.001)
        if not self.world.limiter.allow(self.account, limit=burst, seconds=seconds, kind="bucket"):
            self.world.meter.refused()
            raise Refusal("too_many_requests")

    def _execute(self, fault: Fault | None) -> HttpResponse:
        """The handler in one transaction; a refusal leaves nothing behind."""
        assert self.operation is not None and self.handler is not None and self.given.organization is not None
        status = int(catalogue.entry("operations")[self.operation]["status"])
        try:
            call = Call(
                self.world, self.operation, self.given.organization, self._body(), self.request.GET.dict(),
                self.params, self._files(),
            )  # fmt: skip
            if self.method == "GET":
                return self._respond(status, self.handler(call), fault)
            with self.world.store.transaction():
                reply = self.handler(call)
            self.entry.committed = True
            return self._respond(status, reply, fault)
        except Refusal as refusal:
            return self._refused(refusal)
        except Exception:
            traceback.print_exc()
            return self._refused(Refusal("internal_error"))

    def _files(self) -> dict[str, UploadedFile[Any]]:
        if not self.multipart:
            return {}
        return {name: part for name, part in self.request.FILES.items() if isinstance(part, UploadedFile)}

    def _body(self) -> Doc:
        if self.method in ("GET", "DELETE"):
            return {}
        if self.operation == FILE_OPERATION:
            if not self.multipart:
                raise Refusal("unsupported_media_type")
            return dict(self.request.POST.items())
        if str(self.request.content_type) != "application/json":
            raise Refusal("unsupported_media_type")
        try:
            body = json.loads(self.text)
        except ValueError:
            raise Refusal("invalid_json") from None
        if not isinstance(body, dict):
            raise Refusal("invalid_json")
        return body

    def _respond(self, status: int, reply: Reply, fault: Fault | None) -> HttpResponse:
        """The normal answer, or what the fault makes of it."""
        response = self._json(status, reply.payload)
        if fault is None:
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
            return self._json(status, None)
        elif fault.kind == "html_body":
            return HttpResponse(HTML.format("Please wait"), status=status, content_type="text/html; charset=utf-8")
        elif fault.kind == "no_id" and reply.payload is not None:
            return self._json(status, {name: val for name, val in reply.payload.items() if name != reply.id_path})
        return response

    def _refused(self, refusal: Refusal) -> HttpResponse:
        response = self._json(refusal.status, refusal.payload())
        if refusal.code == "too_many_requests" and self.world.switches.get("retry_after") == "on":
            response.headers[catalogue.text("limits.retry_after_header")] = "1"
        return response

    def _broken(self, status: int) -> HttpResponse:
        """An answer as a proxy in front would give it: a page."""
        response = HttpResponse(HTML.format(f"Error {status}"), status=status, content_type="text/html; charset=utf-8")
        if status == 429 and self.world.switches.get("retry_after") == "on":
            response.headers[catalogue.text("limits.retry_after_header")] = "1"
        return response

    def _json(self, status: int, payload: Doc | None) -> HttpResponse:
        content = b"" if payload is None else json.dumps(payload, ensure_ascii=False).encode()
        return HttpResponse(content, status=status, content_type=JSON)

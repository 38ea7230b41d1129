"""The door for webhooks: bounded read, endpoint by token, verify on raw bytes, store once, commit, then answer 200."""

import hashlib
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import structlog
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from casehug.common.encryption import DecryptionError
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.contract.inbound import Inbound
from integrations.contract.signatures import Outcome, Verdict
from integrations.inbound import addresses, endpoints, poller, quarantine, ration
from integrations.inbound.addresses import Address
from integrations.inbound.store import Arrival, take
from integrations.models import InboundEndpoint, InboundEvent

log = structlog.get_logger(__name__)
MOST_BYTES = 64 * 1024
BODY_SECONDS = 10.0
CHUNK = 64
"""Small, because a read waits until it is full: a sender that drips bytes is noticed between two reads."""
VERIFIED_PER_MINUTE = 6000
RETRY_AFTER = 30
MOST_HEADER = 300


class TooLarge(Exception):
    """The body is over the limit, by its header or by counting."""


class TooSlow(Exception):
    """The body did not arrive in time, or not completely."""


@csrf_exempt
def receive(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Take one delivery. Answers 200, 401, 404, 405, 413, 429 or 503; other 4xx than 429 end the sender's retries."""
    if request.method != "POST":
        refused = _say(405, "")
        refused["Allow"] = "POST"
        return refused
    try:
        return _take(request, endpoints.inbound_of(provider), token)
    except TooLarge:
        return _say(413, "Too large.")
    except (TooSlow, DatabaseTrouble, DecryptionError, OSError):
        # Our own trouble must never look like a refusal: it would end the sender's retries.
        log.warning("inbound.receive.trouble", exc_info=True)
        return _say(503, "Please send it again.", retry_after=RETRY_AFTER)


def _say(status: int, text: str, *, retry_after: int = 0) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    # What later middleware would add, which this route does not pass.
    response["Content-Length"] = str(len(response.content))
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def read_body(request: HttpRequest) -> bytes:
    """Return the raw body. Raises `TooLarge` and `TooSlow`; never reads more than the limit and one byte."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    length = int(declared) if declared.isascii() and declared.isdigit() else None
    if length is not None and length > MOST_BYTES:
        raise TooLarge
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    # Django gives an empty body to a request without a length; the server's own stream ends by itself.
    stream: Any = request.META["wsgi.input"] if chunked and length is None else request
    ends, body = time.monotonic() + BODY_SECONDS, bytearray()
    while block := stream.read(min(CHUNK, MOST_BYTES + 1 - len(body))):
        body += block
        if len(body) > MOST_BYTES:
            raise TooLarge
        if time.monotonic() > ends:
            raise TooSlow
    if length is not None and len(body) < length:
        raise TooSlow  # the sender went away in the middle
    return bytes(body)


def _headers(request: HttpRequest, names: Sequence[str]) -> dict[str, str]:
    """Return the headers worth keeping, by lower-case name. What cannot be stored becomes `?`, which proves nothing."""
    found = {name: request.META.get(_meta_name(name), "")[:MOST_HEADER] for name in names}
    return {name: text if text.isprintable() else _clean(text) for name, text in found.items() if text}


@lru_cache(maxsize=100)
def _meta_name(name: str) -> str:
    upper = name.upper().replace("-", "_")
    return upper if upper == "CONTENT_TYPE" else f"HTTP_{upper}"


def _clean(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)


def _take(request: HttpRequest, declared: Inbound | None, token: str) -> HttpResponse:
    # Read first: nothing of the database waits for a slow sender.
    body = read_body(request)
    address = addresses.find(token) if declared is not None else None
    if declared is None or address is None:
        return _say(404, "Unknown address.")
    headers = _headers(request, declared.kept_headers)
    verdict = declared.verify(headers, body, address.live_secrets(), address.asked_at)
    if not verdict.valid:
        return _refuse(address, body, headers, verdict)
    wait = ration.wait_for(address.endpoint_id, limit=VERIFIED_PER_MINUTE)
    if wait:
        return _say(429, "Too many.", retry_after=wait)
    arrival = Arrival(
        change=declared.change_of(headers, body), event_id=verdict.event_id or _body_id(body), body=body,
        headers=headers, source=InboundEvent.Source.WEBHOOK, verification=InboundEvent.Verification.VERIFIED,
        received_at=address.asked_at,
    )  # fmt: skip
    return _say(200, "Received." if take(arrival, address=address) else "Received before.")


def _body_id(body: bytes) -> str:
    """Return an id for an authentic body that names none."""
    return "body_" + hashlib.sha256(body).hexdigest()


def _refuse(address: Address, body: bytes, headers: dict[str, str], verdict: Verdict) -> HttpResponse:
    with firm_scope(address.firm_id):
        endpoint = InboundEndpoint.objects.get(id=address.endpoint_id)
        now = database_now()
        stale = verdict.outcome is Outcome.STALE
        known = stale and InboundEvent.objects.filter(endpoint=endpoint, event_id=verdict.event_id).exists()
        if not known:
            quarantine.keep(endpoint=endpoint, body=body, headers=headers, verdict=verdict, now=now)
            if stale:
                poller.pull_forward(endpoint, now)
        again = endpoints.asks_for_repeat(endpoint, now)
    if again:
        return _say(503, "Not verified; please send it again.", retry_after=RETRY_AFTER)
    return _say(401, "Not verified.")

"""`Idempotency-Key`: the same POST sent again has one effect and gets the same answer for 24 hours.

The answer is written in the transaction of the effect, so either both exist or neither. A second request that runs at
the same time waits at the unique row until the first one ends. Refusals (4xx) had no effect and are not kept.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.encryption import seal, unseal
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.common.ticks import firm_ids
from casehug.firms.api_errors import Refusal, error
from casehug.firms.models import IdempotentRequest

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
ABANDONED_AFTER = timedelta(minutes=2)
LONGEST = 255
KEPT_HEADERS = ("ETag",)
_PLACE = {"table": "firms_idempotentrequest", "column": "answer"}
Run = Callable[[], Response]


def key_of(request: Request) -> str:
    """Return the request's key, empty without one. Raises Refusal (400) for one that is no printable ASCII text."""
    key = request.headers.get(HEADER, "").strip()
    if key and (len(key) > LONGEST or not (key.isascii() and key.isprintable())):
        raise Refusal(error(400, f"{HEADER} takes up to {LONGEST} printable ASCII characters."))
    return key


def digest_of(request: Request) -> bytes:
    """Return SHA-256 of method, path with query, and body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request._request.body).digest()


def _claim(owner_id: uuid.UUID, key: str, digest: bytes) -> IdempotentRequest | Response:
    """Take the key in the open scope; returns the new row, or what to answer instead."""
    now, key_hash = timezone.now(), hashlib.sha256(key.encode()).digest()
    same = IdempotentRequest.objects.filter(owner_id=owner_id, key_hash=key_hash)
    same.filter(expires_at__lt=now).delete()
    same.filter(status_code=None, created_at__lt=now - ABANDONED_AFTER).delete()
    mine = IdempotentRequest(owner_id=owner_id, key_hash=key_hash, request_digest=digest, expires_at=now + KEPT)
    IdempotentRequest.objects.bulk_create([mine], ignore_conflicts=True)
    found: IdempotentRequest = same.get()
    if found.id == mine.id:
        return mine
    if bytes(found.request_digest) != digest:
        return error(422, f"This {HEADER} was used for another request.", name="idempotency_key_reused")
    if found.status_code is None or found.answer is None:
        answer = error(409, "The same request is still under way.", name="request_in_progress")
        answer["Retry-After"] = "2"
        return answer
    return _replay(found)


def _keep(row: IdempotentRequest, response: Response) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    body = JSONRenderer().render({"data": response.data, "headers": headers}).decode()
    row.answer = seal(Secret(body), row_id=row.id, **_PLACE)
    row.status_code = response.status_code
    row.save(update_fields=["answer", "status_code", "updated_at"])


def _replay(row: IdempotentRequest) -> Response:
    assert row.answer is not None
    stored: dict[str, Any] = json.loads(unseal(row.answer, row_id=row.id, **_PLACE).reveal())
    response = Response(stored["data"], status=row.status_code)
    for name, value in stored["headers"].items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def once_in_scope(*, owner_id: uuid.UUID, key: str, digest: bytes, run: Run) -> Response:
    """Run a handler at most once for a key, inside the caller's firm scope, whose end commits effect and answer."""
    row = _claim(owner_id, key, digest)
    if isinstance(row, Response):
        return row
    response = run()
    if response.status_code < 400:
        _keep(row, response)
    return response


def once_outside(*, firm_id: uuid.UUID, owner_id: uuid.UUID, key: str, digest: bytes, run: Run) -> Response:
    """Like `once_in_scope` for handlers that talk to the outside: no transaction is open while they run.

    When the process dies in between, the key is free again after two minutes; these handlers may be run twice.
    """
    with firm_scope(firm_id):
        row = _claim(owner_id, key, digest)
    if isinstance(row, Response):
        return row
    done = False
    try:
        response = run()
        done = response.status_code < 400
    finally:
        with firm_scope(firm_id):
            if done:
                _keep(row, response)
            else:
                IdempotentRequest.objects.filter(id=row.id).delete()
    return response


def purge_repeats() -> None:
    """Delete kept answers after their 24 hours, per firm (settings `TICKS`)."""
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            IdempotentRequest.objects.filter(expires_at__lt=timezone.now()).delete()

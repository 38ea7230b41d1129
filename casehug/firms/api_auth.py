"""Door rules of the REST API: limits, the firm scope around each handler, repeats, and entity tags."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms import api_limits, api_repeats
from casehug.firms.api_credentials import KeyOwner
from casehug.firms.api_errors import Refusal, error, error_envelope
from casehug.firms.fresh import is_fresh
from casehug.firms.models import ApiKey

__all__ = ["FirmAPIView", "error", "error_envelope", "etag_of", "etag_of_values", "require_match"]


class FirmAPIView(APIView):
    """Base of every API view: `capability` (or a dict by method), `api_scopes`, and the firm scope around the handler.

    An answer of 400 or more rolls back what the handler did. With `own_scopes` the handler opens short scopes itself
    (it talks to the outside). A POST with an `Idempotency-Key` has one effect.
    """

    capability: str | dict[str, str] = ""
    api_scopes: dict[str, str] = {}
    own_scopes = False
    fresh = False
    """Whether an unsafe request of a signed-in person needs a sign-in of the last ten minutes; keys are not asked."""
    firm_id: uuid.UUID
    rate: api_limits.Rate | None = None

    def capability_for(self, method: str) -> str:
        """Return the capability a member needs for a method."""
        if isinstance(self.capability, str):
            return self.capability
        return self.capability.get(method) or self.capability["GET"]

    def check_permissions(self, request: Request) -> None:
        """Count the request before anything is decided, so that refused ones count too."""
        membership: Any = getattr(request._request, "membership", None)
        owner = request.user
        if isinstance(owner, KeyOwner) or membership is not None:
            self.firm_id = owner.firm_id if isinstance(owner, KeyOwner) else membership.firm_id
            self.owner_id: uuid.UUID = owner.pk if isinstance(owner, KeyOwner) else membership.user_id
            self.rate = api_limits.count_request(self.owner_id)
            if self.rate.used > self.rate.limit:
                raise exceptions.Throttled(wait=self.rate.seconds_left)
            if isinstance(owner, KeyOwner) and self.rate.used == 1:  # once a minute is enough for "last used"
                with firm_scope(self.firm_id):
                    ApiKey.objects.filter(id=owner.pk).update(last_used_at=timezone.now())
        super().check_permissions(request)
        person = self.fresh and not isinstance(owner, KeyOwner) and request.method not in SAFE_METHODS
        if person and not is_fresh(request._request):
            raise exceptions.PermissionDenied("Sign in again: the last sign-in is more than ten minutes ago.")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        name = (request.method or "get").lower()
        handler = getattr(self, name, self.http_method_not_allowed)
        if handler == self.http_method_not_allowed or name == "options":
            return
        key_id = self.owner_id if isinstance(request.user, KeyOwner) else None
        user_id = None if key_id else self.owner_id

        def guarded(inner: Request, *inner_args: Any, **inner_kwargs: Any) -> Response:
            address = inner.META.get("REMOTE_ADDR", "")
            with actor_context(user_id=user_id, source="api", address=address, key_id=key_id):
                return self._answer(inner, lambda: handler(inner, *inner_args, **inner_kwargs))

        setattr(self, name, guarded)

    def _answer(self, request: Request, run: Callable[[], Response]) -> Response:
        key = api_repeats.key_of(request) if request.method == "POST" else ""
        digest = api_repeats.digest_of(request) if key else b""
        if request.method not in SAFE_METHODS and not (request.content_type or "").startswith("multipart/"):
            _ = request._request.body  # a slow sender must not keep the transaction below waiting
        if self.own_scopes:
            if not key:
                return run()
            return api_repeats.once_outside(
                firm_id=self.firm_id, owner_id=self.owner_id, key=key, digest=digest, run=run
            )
        # The refusal leaves the scope as an exception: its transaction rolls back before audit rows are written.
        with firm_scope(self.firm_id):
            if key:
                response = api_repeats.once_in_scope(owner_id=self.owner_id, key=key, digest=digest, run=run)
            else:
                response = run()
            if response.status_code >= 400:
                raise Refusal(response)
            return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        if self.rate is not None:
            self.rate.stamp(answer)
        return answer


def etag_of(changed_at: datetime) -> str:
    """Return the entity tag of a row by the time of its last change."""
    return f'"{int(changed_at.timestamp() * 1_000_000):x}"'


def etag_of_values(values: object) -> str:
    """Return the entity tag of something that is no single row, by what it says."""
    return f'"{hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:24]}"'


def require_match(request: Request, now: datetime | str) -> None:
    """Check `If-Match` against a locked row's last change, or an entity tag. Raises Refusal (412).

    Without the header nothing is asked.
    """
    wanted, tag = request.headers.get("If-Match", "").strip(), now if isinstance(now, str) else etag_of(now)
    if wanted and wanted != "*" and tag not in [one.strip() for one in wanted.split(",")]:
        text = "Somebody changed this meanwhile. Read it again, then repeat your change."
        raise Refusal(error(412, text, details={"etag": tag}))

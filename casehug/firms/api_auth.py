"""Door rules of the REST API: the firm scope around each handler and one error envelope."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.api_credentials import KeyOwner
from casehug.firms.models import ApiKey


class FirmAPIView(APIView):
    """Base of every API view: `capability` (or a dict by method), `api_scopes`, and the firm scope around the handler.

    With `own_scopes` the handler opens short scopes itself (it talks to the outside).
    """

    capability: str | dict[str, str] = ""
    api_scopes: dict[str, str] = {}
    own_scopes = False
    firm_id: uuid.UUID

    def capability_for(self, method: str) -> str:
        """Return the capability a member needs for a method."""
        if isinstance(self.capability, str):
            return self.capability
        return self.capability.get(method) or self.capability["GET"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        owner = request.user
        membership: Any = getattr(request._request, "membership", None)
        self.firm_id = owner.firm_id if isinstance(owner, KeyOwner) else membership.firm_id
        handler_name = (request.method or "get").lower()
        handler = getattr(self, handler_name, self.http_method_not_allowed)
        if self.own_scopes or handler == self.http_method_not_allowed:
            return

        def scoped(inner: Request, *inner_args: Any, **inner_kwargs: Any) -> Response:
            user_id = None if isinstance(owner, KeyOwner) else membership.user_id
            address = inner.META.get("REMOTE_ADDR", "")
            with actor_context(user_id=user_id, source="api", address=address), firm_scope(self.firm_id):
                if isinstance(owner, KeyOwner):
                    ApiKey.objects.filter(id=owner.pk).update(last_used_at=timezone.now())
                response: Response = handler(inner, *inner_args, **inner_kwargs)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                return response

        setattr(self, handler_name, scoped)


CODES = {400: "validation_error", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         409: "conflict", 413: "too_large", 415: "unsupported_media_type", 422: "unprocessable",
         429: "rate_limited"}  # fmt: skip


def error(code: int, message: str, *, name: str = "", details: dict[str, Any] | None = None) -> Response:
    """Return an error answer in the API's envelope."""
    body = {"error": {"code": name or CODES.get(code, "error"), "message": message, "details": details or {}}}
    return Response(body, status=code)


def _fields(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [item for key, value in detail.items() for item in _fields(value, f"{path}.{key}".strip("."))]
    if isinstance(detail, list):
        return [item for value in detail for item in _fields(value, path)]
    return [{"field": path, "message": str(detail)}]


def error_envelope(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF exception handler: every refusal in the one envelope; anything unexpected stays a 500."""
    if isinstance(problem, Http404):
        return error(404, "Not found.")
    if isinstance(problem, PermissionDenied):
        return error(403, "Your role does not allow this.")
    if isinstance(problem, exceptions.ValidationError):
        return error(400, "Some values are not valid.", details={"fields": _fields(problem.detail)})
    if isinstance(problem, exceptions.APIException):
        response = error(problem.status_code, str(problem.detail))
        if problem.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = "X-Api-Key"
        return response
    return None

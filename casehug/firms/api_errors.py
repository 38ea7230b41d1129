"""The one error envelope of the REST API (casehug.md §7.2): `error` with `code`, `message`, `details`."""

import math
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

CODES = {400: "validation_error", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         406: "not_acceptable", 409: "conflict", 412: "changed_meanwhile", 413: "too_large",
         415: "unsupported_media_type", 422: "unprocessable", 429: "rate_limited"}  # fmt: skip


class Refusal(Exception):
    """An error answer raised from inside a handler: the firm scope rolls back, the answer stays."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Missing(Http404):
    """A 404 that says what is missing: becomes `‹resource›_not_found` with `details.resource` and the id asked for."""

    def __init__(self, resource: str, message: str = "", *, id: str = "") -> None:
        super().__init__(message or f"This {resource} does not exist.")
        self.resource, self.id = resource, id


def error(code: int, message: str, *, name: str = "", details: dict[str, Any] | None = None) -> Response:
    """Return an error answer in the API's envelope."""
    body = {"error": {"code": name or CODES.get(code, "error"), "message": message, "details": details or {}}}
    return Response(body, status=code)


def field_errors(fields: dict[str, str]) -> Response:
    """Return the 400 that names fields (`details.fields[]` of `field`, `message`)."""
    listed = [{"field": field, "message": message} for field, message in fields.items()]
    return error(400, "Some values are not valid.", details={"fields": listed})


def _fields(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [item for key, value in detail.items() for item in _fields(value, f"{path}.{key}".strip("."))]
    if isinstance(detail, list):
        return [item for value in detail for item in _fields(value, path)]
    return [{"field": path, "message": str(detail)}]


def error_envelope(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF exception handler: every refusal in the one envelope; anything unexpected stays a 500."""
    if isinstance(problem, Refusal):
        return problem.response
    if isinstance(problem, Missing):
        details = {"resource": problem.resource} | ({"id": problem.id} if problem.id else {})
        return error(404, str(problem), name=f"{problem.resource}_not_found", details=details)
    if isinstance(problem, Http404):
        return error(404, "Not found.")
    if isinstance(problem, PermissionDenied):
        return error(403, "Your role does not allow this.")
    if isinstance(problem, SuspiciousOperation):  # among them a body larger than DATA_UPLOAD_MAX_MEMORY_SIZE
        return error(413, "This request is too large or malformed.")
    if isinstance(problem, exceptions.ValidationError):
        return error(400, "Some values are not valid.", details={"fields": _fields(problem.detail)})
    if isinstance(problem, exceptions.ParseError):
        return error(400, "The body is not valid JSON.")
    if isinstance(problem, exceptions.Throttled):
        seconds = max(1, math.ceil(getattr(problem, "wait", None) or 1))
        response = error(429, f"Too many requests. Try again in {seconds} s.", details={"retry_after": seconds})
        response["Retry-After"] = str(seconds)
        return response
    if isinstance(problem, exceptions.APIException):
        response = error(problem.status_code, str(problem.detail))
        if problem.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = "X-Api-Key"
        return response
    return None

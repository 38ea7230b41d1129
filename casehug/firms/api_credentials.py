"""Credentials of the REST API: API key or session, and what each may do. Loaded by DRF's settings, so no views here."""

import json
import uuid
from typing import Any, NoReturn

from django.db import connection
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from casehug.firms.access import CurrentMembership, can
from casehug.firms.api_limits import count_bad_key
from casehug.firms.models import hash_api_key


class KeyOwner:
    """Stands for an API key as the request's user: authenticated, no person behind it."""

    is_authenticated = True
    is_active = True

    def __init__(self, key_id: uuid.UUID, firm_id: uuid.UUID, scopes: list[str]) -> None:
        self.pk, self.firm_id, self.scopes = key_id, firm_id, scopes


class ApiKeyAuthentication(BaseAuthentication):
    """`X-Api-Key`: looked up by hash through the resolver; expired, revoked and unknown keys get the same 401."""

    def authenticate(self, request: Request) -> tuple[KeyOwner, None] | None:
        key = request.headers.get("X-Api-Key")
        if not key:
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM resolve_api_key(%s)", [hash_api_key(key)])
            row = cursor.fetchone()
        if row is None:
            count_bad_key(request.META.get("REMOTE_ADDR", ""))
            raise exceptions.AuthenticationFailed("This API key is not valid.")
        return KeyOwner(row[1], row[0], json.loads(row[2])), None

    def authenticate_header(self, request: Request) -> str:
        return "X-Api-Key"


class FirmSessionAuthentication(SessionAuthentication):
    """The signed-in member's session, with CSRF checks."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        membership: CurrentMembership | None = getattr(request._request, "membership", None)
        return found if found and membership and not membership.needs_second_factor else None


def _refuse_scope(scope: str) -> NoReturn:
    raise exceptions.PermissionDenied(f"This key lacks the scope {scope}.")


class HasCapability(BasePermission):
    """Checks the view's `capability` (members) or `api_scopes` by method kind (keys)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        owner = request.user
        if isinstance(owner, KeyOwner):
            scope = view.api_scopes.get("read" if request.method in ("GET", "HEAD", "OPTIONS") else "write", "")
            if not scope:
                raise exceptions.PermissionDenied("This route needs a signed-in person.")
            return scope in owner.scopes or _refuse_scope(scope)
        membership: CurrentMembership | None = getattr(request._request, "membership", None)
        if membership is None or membership.needs_second_factor:
            return False
        return can(membership, view.capability_for(request.method or "GET"))

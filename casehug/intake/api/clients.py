"""Clients over the API: list, create, read, change (casehug.md §7.4)."""

import uuid
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.firms.access import can
from casehug.firms.api_auth import etag_of, require_match
from casehug.firms.api_credentials import KeyOwner
from casehug.firms.api_shapes import IF_MATCH, REPEAT, checked, enveloped, paged, refusals
from casehug.intake.api.base import IntakeView
from casehug.intake.api.shapes import ClientBody, ClientChange, ClientNew, ClientQuery, client_body
from casehug.intake.errors import NotFound
from casehug.intake.identity import email_key
from casehug.intake.models import Client
from casehug.intake.selectors.search import matching_clients
from casehug.intake.services.clients import create_client, refuse_taken_email, update_client

ONE = enveloped("Client", ClientBody())
MANY = enveloped("Clients", ClientBody(many=True), paged=True)


class _ClientView(IntakeView):
    capability: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "GET": "clients.view", "POST": "clients.edit", "PATCH": "clients.edit",
    }  # fmt: skip
    api_scopes: ClassVar[dict[str, str]] = {"read": "clients:read", "write": "clients:write"}  # type: ignore[misc]
    resource = "client"

    def sees_notes(self, request: Request) -> bool:
        """Tell whether the caller may read internal notes."""
        return isinstance(request.user, KeyOwner) or can(request._request.membership, "notes.view")  # type: ignore[attr-defined]

    def answer(self, request: Request, client_id: uuid.UUID, *, status: int = 200) -> Response:
        """Return one client with its entity tag."""
        client = _with_count(Client.objects.filter(id=client_id)).first()
        if client is None:
            raise NotFound("client")
        answer = Response({"data": client_body(client, notes=self.sees_notes(request))}, status=status)
        answer["ETag"] = etag_of(client.updated_at)
        return answer


def _with_count(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    counted: QuerySet[Any] = rows.annotate(matters_count=Count("matters"))
    return counted


class ClientsView(_ClientView):
    """All clients of the firm."""

    @extend_schema(operation_id="clients_list", tags=["Clients"], parameters=[ClientQuery],
                   responses={200: MANY, **refusals(400)})  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return clients, newest first. `email` finds a whole address, `q` words of name, e-mail, phone."""
        query = checked(ClientQuery, request.query_params)
        rows: QuerySet[Any] = matching_clients(query.get("q", ""))
        if "email" in query:
            rows = rows.filter(email_key=email_key(query["email"]))
        if "updated_after" in query:
            rows = rows.filter(updated_at__gt=query["updated_after"])
        notes = self.sees_notes(request)
        return paged(_with_count(rows), query, lambda found: [client_body(one, notes=notes) for one in found])

    @extend_schema(operation_id="clients_create", tags=["Clients"], parameters=[REPEAT], request=ClientNew,
                   responses={201: ONE, **refusals(400, 409, 413, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        """Create a client. 409 `email_taken` when another client has the address."""
        values = checked(ClientNew, request.data)
        refuse_taken_email(values.get("email", ""))
        return self.answer(request, create_client(**values).id, status=201)


class ClientView(_ClientView):
    """One client."""

    @extend_schema(operation_id="clients_get", tags=["Clients"], responses={200: ONE, **refusals(404)})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """Return a client."""
        return self.answer(request, client_id)

    @extend_schema(operation_id="clients_change", tags=["Clients"], parameters=[IF_MATCH], request=ClientChange,
                   responses={200: ONE, **refusals(400, 404, 409, 412, 413)})  # fmt: skip
    def patch(self, request: Request, client_id: uuid.UUID) -> Response:
        """Change the given fields. 409 `email_taken` when another client has the address."""
        client = Client.objects.select_for_update().filter(id=client_id).first()
        if client is None:
            raise NotFound("client")
        require_match(request, client.updated_at)
        values = checked(ClientChange, request.data)
        refuse_taken_email(values.get("email", ""), besides=client_id)
        update_client(client_id=client_id, **values)
        return self.answer(request, client_id)

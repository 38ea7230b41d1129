"""Pull Matters over the API: what exists at the provider, and which of it is linked. Read-only."""

import math
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.api_auth import FirmAPIView, error
from casehug.firms.api_errors import Missing
from integrations.api.envelopes import PageSerializer, refusals
from integrations.connections.matters import read_page
from integrations.contract.errors import AuthRejected, ProviderError, Throttled
from integrations.contract.matters import MatterPage
from integrations.models import Connection
from integrations.selectors import pull as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404

PAGE_SIZE = 25
MOST_PAGES = 10_000


class QuerySerializer(serializers.Serializer[dict[str, object]]):
    """Which page of the list there, and part of a title."""

    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=MOST_PAGES)
    search = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)


class PulledMatterSerializer(serializers.Serializer[dict[str, object]]):
    """One matter there; `matter_id` is the linked matter here."""

    remote_id = serializers.CharField()
    title = serializers.CharField()
    person = serializers.CharField(allow_null=True)
    status = serializers.CharField(allow_null=True)
    created_on = serializers.DateField(allow_null=True)
    matter_id = serializers.CharField(allow_null=True)
    linked_how = serializers.CharField(allow_null=True)
    linked_at = serializers.DateTimeField(allow_null=True)


class PullCountsSerializer(serializers.Serializer[dict[str, object]]):
    """Figures of the account; `total` and `not_linked` are null while a search narrows the list."""

    total = serializers.IntegerField(allow_null=True)
    linked = serializers.IntegerField()
    not_linked = serializers.IntegerField(allow_null=True)
    gone = serializers.IntegerField()
    counted_at = serializers.DateTimeField()


ANSWER = inline_serializer(
    "PulledMatters",
    fields={
        "data": PulledMatterSerializer(many=True),
        "counts": PullCountsSerializer(),
        "pagination": PageSerializer(),
    },
)


class MattersView(FirmAPIView):
    """The matters that exist at the provider. Each call spends one request of the firm's budget there."""

    capability = "integrations.view"
    api_scopes: ClassVar[dict[str, str]] = {"read": "integrations:read"}  # type: ignore[misc]
    own_scopes = True

    @extend_schema(
        operation_id="integration_matters",
        tags=["Integrations"],
        parameters=[OpenApiParameter("page", int), OpenApiParameter("search", str)],
        responses={200: ANSWER, **refusals(400, 404, 409, 502)},
    )
    def get(self, request: Request, provider: str) -> Response:
        """Return one page of 25, newest first, with the figures. 429 with `Retry-After` when the budget is used up."""
        declared = declared_or_404(provider)
        if declared.matters is None:
            raise Missing("integration", "This integration has no list of matters.", id=provider)
        query = QuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted: dict[str, Any] = query.validated_data
        with firm_scope(self.firm_id):
            row = connection_or_404(provider)
        try:
            if row.state != Connection.State.CONNECTED:
                raise AuthRejected
            page = read_page(connection=row, reads=declared.matters, number=wanted["page"], search=wanted["search"])
        except ProviderError as problem:
            return refusal(problem, declared.name)
        with firm_scope(self.firm_id):
            return Response(body(row, page, searching=bool(wanted["search"])))


def body(row: Connection, page: MatterPage, *, searching: bool) -> dict[str, Any]:
    """Return the answer for one page. In the firm scope."""
    counts = reads.link_counts(row)
    total = None if searching else page.total
    known = page.total if page.total is not None else (page.number - 1) * PAGE_SIZE + len(page.rows)
    return {
        "data": [_matter(one) for one in reads.rows_of(row, page)],
        "counts": {
            "total": total, "linked": counts.linked, "not_linked": reads.not_linked(total, counts),
            "gone": counts.gone, "counted_at": timezone.now(),
        },
        "pagination": {"page": page.number, "per_page": PAGE_SIZE, "total": known, "has_more": page.more},
    }  # fmt: skip


def _matter(one: reads.PullRow) -> dict[str, Any]:
    link = one.link
    return {
        "remote_id": one.remote.id,
        "title": one.remote.title,
        "person": one.remote.person or None,
        "status": one.remote.status or None,
        "created_on": one.remote.created or None,
        "matter_id": public_id("mat", link.local_id) if link else None,
        "linked_how": link.how if link else None,
        "linked_at": link.created_at if link else None,
    }


def refusal(problem: ProviderError, name: str) -> Response:
    """Return the error answer for a read that did not work."""
    if isinstance(problem, Throttled):
        seconds = max(1, math.ceil(problem.seconds))
        answer = error(429, f"The shared limit for calls to {name} is used up. Try again in {seconds} s.")
        answer["Retry-After"] = str(seconds)
        return answer
    if isinstance(problem, AuthRejected):
        return error(409, f"{name} is not connected, or no longer accepts our access.", name="not_connected")
    return error(502, f"{name} could not be reached or did not allow this.", name="provider_unavailable")

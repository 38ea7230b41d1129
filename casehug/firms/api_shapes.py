"""Shapes every API route shares: prefixed ids, paging, envelopes, headers, and their description."""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from casehug.common.ids import parse_public_id, public_id

LARGEST_FREE_FIELDS = 20_000


class PublicIdField(serializers.CharField):
    """A prefixed id (`mat_…`) that becomes a UUID."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Any:
        parsed = parse_public_id(self.prefix, super().to_internal_value(data))
        if parsed is None:
            raise serializers.ValidationError(f"This is not an id of the form {self.prefix}_….")
        return parsed


class FreeFields(serializers.DictField):
    """An object with free keys that can be stored: no NUL, no broken characters, not too large."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            size = len(text.encode())
        except (ValueError, RecursionError) as error:
            raise serializers.ValidationError("This holds a value that cannot be stored.") from error
        if "\\u0000" in text or size > LARGEST_FREE_FIELDS:
            raise serializers.ValidationError(f"At most {LARGEST_FREE_FIELDS:,} bytes, and no NUL characters.")
        return value


class PageSerializer(serializers.Serializer[dict[str, object]]):
    """Paging of a list (casehug.md §7.2)."""

    page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    total = serializers.IntegerField()
    has_more = serializers.BooleanField()


class PageQuery(serializers.Serializer[dict[str, object]]):
    """Which page; lists add their filters and `sort` by subclassing."""

    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)
    per_page = serializers.IntegerField(required=False, default=20, min_value=1, max_value=100)


def sorting(*fields: str) -> serializers.ChoiceField:
    """Return the `sort` field of a list: the first is the default, `-` turns the order around."""
    choices = [name for field in fields for name in (field, field[1:] if field[0] == "-" else f"-{field}")]
    return serializers.ChoiceField(required=False, default=fields[0], choices=list(dict.fromkeys(choices)))


def checked(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the valid values of a body or query. Raises ValidationError (400)."""
    body = kind(data=data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    return values


def paged(rows: "QuerySet[Any]", query: dict[str, Any], present: Callable[[Sequence[Any]], list[Any]]) -> Response:
    """Return one page in the envelope. `query` holds page, per_page and perhaps sort; ties are broken by id."""
    page, size = query["page"], query["per_page"]
    if query.get("sort"):
        down = query["sort"].startswith("-")
        rows = rows.order_by(query["sort"], "-id" if down else "id")
    total = rows.count()
    found = list(rows[(page - 1) * size : page * size])
    paging = {"page": page, "per_page": size, "total": total, "has_more": page * size < total}
    return Response({"data": present(found), "pagination": paging})


def enveloped(name: str, inner: Any, *, paged: bool = False) -> Any:
    """Return the schema of `{"data": …}` (and `pagination`)."""
    fields: dict[str, Any] = {"data": inner}
    if paged:
        fields["pagination"] = PageSerializer()
    return inline_serializer(name, fields=fields)


_ERROR = inline_serializer(
    "Error",
    fields={
        "error": inline_serializer(
            "ErrorBody",
            fields={
                "code": serializers.CharField(),
                "message": serializers.CharField(),
                "details": serializers.DictField(),
            },
        )
    },
)
WORDS = {
    400: "A value is not valid; `details.fields[]` names it.",
    401: "No valid session or key.",
    403: "The role or the key's scopes do not allow it.",
    404: "Unknown here; also used for another firm's record.",
    409: "Taken, or not possible in this state.",
    412: "`If-Match` does not match: somebody changed it meanwhile.",
    413: "Too large.",
    415: "The body has to be `multipart/form-data`.",
    422: "Understood, but the state does not allow it.",
    429: "Too many requests; `Retry-After` says when to come back.",
    502: "The other system could not be reached.",
}


def refusals(*codes: int) -> dict[int, OpenApiResponse]:
    """Return the schema of error answers; those that every route can give are added."""
    return {code: OpenApiResponse(_ERROR, WORDS[code]) for code in sorted({401, 403, 429, *codes})}


def public(prefix: str, value: uuid.UUID | None) -> str | None:
    """Return the public form of an id that may be missing."""
    return public_id(prefix, value) if value else None


REPEAT = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="The same key and body again within 24 hours: one effect, the same answer (`Idempotency-Replayed`).",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="The `ETag` you read; the change is refused with 412 when the record has changed since.",
)  # fmt: skip

"""The envelopes of casehug.md §7.2 as schema: `data`, `data` with `pagination`, and `error`."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

from integrations.api.serializers import PageSerializer


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
    400: "A value is not valid.",
    401: "No valid session or key.",
    403: "The role or the key's scopes do not allow it.",
    404: "Unknown here.",
    409: "Not possible in this state.",
}


def refusals(*codes: int) -> dict[int, OpenApiResponse]:
    """Return the schema of error answers by status code."""
    return {code: OpenApiResponse(_ERROR, WORDS[code]) for code in codes}

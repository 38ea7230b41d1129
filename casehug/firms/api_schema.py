"""Tells the API description how callers authenticate, what ids look like, and which errors every route gives."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Header `X-Api-Key`."""

    target_class = "casehug.firms.api_credentials.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-Api-Key"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The signed-in member's session cookie."""

    target_class = "casehug.firms.api_credentials.FirmSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class PublicIdShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """`mat_…`: prefix and 26 characters."""

    target_class = "casehug.firms.api_shapes.PublicIdField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.target.prefix}_[a-z2-7]{{26}}$"}


def document_scopes(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """Post-processing: name the scope a key needs below each operation's description."""
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            scope = _scope(generator, path, method)
            if scope:
                operation["x-scope"] = scope
                operation["description"] = f"{operation.get('description', '').rstrip()}\n\nScope: `{scope}`".strip()
    return result


def _scope(generator: Any, path: str, method: str) -> str:
    for known, _, its_method, view in generator.endpoints:
        if known == path and its_method.lower() == method:
            scopes: dict[str, str] = getattr(getattr(view, "cls", view), "api_scopes", {})
            return scopes.get("read" if method in ("get", "head") else "write", "")
    return ""

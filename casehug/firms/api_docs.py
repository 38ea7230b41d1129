"""The API's description as a page of our own: drawn on the server from the OpenAPI document, no script, no CDN."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

from casehug.firms.api_scopes import SCOPES

METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 3


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def _resolved(shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in shape:
        found: dict[str, Any] = _document()["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
        return _resolved(found)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in shape:
            return _resolved(next((one for one in shape[several] if one.get("type") != "null"), {}))
    return shape


def _kind(shape: dict[str, Any]) -> str:
    """Return the type of a value in words."""
    inner, nullable = _resolved(shape), shape.get("nullable") or {"type": "null"} in shape.get("oneOf", [])
    kind = inner.get("type", "object")
    if isinstance(kind, list):
        nullable, kind = "null" in kind, next(one for one in kind if one != "null")
    if kind == "array":
        kind = f"list of {_kind(inner.get('items', {}))}"
    elif inner.get("format"):
        kind = f"{kind} ({inner['format']})"
    values = [str(one) for one in inner.get("enum", []) if one not in (None, "")]
    if values:
        kind = ", ".join(values)
    return f"{kind} or null" if nullable else kind


def _fields(shape: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[dict[str, Any]]:
    inner = _resolved(shape)
    if inner.get("type") == "array":
        yield from _fields(inner["items"], f"{before}[]", depth)
        return
    for name, value in inner.get("properties", {}).items():
        path = f"{before}.{name}".lstrip(".")
        yield {"name": path, "kind": _kind(value), "required": name in inner.get("required", [])}
        if depth < DEEPEST:
            yield from _fields(value, path, depth + 1)


def _json(content: dict[str, Any]) -> list[dict[str, Any]]:
    shape = content.get("content", {}).get("application/json", {}).get("schema")
    return list(_fields(shape)) if shape else []


def _operation(path: str, method: str, told: dict[str, Any]) -> dict[str, Any]:
    answers = told["responses"]
    good = next((code for code in sorted(answers) if code.startswith("2")), "")
    return {
        "id": told["operationId"],
        "method": method.upper(),
        "path": path,
        "text": told.get("description", "").split("\n\nScope:")[0],
        "scope": told.get("x-scope", ""),
        "parameters": [
            {"name": one["name"], "where": one["in"], "kind": _kind(one.get("schema", {})),
             "required": one.get("required", False), "text": one.get("description", "")}
            for one in told.get("parameters", [])
        ],
        "body": _json(told.get("requestBody", {})),
        "code": good,
        "answer": _json(answers.get(good, {})),
        "errors": [(code, answers[code]["description"]) for code in sorted(answers) if not code.startswith("2")],
    }  # fmt: skip


@lru_cache(maxsize=1)
def sections() -> list[dict[str, Any]]:
    """Return the operations by tag, in the order of their paths."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in _document()["paths"].items():
        for method in METHODS:
            if method in operations:
                told = operations[method]
                found.setdefault(told["tags"][0], []).append(_operation(path, method, told))
    return [{"name": name, "id": name.lower().replace(" ", "-"), "operations": found[name]} for name in sorted(found)]


def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the description. Open to everybody, like the OpenAPI document itself: it holds nothing of a firm."""
    context = {"sections": sections(), "scopes": SCOPES, "api_root": request.build_absolute_uri("/api/v1/")}
    return render(request, "settings/api_docs.html", context)

"""The addresses of the interface, made from the path templates of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from sandbox.lexamica import catalogue
from sandbox.lexamica.api import files, inbound, management
from sandbox.lexamica.api.gate import Handler, Passage

_WEBHOOKS = management.Subscriptions("webhook", "webhook.list_key")
_STORED = management.Subscriptions("stored_subscription", "stored_events.subscription_list_key")
HANDLERS: dict[str, Handler] = {
    "create_mapping": management.create_mapping,
    "list_mappings": management.list_mappings,
    "get_mapping": management.get_mapping,
    "replace_mapping": management.replace_mapping,
    "delete_mapping": management.delete_mapping,
    "send_case": inbound.send,
    "create_existing_case": inbound.create_existing,
    "create_draft_case": inbound.draft,
    "post_update": inbound.post_update,
    "upload_file": files.upload,
    "stream_file": files.stream,
    "remove_file": files.remove,
    "query_stored_events": management.query_stored_events,
} | {item["operation"]: inbound.answer for item in catalogue.entry("invitation")["actions"].values()}
for _name, _calls in (("webhook_subscription", _WEBHOOKS), ("stored_event_subscription", _STORED)):
    HANDLERS |= {
        f"create_{_name}": _calls.create, f"list_{_name}s": _calls.listing, f"get_{_name}": _calls.get,
        f"replace_{_name}": _calls.replace, f"delete_{_name}": _calls.delete,
    }  # fmt: skip


def _view(operations: dict[str, str]) -> Callable[..., HttpResponse]:
    """A view for one path: the operation by method."""

    def view(request: HttpRequest, **params: Any) -> HttpResponse:
        operation = operations.get(str(request.method))
        return Passage(request, operation, HANDLERS.get(operation or ""), params).answer()

    return view


def _pattern(template: str) -> str:
    return "^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template.lstrip("/"))) + "/?$"


def _routes() -> list[Any]:
    paths: dict[str, dict[str, str]] = {}
    for name, item in catalogue.entry("operations").items():
        paths.setdefault(item["path"], {})[item["method"]] = name
    return [re_path(_pattern(template), _view(operations)) for template, operations in paths.items()]


def unknown(request: HttpRequest, **params: Any) -> HttpResponse:
    """Any other path under the interface."""
    return Passage(request, None, None, {}).answer()


ROUTES = [*_routes(), re_path(r"^organization/", unknown)]

"""A tool that uses the API with a key, in this process."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser

from casehug.common.scope import firm_scope
from casehug.firms.api_keys import create_key
from casehug.firms.api_scopes import SCOPES


def make_key(firm_id: uuid.UUID, *scopes: str) -> str:
    """Make a key with these scopes, all without any."""
    with firm_scope(firm_id):
        return create_key(name="Tool", scopes=scopes or SCOPES).clear.reveal()


@dataclass
class Caller:
    """`call` returns the status and the body; `last` is the whole answer."""

    key: str
    browser: Browser = field(default_factory=Browser)
    last: HttpResponse = field(default_factory=HttpResponse)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        named = {"X-Api-Key": self.key} | {name.replace("_", "-"): value for name, value in headers.items()}
        text = json.dumps(body) if body is not None else ""
        answer: Any = self.browser.generic(
            method.upper(), f"/api/v1/{path}", text, content_type="application/json", headers=named
        )
        self.last = answer
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.call("PATCH", path, body, **headers)


def wrong_fields(body: Any) -> set[str]:
    """Return the fields a 400 names."""
    assert body["error"]["code"] == "validation_error"
    return {one["field"] for one in body["error"]["details"]["fields"]}

"""Log lines hold no portal token, OAuth code or exception text, whichever library writes them."""

import io
import json
import logging
import logging.config
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.urls import path

from casehug.settings.logs import logging_config

TOKEN = secrets.token_urlsafe(32)


def broken(request: HttpRequest, token: str) -> HttpResponse:
    raise ValueError(f"cannot read {token}")


urlpatterns = [path("portal/<str:token>/", broken)]
handler500 = "casehug.firms.error_pages.server_error"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the product's own logging writes while a test runs."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    config, stream = logging_config(json=True), io.StringIO()
    config["handlers"]["stream"]["stream"] = stream
    logging.config.dictConfig(config)
    try:
        yield stream
    finally:
        root.handlers[:], root.level = kept, level


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_refused_request_names_its_route_and_not_its_address(db: None, lines: io.StringIO) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get(f"/portal/{TOKEN}/")  # no such link: 404 by a view
    browser.get(f"/portal/{TOKEN}/nowhere/é/")  # no such route
    browser.post(f"/portal/{TOKEN}/send/")  # no form token
    origin = {"HTTP_REFERER": f"https://testserver.example/portal/{TOKEN}/", "HTTP_ORIGIN": "https://x.example"}
    browser.post(f"/portal/{TOKEN}/send/", **origin)  # type: ignore[arg-type]
    browser.get("/api/v1/integrations/lawmatics/callback", {"state": TOKEN, "code": TOKEN})
    assert TOKEN not in lines.getvalue()
    refused = [(line["code"], line["route"]) for line in read(lines) if line["event"] == "http.refused"]
    assert (404, "portal/<str:token>/") in refused
    assert (404, "none") in refused
    assert (400, "api/v1/integrations/<slug:provider>/callback") in refused
    assert [code for code, _ in refused].count(403) == 2


@pytest.mark.urls(__name__)
def test_a_fault_names_its_type_and_place_and_not_its_text(db: None, lines: io.StringIO) -> None:
    answer = Browser(raise_request_exception=False).get(f"/portal/{TOKEN}/")
    assert answer.status_code == 500 and TOKEN not in answer.content.decode().replace(f"/portal/{TOKEN}/", "")
    assert TOKEN not in lines.getvalue()
    assert any(line.get("exc_type") == "ValueError" and line["code"] == 500 for line in read(lines))


def test_a_failed_task_is_named_without_the_text_of_its_exception(lines: io.StringIO) -> None:
    try:
        raise ValueError("jordan@example.com exists")
    except ValueError as error:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s raised: %(exc)s", {"name": "casehug.run_work", "exc": repr(error)}, exc_info=True
        )
    (line,) = read(lines)
    assert (line["event"], line["exc_type"]) == ("task.failed", "ValueError")
    assert "jordan" not in lines.getvalue()

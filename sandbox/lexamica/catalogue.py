"""Reads the one file of paths, names, codes and limits; it is data, shared with the client by path alone."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "integrations" / "providers" / "lexamica" / "catalogue.json"


@cache
def content() -> dict[str, Any]:
    """The whole catalogue."""
    found = json.loads(FILE.read_text("utf-8"))
    return dict(found)


@cache
def entry(path: str) -> Any:
    """The entry or group at a path such as `webhook.headers.event`; raises KeyError when there is none."""
    node: Any = content()
    for part in path.split("/") if "/" in path else path.split("."):
        node = node[part]
    return node


def value(path: str) -> Any:
    """The value of one entry."""
    return entry(path)["value"]


def text(path: str) -> str:
    """The value of an entry that is a word."""
    return str(value(path))


def number(path: str) -> float:
    """The value of an entry that is a number."""
    return float(value(path))


def event_name(key: str) -> str:
    """The wire name of an event."""
    return str(entry("events")[key]["name"])


def event_key(name: str) -> str | None:
    """The key of an event by its wire name, None for an unknown one."""
    return next((key for key, item in entry("events").items() if item["name"] == name), None)


def model_key(name: str) -> str | None:
    """The key of a model by its wire name, None for an unknown one."""
    return next((key for key, item in entry("models").items() if item["name"]["value"] == name), None)


def model_fields(name: str) -> dict[str, dict[str, Any]]:
    """The known fields of a model by its wire name."""
    key = model_key(name)
    return dict(entry("models")[key]["fields"]) if key else {}


def action_of(operation: str) -> str | None:
    """The invitation action that an operation performs, None for other operations."""
    actions = entry("invitation")["actions"]
    return next((name for name, item in actions.items() if item["operation"] == operation), None)

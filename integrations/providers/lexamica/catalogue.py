"""Reads `catalogue.json`, the one file that names every path, header, field, event and limit, known or assumed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integrations.contract.errors import AccessRefused
from integrations.contract.http import Api
from integrations.contract.provider import Account, CatalogueEntry

FILE = Path(__file__).with_name("catalogue.json")
CASE, INVITATION, UPDATE, FILES, SETTLEMENT = "case", "case_invitation", "case_update", "attachment", "case_settlement"
"""Keys of the models."""


@cache
def content() -> dict[str, Any]:
    """Return the whole catalogue."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def entry(path: str) -> Any:
    """Return the entry or group at a path such as `webhook.headers.event`. Raises `KeyError`."""
    node: Any = content()
    for part in path.split("."):
        node = node[part]
    return node


def value(path: str) -> Any:
    """Return the value of an entry. Raises `KeyError`."""
    return entry(path)["value"]


def text(path: str) -> str:
    """Return the value of an entry that is a word."""
    return str(value(path))


def number(path: str) -> int:
    """Return the value of an entry that is a whole number."""
    return int(value(path))


@dataclass(frozen=True)
class Call:
    """One operation of the interface: method, path template, and which key it takes (`public`, `private`)."""

    key: str
    method: str
    template: str
    tier: str

    def path(self, one: str = "") -> str:
        """Return the path with the id of a mapping or subscription; the client puts its own organization in."""
        organization = "{" + text("auth.organization_parameter") + "}"
        escaped = quote(one, safe="")
        return re.sub(r"\{\w+\}", lambda hit: hit[0] if hit[0] == organization else escaped, self.template)


@cache
def call(key: str) -> Call:
    """Return an operation by its key. Raises `KeyError`."""
    one = entry("operations")[key]
    return Call(key, one["method"], one["path"], one["key"])


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], str]]:
    organization = "{" + text("auth.organization_parameter") + "}"
    found = []
    for key in entry("operations"):
        one = call(key)
        parts = re.split(r"(\{\w+\})", one.template)
        pattern = "".join(
            re.escape(part) if not part.startswith("{") or part == organization else "[^/]+" for part in parts
        )
        found.append((one.method, re.compile(pattern), one.tier))
    return found


def tier_of(method: str, path: str) -> str:
    """Return which key a call takes; the organization is still its placeholder. Raises `LookupError` for others."""
    for known, pattern, tier in _patterns():
        if known == method and pattern.fullmatch(path):
            return tier
    raise LookupError(f"{method} {path} is not in the catalogue")


@cache
def fields(model: str) -> Mapping[str, str]:
    """Return our own field names of a model with the names there."""
    rows = entry("models")[model]["fields"]
    return {row["own"]: target for target, row in rows.items() if "own" in row}


@cache
def most(model: str) -> Mapping[str, int]:
    """Return how many characters a field of ours may have, where that is limited."""
    rows = entry("models")[model]["fields"].values()
    return {row["own"]: int(row["max"]) for row in rows if "own" in row and "max" in row}


@cache
def needed(model: str) -> Sequence[str]:
    """Return our names of the fields that a model needs."""
    names = {target: own for own, target in fields(model).items()}
    return [names[target] for target in entry("models")[model]["required"]["value"] if target in names]


def model_name(model: str) -> str:
    """Return the name of a model there."""
    return str(entry("models")[model]["name"]["value"])


@cache
def model_of(event: str) -> str:
    """Return the model of an event, both by our key."""
    name = entry("events")[event]["model"]
    return next(str(key) for key in entry("models") if model_name(key) == name)


def event_name(event: str) -> str:
    """Return the name of an event there. Raises `KeyError`."""
    return str(entry("events")[event]["name"])


@cache
def _event_keys() -> dict[str, str]:
    return {_fold(row["name"]): key for key, row in entry("events").items()}


def event_key(name: str) -> str:
    """Return our key of an event by its name there, "" for an unknown one."""
    return _event_keys().get(_fold(name), "")


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()


def who_am_i(api: Api) -> Account:
    """Read with the private key whether this organization lets us in; it has no name to be read. Raises errors."""
    api.read(call("list_mappings").path())
    organization = str(getattr(api, "organization_id", ""))
    if not organization:
        raise AccessRefused("No organization is known.", code="no_organization")
    return Account(organization, f"Organization {organization}", "API keys", "")


def read_catalogue(api: Api) -> Sequence[CatalogueEntry]:
    """Return nothing: lists of stages and case types cannot be read there; firms keep their own tables."""
    return ()

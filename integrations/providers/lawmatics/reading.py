"""Lawmatics' JSON:API shapes: resources, relationships and lists of 25 (param guide)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.contract.errors import NetworkTrouble
from integrations.contract.http import Api

PAGE_SIZE = 25
MOST_PAGES = 200
Resource = Mapping[str, Any]


def attribute(resource: Resource, name: str) -> Any:
    """Return an attribute; older answers leave null ones out, so a missing key is None."""
    attributes = resource.get("attributes")
    return attributes.get(name) if isinstance(attributes, Mapping) else None


def text(resource: Resource, name: str) -> str:
    """Return an attribute as text, empty for null."""
    value = attribute(resource, name)
    return "" if value is None else str(value)


def related(resource: Resource, name: str) -> list[tuple[str, str]]:
    """Return the (type, id) pairs of a relationship; a requested one may be missing or null."""
    relationships = resource.get("relationships")
    entry = relationships.get(name) if isinstance(relationships, Mapping) else None
    data = entry.get("data") if isinstance(entry, Mapping) else None
    rows = data if isinstance(data, list) else [data]
    return [(str(row.get("type", "")), str(row["id"])) for row in rows if isinstance(row, Mapping) and row.get("id")]


def related_id(resource: Resource, name: str) -> str:
    """Return the id of a to-one relationship, empty when there is none."""
    return next((found for _, found in related(resource, name)), "")


def created(resource: Resource) -> datetime | None:
    """Return `created_at` (ISO 8601 with the firm's offset), None when it is missing or unreadable."""
    try:
        moment = datetime.fromisoformat(text(resource, "created_at"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def one(body: Mapping[str, Any], kind: str) -> Resource | None:
    """Return the resource of a single answer, None for `data: null`. Raises `NetworkTrouble` for anything else."""
    if "data" in body and body["data"] is None:
        return None
    data = body.get("data")
    if isinstance(data, Mapping) and data.get("type") == kind and data.get("id"):
        return data
    raise NetworkTrouble("The answer could not be read.", code="unreadable")


def listed(api: Api, path: str, query: Mapping[str, str], *, most_pages: int = MOST_PAGES) -> Iterator[Resource]:
    """Yield the resources of a list, page by page, each id once.

    Pages go by number up to `meta.total_pages`: `links` name wrong paths and drop the query. Some lists come without
    `meta`; then a page with fewer than 25 rows is the last one.
    """
    seen: set[str] = set()
    for page in range(1, most_pages + 1):
        body = api.read(path, {**query, "page": str(page)})
        rows = body.get("data")
        if not isinstance(rows, list):
            raise NetworkTrouble("The answer could not be read.", code="unreadable")
        for row in rows:
            if isinstance(row, Mapping) and row.get("id") and str(row["id"]) not in seen:
                seen.add(str(row["id"]))
                yield row
        meta = body.get("meta")
        total = meta.get("total_pages") if isinstance(meta, Mapping) else None
        if not rows or (page >= total if isinstance(total, int) else len(rows) < PAGE_SIZE):
            return

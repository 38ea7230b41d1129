"""Reading what can be mapped in the connected account, and who it belongs to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.contract.errors import ProviderError
from integrations.contract.http import Api
from integrations.contract.provider import Account, CatalogueEntry
from integrations.providers.lawmatics.fields import standard_entries
from integrations.providers.lawmatics.reading import Resource, attribute, listed, one, related, related_id, text

OWNERS = {"Prospect": "matter", "Matter": "matter", "Contact": "contact"}
OLDEST_FIRST = {"sort_by": "id", "sort_order": "asc"}


def who_am_i(api: Api) -> Account:
    """Return the remote firm and user behind the token (`GET /v1/users/me`). The API has no name of the firm."""
    fields = "name,first_name,last_name,email,current_firm,firms"
    user = one(api.read("/v1/users/me", {"fields": fields}), "user") or {}
    firm_id = related_id(user, "current_firm") or next((found for _, found in related(user, "firms")), "")
    if not firm_id:
        raise ProviderError("Lawmatics did not say which firm this account belongs to.", code="no_firm")
    name = text(user, "name") or f"{text(user, 'first_name')} {text(user, 'last_name')}".strip()
    return Account(firm_id, f"Lawmatics firm {firm_id}", name, text(user, "email"))


def read_catalogue(api: Api) -> Sequence[CatalogueEntry]:
    """Return stages (by pipeline, in their order), practice areas, sub-statuses, standard and custom fields there.

    `extra` of a stage: pipeline_id, pipeline_type (`intake`, `normal`), order; of a sub-status: status; of a custom
    field: owner (`contact`, `matter`, or another), field_type, options (names), standard (a field every account has).
    """
    areas = _named(api, "practice_area", "/v1/practice_areas")
    return [*_stages(api), *areas, *_sub_statuses(api), *standard_entries(), *_fields(api)]


def _stages(api: Api) -> Iterator[CatalogueEntry]:
    pipelines = list(listed(api, "/v1/pipelines", {"fields": "name,pipeline_type,stages", **OLDEST_FIRST}))
    places = {str(row["id"]): place for place, row in enumerate(pipelines)}
    # A requested relationship may be missing on the stage: the pipeline names its stages as well.
    owner = {stage: str(row["id"]) for row in pipelines for _, stage in related(row, "stages")}
    # Never fields=all on stages: it lists every matter in them.
    stages = list(listed(api, "/v1/stages", {"fields": "name,order,pipeline", **OLDEST_FIRST}))

    def place(stage: Resource) -> tuple[int, int, int]:
        pipeline = related_id(stage, "pipeline") or owner.get(str(stage["id"]), "")
        return places.get(pipeline, len(places)), int(attribute(stage, "order") or 0), int(stage["id"])

    for stage in sorted(stages, key=place):
        pipeline_id = related_id(stage, "pipeline") or owner.get(str(stage["id"]), "")
        pipeline: Resource = pipelines[places[pipeline_id]] if pipeline_id in places else {}
        extra = {
            "pipeline_id": pipeline_id,
            "pipeline_type": text(pipeline, "pipeline_type"),
            "order": int(attribute(stage, "order") or 0),
        }
        yield CatalogueEntry("stage", str(stage["id"]), _clean(stage), _clean(pipeline), extra)


def _named(api: Api, kind: str, path: str) -> Iterator[CatalogueEntry]:
    for row in listed(api, path, {"fields": "name", **OLDEST_FIRST}):
        yield CatalogueEntry(kind, str(row["id"]), _clean(row))


def _sub_statuses(api: Api) -> Iterator[CatalogueEntry]:
    for row in listed(api, "/v1/sub_statuses", {"fields": "name,status", **OLDEST_FIRST}):
        yield CatalogueEntry("sub_status", str(row["id"]), _clean(row), "", {"status": text(row, "status").lower()})


def _fields(api: Api) -> Iterator[CatalogueEntry]:
    query = {"fields": "name,type,field_type,list_options,lookup_type,practice_area,visibility", **OLDEST_FIRST}
    for row in listed(api, "/v1/custom_fields", query):
        owner = text(row, "type")
        extra: Mapping[str, Any] = {
            "owner": OWNERS.get(owner, owner.lower()),
            "field_type": text(row, "field_type"),
            "options": _options(row),
            "option_ids": _option_ids(row),
            "practice_area": text(row, "practice_area"),
            "hidden": text(row, "visibility") == "hidden",
            "starred": text(row, "visibility") == "starred",
        }
        yield CatalogueEntry("custom_field", str(row["id"]), _clean(row), "", extra)


def _options(row: Resource) -> list[str]:
    options = attribute(row, "list_options")
    entries = options if isinstance(options, list) else []
    return [str(item["name"]) for item in entries if isinstance(item, Mapping) and item.get("name")]


def _option_ids(row: Resource) -> dict[str, str]:
    """Return id → name: options are sent by name, but followed by id when the firm renames them."""
    options = attribute(row, "list_options")
    entries = [item for item in options if isinstance(item, Mapping)] if isinstance(options, list) else []
    return {str(item["id"]): str(item["name"]) for item in entries if item.get("id") and item.get("name")}


def _clean(row: Resource) -> str:
    """Return a name without odd spaces: they are common in firms' own names."""
    return " ".join(text(row, "name").split())

"""Default mappings: found by comparing names (trimmed, without case) with the stages the account really has."""

from collections.abc import Iterable, Sequence

from casehug.intake.models import CaseType, PracticeArea
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, Known, items
from integrations.models import CaseTypeMapping, Connection
from integrations.registry import provider

AREA = "area:"
LAST = AREA + PracticeArea.OTHER
"""The fallback row for everything that has no mapping of its own."""


def fold(name: str) -> str:
    """Return a name as it is compared: one space between words, underscores as spaces, no case."""
    return " ".join(name.replace("_", " ").split()).casefold()


def find_stage(name: str, stages: Iterable[Known]) -> str:
    """Return the id of the stage with this name, "" when there is none or the name says too little (several hits)."""
    hits = [stage for stage in stages if fold(stage.name) == fold(name)]
    if len(hits) > 1:
        hits = [stage for stage in hits if stage.extra.get("pipeline_type") == "intake"]
    return hits[0].external_id if len(hits) == 1 else ""


def first_intake_stage(stages: Sequence[Known]) -> str:
    """Return the first stage of the first pipeline of type intake, the last resort of casehug.md §6.2."""
    return next((stage.external_id for stage in stages if stage.extra.get("pipeline_type") == "intake"), "")


def named_stage(key: str, *, area: str, connection: Connection, stages: Sequence[Known]) -> str:
    """Return the id of the stage with a row's own default name, else with the name for its practice area, else ""."""
    names = provider(connection.provider).default_stages
    wanted = names.get(key.removeprefix(AREA)) or names.get(area) or ""
    return find_stage(wanted, stages) if wanted else ""


def default_stage(key: str, *, area: str, connection: Connection, stages: Sequence[Known]) -> str:
    """Return the stage id a row starts with: by name, and the first intake stage for the last fallback."""
    found = named_stage(key, area=area, connection=connection, stages=stages)
    return found or (first_intake_stage(stages) if key == LAST else "")


def default_area(area: str, areas: Iterable[Known]) -> str:
    """Return the id of the provider's practice area with our name, "" when there is none."""
    hits = [item.external_id for item in areas if fold(item.name) in (fold(area), fold(PracticeArea(area).label))]
    return hits[0] if len(hits) == 1 else ""


def wanted_keys() -> list[tuple[str, str]]:
    """Return (key, practice area) of every row the firm has: its active case types, then all practice areas."""
    case_types = CaseType.objects.filter(active=True).order_by("position", "name")
    keys = [(one.key, one.practice_area) for one in case_types]
    return keys + [(AREA + area, str(area)) for area in PracticeArea.values]


def resolve_defaults(connection: Connection) -> int:
    """Fill every row that nobody chose and that leads nowhere. In the firm scope. Returns how many lead nowhere still.

    A default that was found once stays on its id, so a renamed stage is followed. One whose stage was deleted is only
    replaced by a stage of the same name: its matters wait for a choice and do not drift into the fallback.
    """
    stages, areas = list(items(connection, kind=STAGE)), list(items(connection, kind=PRACTICE_AREA))
    deleted = {item.external_id for item in items(connection, kind=STAGE, with_gone=True)} - {
        item.external_id for item in stages
    }
    live = {stage.external_id for stage in stages}
    live_areas = {area.external_id for area in areas}
    rows = {row.case_type: row for row in CaseTypeMapping.objects.filter(connection=connection)}
    open_rows = 0
    for key, area in wanted_keys():
        row = rows.get(key) or CaseTypeMapping(connection=connection, case_type=key)
        if row.origin == CaseTypeMapping.Origin.DEFAULT and row.stage_id not in live:
            named = named_stage(key, area=area, connection=connection, stages=stages)
            fallback = first_intake_stage(stages) if key == LAST else ""
            row.stage_id = named or (row.stage_id if row.stage_id in deleted else fallback)
        if key.startswith(AREA) and row.practice_area_id not in live_areas:
            row.practice_area_id = default_area(area, areas) or row.practice_area_id
        row.save()
        open_rows += row.stage_id not in live
    return open_rows

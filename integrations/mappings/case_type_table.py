"""All that decides where matters go: the stored mapping rows and the account's catalogue, read once."""

from collections.abc import Iterable, Mapping, Sequence

from casehug.firms.page_reads import once_a_page
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, Known, of_kinds
from integrations.mappings.defaults import AREA, default_area, default_stage
from integrations.mappings.status import STATUS_NAMES
from integrations.models import CaseTypeMapping, Connection

SUB_STATUS = "sub_status"

DEFAULT, CHOSEN, NEEDS_CHOICE, GONE = "default", "chosen", "needs_choice", "gone"


@once_a_page
def stored_rows(connection: Connection) -> Mapping[str, CaseTypeMapping]:
    """Return the stored rows of a connection by case type. In the firm scope."""
    return {row.case_type: row for row in CaseTypeMapping.objects.filter(connection=connection)}


class Table:
    """All rows (or those of some keys) and the catalogue of one connection, read once."""

    def __init__(self, connection: Connection, *, keys: Iterable[str] | None = None) -> None:
        self.connection = connection
        known = of_kinds(connection, (STAGE, PRACTICE_AREA, SUB_STATUS))
        self.all_stages = _by_id(known, STAGE)
        self.all_areas = _by_id(known, PRACTICE_AREA)
        self.all_subs = _by_id(known, SUB_STATUS)
        self.stages: Sequence[Known] = [item for item in self.all_stages.values() if item.gone_at is None]
        self.areas = [item for item in self.all_areas.values() if item.gone_at is None]
        self.subs = [item for item in self.all_subs.values() if item.gone_at is None]
        self.live = {item.external_id for item in self.stages}
        self.rows = dict(stored_rows(connection) if keys is None else _rows_of(connection, keys))

    def own(self, key: str, area: str) -> tuple[str, str]:
        """Return stage id and state of one row by itself."""
        row = self.rows.get(key)
        stage = row.stage_id if row else ""
        if row is None and key.startswith(AREA):
            stage = default_stage(key, area=area, connection=self.connection, stages=self.stages)
        if not stage:
            return "", NEEDS_CHOICE
        if stage not in self.live:
            return stage, GONE
        return stage, row.origin if row else DEFAULT

    def name(self, stage_id: str) -> str:
        item = self.all_stages.get(stage_id)
        return stage_label(item) if item else stage_id

    def area_id(self, area: str) -> str:
        """Return the id of the practice area there, also when it was deleted there; by name when nothing is stored."""
        row = self.rows.get(AREA + area)
        if row and row.practice_area_id in self.all_areas:
            return str(row.practice_area_id)
        return default_area(area, self.areas)

    def sub_id(self, row: CaseTypeMapping | None) -> str:
        """Return the sub-status of a row, "" when it belongs to another account."""
        return str(row.sub_status_id) if row and row.sub_status_id in self.all_subs else ""

    def lost(self, stage_id: str, area_id: str, sub_id: str) -> list[tuple[str, str]]:
        """Return (what, name) of those of the three that are mapped but were deleted there."""
        found = [("stage", self.name(stage_id))] if stage_id and stage_id not in self.live else []
        known = (("practice_area", self.all_areas.get(area_id)), ("sub_status", self.all_subs.get(sub_id)))
        return found + [(what, item.name) for what, item in known if item is not None and item.gone_at is not None]


def _rows_of(connection: Connection, keys: Iterable[str]) -> dict[str, CaseTypeMapping]:
    rows = CaseTypeMapping.objects.filter(connection=connection, case_type__in=list(keys))
    return {row.case_type: row for row in rows}


@once_a_page
def table_of(connection: Connection) -> Table:
    """Return the table as it is stored. Do not change it: a preview makes its own."""
    return Table(connection)


def _by_id(known: Iterable[Known], kind: str) -> dict[str, Known]:
    return {item.external_id: item for item in known if item.kind == kind}


def stage_label(item: Known) -> str:
    """Return `pipeline / stage`: stage names repeat across pipelines."""
    return f"{item.parent} / {item.name}" if item.parent else item.name


def sub_label(item: Known) -> str:
    """Return `name (main status)` of a sub-status."""
    status = str(item.extra.get("status", ""))
    return f"{item.name} ({STATUS_NAMES.get(status, status)})" if status else item.name

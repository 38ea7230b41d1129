"""Looking before saving: where real matters would go with rows as they are, and as they would be."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from casehug.intake.models import Matter
from integrations.mappings.case_type_table import Table, sub_label
from integrations.mappings.case_types import MappedTarget, target_in
from integrations.models import CaseTypeMapping, Connection

MOST = 5


@dataclass(frozen=True)
class Place:
    """Where one matter goes: `pipeline / stage`, practice area, sub-status, and what stands in the way."""

    stage: str
    area: str
    sub_status: str
    waits_for: str


@dataclass(frozen=True)
class MatterPreview:
    """One matter with its place now and after the change (equal when nothing changes for it)."""

    matter_id: uuid.UUID
    title: str
    case_type: str
    now: Place
    then: Place


@dataclass(frozen=True)
class _Case:
    case_type_key: str
    practice_area: str


def preview(
    connection: Connection, *, text: str = "", changes: Mapping[str, Mapping[str, str]] | None = None
) -> list[MatterPreview]:
    """Return up to five matters, newest first, with where they go. In the firm scope; nothing is changed or sent.

    `text` is part of a title; `changes` as in `save_mappings`, without a check. With changes and no text, matters that
    would move come first.
    """
    matters = Matter.objects.select_related("case_type").order_by("-created_at", "-id")
    if text:
        matters = matters.filter(title__icontains=text)
    now, then = Table(connection), Table(connection)
    for key, wanted in (changes or {}).items():
        row = then.rows.setdefault(key, CaseTypeMapping(case_type=key))
        for column, value in wanted.items():
            setattr(row, column, value)
    found = [
        MatterPreview(matter.id, matter.title, matter.case_type.name, _place(now, matter), _place(then, matter))
        for matter in matters[: MOST if text or not changes else 200]
    ]
    return sorted(found, key=lambda one: one.now == one.then)[:MOST]


def _place(table: Table, matter: Matter) -> Place:
    target: MappedTarget = target_in(table, _Case(matter.case_type.key, matter.practice_area))
    area, sub = table.all_areas.get(target.practice_area_id), table.all_subs.get(target.sub_status_id)
    return Place(
        stage=target.stage_name if target.stage_id else "",
        area=area.name if area else "",
        sub_status=sub_label(sub) if sub else "",
        waits_for=target.lost_name,
    )

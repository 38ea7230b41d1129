"""Which matters wait for a mapping: those whose stage, practice area, sub-status, field or option was deleted there."""

from dataclasses import dataclass

from django.db.models import QuerySet

from casehug.common.models import WorkItem
from casehug.common.work import database_now, notify
from casehug.intake.errors import NotFound
from casehug.intake.selectors.sync import MatterForSync, matter_for_sync
from integrations.connections.options import lost_option
from integrations.mappings.case_types import MappedTarget, mapping_for
from integrations.models import CatalogueItem, Connection, FieldMapping

MAPPING = "mapping"
"""Hold reason of such a matter's work. It goes on by itself as soon as nothing blocks it any more."""
MOST_LOOKED_AT = 500


@dataclass(frozen=True)
class Blocker:
    """What a matter waits for: the code of the message, and the name of what was deleted there."""

    code: str
    name: str


def blocker(connection: Connection, matter: MatterForSync, target: MappedTarget | None = None) -> Blocker | None:
    """Return why a matter may not be sent as it is mapped, None when it may. In the firm scope.

    `target` saves a second look when the caller has `mapping_for` already.
    """
    target = target or mapping_for(connection, matter)
    if target.lost:
        return Blocker(f"{target.lost}_gone", target.lost_name)
    answers = {answer.question_key: answer.value for answer in matter.answers if answer.value}
    if not answers:
        return None
    mapped = FieldMapping.objects.filter(connection=connection, question_key__in=answers)
    rows = {row.field_id: row.question_key for row in mapped.order_by("field_id")}
    if not rows:
        return None
    fields = CatalogueItem.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, kind="custom_field", external_id__in=rows
    ).order_by("position", "id")
    for item in fields:
        if item.gone_at is not None:
            return Blocker("field_gone", item.name)
        if option := lost_option(item.extra, str(answers[rows[item.external_id]])):
            return Blocker("option_gone", f"{item.name} / {option}")
    return None


def waiting_count(connection: Connection) -> int:
    """Count the matters that wait for a mapping. In the firm scope."""
    return int(waiting(connection).count())


def release(connection: Connection) -> int:
    """Put the waiting matters back whose mapping is whole again; the others stay. In the firm scope.

    Returns how many. At most 500 are looked at in one go; the tick looks at the rest.
    """
    free = []
    for item in waiting(connection).order_by("?")[:MOST_LOOKED_AT]:
        try:
            if blocker(connection, matter_for_sync(item.subject_id)) is None:
                free.append(item.id)
        except NotFound:
            free.append(item.id)  # the run itself says that the matter is gone
    rows = WorkItem.objects.filter(id__in=free, status=WorkItem.Status.HELD, hold_reason=MAPPING)
    count = rows.update(status=WorkItem.Status.READY, hold_reason="", rung_at=None, next_attempt_at=database_now())
    if count:
        notify()
    return int(count)


def waiting(connection: Connection) -> "QuerySet[WorkItem]":
    """Return the work that waits for a mapping. In the firm scope."""
    found: QuerySet[WorkItem] = WorkItem.objects.filter(
        connection_id=connection.id, status=WorkItem.Status.HELD, hold_reason=MAPPING
    )
    return found

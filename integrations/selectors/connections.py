"""Connections with their figures: what the cards, the banner and the status route show."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from casehug.common.models import WorkItem
from casehug.firms.models import User
from casehug.intake.models import CaseType, Matter, PracticeArea
from integrations.contract.provider import Provider
from integrations.limits import usage
from integrations.mappings.services import broken_mappings
from integrations.models import CaseTypeMapping, CatalogueItem, Connection, ExternalLink, SyncLog
from integrations.registry import providers
from integrations.selectors.states import SYNC


@dataclass(frozen=True)
class Figures:
    """What is waiting, what failed, when something arrived last, and the share of the minute's budget that is used."""

    waiting: int
    failing: int
    used: int
    allowed: int
    last_success_at: datetime | None


def connection_for(provider_key: str) -> Connection | None:
    """Return the firm's connection to a provider, None when it never connected. In the firm scope."""
    found: Connection | None = Connection.objects.filter(provider=provider_key).first()
    return found


def connection_pairs() -> list[tuple[Provider, Connection | None]]:
    """Return every configured provider with the firm's connection to it."""
    rows = {row.provider: row for row in Connection.objects.all()}
    return [(one, rows.get(one.key)) for one in providers()]


def is_up(connection: Connection | None) -> bool:
    """Tell whether work of a connection may run at all (paused counts as up)."""
    return connection is not None and connection.state == Connection.State.CONNECTED


def sync_switch(connection: Connection) -> tuple[str, str]:
    """Return the state of syncing, apart from the connection: on, paused or off (no automatic trigger)."""
    if connection.paused:
        return "paused", "Paused"
    if connection.auto_sync_on_approval or connection.auto_sync_on_matter_created:
        return "on", "On"
    return "off", "Only by hand"


def figures(connection: Connection) -> Figures:
    """Count what one connection has open. In the firm scope."""
    rows = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC)
    return Figures(
        waiting=rows.filter(status__in=WorkItem.LIVE).count(),
        failing=failing(connection).count(),
        used=usage(connection.id)[0],
        allowed=connection.calls_per_minute,
        last_success_at=connection.last_success_at,
    )


def failing(connection: Connection) -> "QuerySet[WorkItem]":
    """Return the failed sync rows that no newer row of their matter followed. In the firm scope."""
    newer = WorkItem.objects.filter(
        kind=SYNC, connection_id=connection.id, subject_id=OuterRef("subject_id"), created_at__gt=OuterRef("created_at")
    )
    dead = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC, status=WorkItem.Status.DEAD)
    found: QuerySet[WorkItem] = dead.filter(~Exists(newer))
    return found


def held_count(connection: Connection) -> int:
    """Count the matters that wait for a person."""
    rows = WorkItem.objects.filter(connection_id=connection.id, kind=SYNC, status=WorkItem.Status.HELD)
    return int(rows.exclude(hold_reason="checking").count())


def gone_stage(connection: Connection) -> tuple[str, str] | None:
    """Return (row key, stage label) of one mapping that leads to a stage that no longer exists, None when all exist."""
    stage = CatalogueItem.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, kind="stage", external_id=OuterRef("stage_id")
    )
    broken = CaseTypeMapping.objects.filter(connection=connection).exclude(stage_id="").filter(
        Exists(stage.filter(gone_at__isnull=False))
    )  # fmt: skip
    row = broken.annotate(parent=Subquery(stage.values("parent")[:1]), name=Subquery(stage.values("name")[:1])).first()
    if row is None:
        return None
    return row.case_type, f"{row.parent} / {row.name}" if row.parent else row.name


def last_line(connection: Connection) -> SyncLog | None:
    """Return the newest operation of a connection that ended, for `last_sync`."""
    rows = SyncLog.objects.filter(connection=connection, status__in=("success", "failed", "nothing"))
    found: SyncLog | None = rows.order_by("-created_at", "-id").first()
    return found


def user_names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return names of members by user id."""
    wanted = {one for one in ids if one}
    return {user.id: str(user) for user in User.objects.filter(id__in=wanted)} if wanted else {}


def matter_titles(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return titles of matters by id. In the firm scope."""
    wanted = {one for one in ids if one}
    return dict(Matter.objects.filter(id__in=wanted).values_list("id", "title")) if wanted else {}


def link_count(connection: Connection, account: str) -> int:
    """Count the matters linked to one remote account."""
    rows = ExternalLink.objects.filter(connection=connection, remote_firm=account, local_type="matter")
    return int(rows.filter(broken_at__isnull=True).count())


def case_type_label(key: str) -> str:
    """Return the name of a case type or practice area by its mapping key without the prefix."""
    if key in PracticeArea.values:
        return str(PracticeArea(key).label)
    name: str | None = CaseType.objects.filter(key=key).values_list("name", flat=True).first()
    return name or key


def open_mapping_count(connection: Connection) -> int:
    """Count the mapping rows a person should look at: gone stages, and used case types without a stage."""
    return len(broken_mappings(connection))

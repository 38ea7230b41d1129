"""Connections and what pages say about them: which there are, which need a person, names and titles."""

import uuid
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from casehug.firms.models import User
from casehug.firms.page_reads import once_a_page
from casehug.intake.models import CaseType, Matter, PracticeArea
from integrations.contract.provider import Provider
from integrations.mappings.services import broken_mappings
from integrations.models import CaseTypeMapping, CatalogueItem, Connection, ExternalLink, SyncLog
from integrations.registry import providers


@once_a_page
def _rows() -> dict[str, Connection]:
    return {row.provider: row for row in Connection.objects.all()}


def connection_for(provider_key: str) -> Connection | None:
    """Return the firm's connection to a provider, None when it never connected. In the firm scope."""
    return _rows().get(provider_key)


def connection_pairs() -> list[tuple[Provider, Connection | None]]:
    """Return every configured provider with the firm's connection to it."""
    rows = _rows()
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


def in_trouble() -> "QuerySet[Connection]":
    """Return the connections that may need a person: no access, another account, paused, or a mapped stage is gone."""
    stage = CatalogueItem.objects.filter(
        connection=OuterRef("connection"), remote_firm=OuterRef("connection__remote_firm"), kind="stage",
        external_id=OuterRef("stage_id"), gone_at__isnull=False,
    )  # fmt: skip
    broken = CaseTypeMapping.objects.filter(Exists(stage), connection=OuterRef("pk")).exclude(stage_id="")
    state = Q(state__in=(Connection.State.NEEDS_RECONNECT, Connection.State.OTHER_ACCOUNT))
    rows: QuerySet[Connection] = Connection.objects.filter(state | Q(paused=True) | Q(paused_in=True) | Exists(broken))
    return rows


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

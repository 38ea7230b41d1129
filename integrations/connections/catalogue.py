"""The catalogue of the connected account: its stages, practice areas and what else can be mapped, kept as our copy."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.db import connection as database
from django.db.models import QuerySet
from django.utils import timezone

from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id, firm_scope
from casehug.firms.page_reads import once_a_page, page_is_open
from integrations.connections.changes import label, note, note_options
from integrations.connections.open_api import PAGE_PATIENCE, WORKER_PATIENCE, open_api
from integrations.contract.http import Api
from integrations.contract.provider import CatalogueEntry
from integrations.models import CatalogueItem, Connection
from integrations.registry import provider

STAGE, PRACTICE_AREA = "stage", "practice_area"
_OF_KINDS = """
    SELECT kind, external_id, name, parent, extra, gone_at FROM integrations_catalogueitem
    WHERE firm_id = %s AND connection_id = %s AND remote_firm = %s AND kind = ANY(%s) ORDER BY position, id"""


class Known(Protocol):
    """What is known of an entry of the account, read as a row of our copy or as a line of it."""

    @property
    def kind(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    @property
    def gone_at(self) -> datetime | None: ...


class Line(NamedTuple):
    """One entry without its row."""

    kind: str
    external_id: str
    name: str
    parent: str
    extra: Mapping[str, Any]
    gone_at: datetime | None


def refresh_catalogue(
    *, connection: Connection, lane: int = WorkItem.Lane.AUTOMATIC, may_refresh: bool = True
) -> Sequence[CatalogueEntry]:
    """Read the account's catalogue and store it; returns what was read. Call it outside any scope.

    Entries that are gone keep their row with `gone_at`, so that a mapping can name what it lost.
    Raises the errors of `contract.errors`.
    """
    patience = WORKER_PATIENCE if may_refresh else PAGE_PATIENCE
    return read_and_store(connection, open_api(connection, lane=lane, may_refresh=may_refresh, patience=patience))


def read_and_store(connection: Connection, api: Api) -> Sequence[CatalogueEntry]:
    """As `refresh_catalogue`, with a client that is already open."""
    entries = provider(connection.provider).catalogue(api)
    with firm_scope(connection.firm_id):
        _store(connection, entries)
    return entries


def _store(connection: Connection, entries: Sequence[CatalogueEntry]) -> None:
    known = {(item.kind, item.external_id): item for item in items(connection, with_gone=True)}
    fresh: list[CatalogueItem] = []
    for place, entry in enumerate(entries):
        item = known.pop((entry.kind, entry.id), None)
        if item is None:
            item = CatalogueItem(
                connection=connection, remote_firm=connection.remote_firm, kind=entry.kind, external_id=entry.id
            )
            known_again = False
        else:
            known_again = True
        before, was_gone, extra = label(item), item.gone_at is not None, item.extra
        item.name, item.parent, item.position = entry.name[:300], entry.parent[:300], place
        item.extra, item.gone_at = dict(entry.extra), None
        if known_again:
            note(item, before=before, was_gone=was_gone)
            note_options(item, extra)
            item.save(update_fields=["name", "parent", "position", "extra", "gone_at", "updated_at"])
        elif (entry.kind, entry.id) not in {(one.kind, one.external_id) for one in fresh}:
            fresh.append(item)
    CatalogueItem.objects.bulk_create(fresh, ignore_conflicts=True)
    now = timezone.now()
    mark_gone([item for item in known.values() if item.gone_at is None])
    row = Connection.objects.select_for_update().get(id=connection.id)
    if gone := row.profile.get("gone"):
        # An id that a write found missing counts as missing only until it is seen again.
        seen = {entry.id for entry in entries}
        row.profile["gone"] = [name for name in gone if name.partition(":")[2] not in seen]
    row.catalogue_read_at = now
    row.save(update_fields=["profile", "catalogue_read_at", "updated_at"])


def mark_gone(lost: Sequence[CatalogueItem]) -> None:
    """Keep entries as gone, with a note each, so that a mapping can name what it lost. In the firm scope."""
    now = timezone.now()
    for item in lost:
        item.gone_at = now
        note(item, before=label(item), was_gone=False)
    CatalogueItem.objects.filter(id__in=[item.id for item in lost]).update(gone_at=now)


@once_a_page
def stored(connection: Connection) -> Sequence[CatalogueItem]:
    """Return the whole stored catalogue of the account that is connected now, with what is gone, in its order."""
    return tuple(items(connection, with_gone=True))


def of_kinds(connection: Connection, kinds: tuple[str, ...]) -> Sequence[Known]:
    """Return what is stored of some kinds, with what is gone, in its order. In the firm scope.

    A page takes it from the whole catalogue, which it reads once. A worker asks for no more than these, in plain SQL:
    every sync does, and most of a large account's catalogue are fields.
    """
    if page_is_open():
        return [item for item in stored(connection) if item.kind in kinds]
    with database.cursor() as cursor:
        cursor.execute(_OF_KINDS, [current_firm_id(), connection.id, connection.remote_firm, list(kinds)])
        found = cursor.fetchall()
    return [Line(of, key, name, above, json.loads(extra), gone) for of, key, name, above, extra, gone in found]


def live(connection: Connection, kind: str) -> list[CatalogueItem]:
    """Return what of the stored catalogue is there now, of one kind: as `items`, and on a page read once for all."""
    return [item for item in stored(connection) if item.kind == kind and item.gone_at is None]


def items(connection: Connection, *, kind: str = "", with_gone: bool = False) -> "QuerySet[CatalogueItem]":
    """Return the stored catalogue of the account that is connected now, in the account's own order."""
    rows = CatalogueItem.objects.filter(connection=connection, remote_firm=connection.remote_firm)
    if kind:
        rows = rows.filter(kind=kind)
    if not with_gone:
        rows = rows.filter(gone_at__isnull=True)
    ordered: QuerySet[CatalogueItem] = rows.order_by("position", "id")
    return ordered

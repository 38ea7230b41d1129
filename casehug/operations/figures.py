"""Figures of the installation: backlog per firm id and queue, keys, versions, migrations, disks. No client data."""

import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from casehug.common import operator_log, slots, ticks
from casehug.common.encryption import active_kek_id, key_ring

PACKAGES = ("Django", "celery", "kombu", "redis", "psycopg", "gunicorn")


@dataclass(frozen=True)
class Backlog:
    """How the work rows of one firm and queue stand; `given_up` within a day; `oldest_due` in seconds."""

    firm_id: uuid.UUID
    queue: str
    ready: int
    running: int
    held: int
    reclaimed: int
    given_up: int
    oldest_due: float | None


@dataclass(frozen=True)
class Outside:
    """A connection of a firm as its app tells it, and what came in there and waits (`oldest_event` in seconds)."""

    firm_id: uuid.UUID
    provider: str
    state: str
    paused: bool
    paused_in: bool
    events_waiting: int
    oldest_event: float | None


@dataclass
class FirmFigures:
    """One firm, by its id."""

    firm_id: uuid.UUID
    outside: list[Outside] = field(default_factory=list)
    ready: int = 0
    running: int = 0
    held: int = 0
    given_up: int = 0
    oldest_due: float | None = None
    events_waiting: int = 0


@dataclass(frozen=True)
class Key:
    """A key-encryption key: `since` is when it was made the active one, or its oldest data key; `here`: configured."""

    kid: str
    active: bool
    here: bool
    data_keys: int
    since: datetime | None


@dataclass(frozen=True)
class Disk:
    """Space of the disk behind a folder."""

    key: str
    label: str
    free: int
    total: int


def backlog() -> list[Backlog]:
    """Return the work of all firms, through the resolver: counts and ages only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_backlog()")
        return [Backlog(*row) for row in cursor.fetchall()]


def outside() -> list[Outside]:
    """Return the connections of all firms, as the apps that have some tell them."""
    return [Outside(*row) for rows in slots.fill("operations") for row in rows]


def firms(rows: Iterable[Backlog], connections: Iterable[Outside]) -> list[FirmFigures]:
    """Return all firms, those with the most waiting first."""
    found = {firm_id: FirmFigures(firm_id) for firm_id in ticks.firm_ids()}
    for row in rows:
        one = found.setdefault(row.firm_id, FirmFigures(row.firm_id))
        one.ready, one.running, one.held = one.ready + row.ready, one.running + row.running, one.held + row.held
        one.given_up += row.given_up
        one.oldest_due = max(filter(None, (one.oldest_due, row.oldest_due)), default=None)
    for each in connections:
        one = found.setdefault(each.firm_id, FirmFigures(each.firm_id))
        one.outside.append(each)
        one.events_waiting += each.events_waiting
    return sorted(found.values(), key=lambda one: (-one.ready - one.held - one.events_waiting, one.firm_id))


def keys() -> list[Key]:
    """Return the key-encryption keys, the active one first, and any that is in use but not configured."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kek_id, data_keys, oldest FROM resolve_kek_use()")
        used = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    for path in settings.KEK_USE_HOOKS:
        used |= {kid: (0, None) for kid in import_string(path)() if kid not in used}
    ring, active = list(key_ring()), active_kek_id()
    found = []
    for kid in [*ring, *sorted(used.keys() - set(ring))]:
        number, oldest = used.get(kid, (0, None))
        rotated = operator_log.last(operator_log.ROTATED, active=kid)
        since = rotated.created_at if rotated else oldest
        found.append(Key(kid, kid == active, kid in ring, number, since))
    return found


def versions() -> dict[str, str]:
    """Return the versions that run here."""
    found = {"CaseHug": own_version(), "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def own_version() -> str:
    """Return the version of the product as its project file tells it."""
    try:
        lines = (Path(settings.ROOT) / "pyproject.toml").read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    found = (line.partition("=")[2].strip().strip('"') for line in lines if line.startswith("version = "))
    return next(found, "unknown")


def pending_migrations() -> list[str]:
    """Return the migrations that this code has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def disks() -> list[Disk]:
    """Return the space of the disks for uploads, state and temporary files."""
    places = [("media", "Uploads", settings.CASEHUG_MEDIA_DIR), ("temporary", "Temporary files", tempfile.gettempdir())]
    if os.environ.get("CASEHUG_STATE_DIR"):
        places.insert(1, ("state", "State folder", os.environ["CASEHUG_STATE_DIR"]))
    found = []
    for key, label, text in places:
        folder = Path(text)
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        usage = shutil.disk_usage(folder)
        found.append(Disk(key, label, usage.free, usage.total))
    return found

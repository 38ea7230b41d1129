"""The operation log in pages by key: filters from the address, newest first, never a half list that looks whole."""

import base64
import binascii
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from integrations.models import Connection, SyncLog
from integrations.selectors.connections import matter_titles, user_names
from integrations.selectors.log_text import Meant, meant_by

PAGE = 50
FEW = 12
NEWEST, OLDEST = ("-created_at", "-id"), ("created_at", "id")


@dataclass(frozen=True)
class LogFilter:
    """What to show; an empty value does not filter. Dates are days in the firm's zone."""

    status: str = ""
    action: str = ""
    cause: str = ""
    since: date | None = None
    until: date | None = None
    matter_id: uuid.UUID | None = None
    work_item_id: uuid.UUID | None = None
    text: str = ""
    zone: str = "UTC"


@dataclass(frozen=True)
class LogRow:
    """One line with the names a person needs beside it."""

    line: SyncLog
    matter_title: str
    actor: str


@dataclass(frozen=True)
class LogPage:
    """One page of lines and the keys of its neighbours (empty at the ends)."""

    rows: list[LogRow] = field(default_factory=list)
    older: str = ""
    newer: str = ""
    cut: bool = False


def encode_key(line: SyncLog) -> str:
    """Return the position of a line as text for an address."""
    return base64.urlsafe_b64encode(f"{line.created_at.isoformat()}|{line.id}".encode()).decode().rstrip("=")


def decode_key(text: str) -> tuple[datetime, uuid.UUID] | None:
    """Return the position behind an address's text, None when it is not one."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        moment, _, row_id = raw.partition("|")
        at = datetime.fromisoformat(moment)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), uuid.UUID(row_id)
    except (ValueError, binascii.Error, UnicodeDecodeError, OverflowError):
        return None


def filtered(connection: Connection, wanted: LogFilter) -> "QuerySet[SyncLog]":
    """Return the lines of a connection that match, unordered. In the firm scope."""
    rows = _without_text(connection, wanted)
    return rows.filter(meant_by(connection, wanted.text).condition()) if wanted.text else rows


def _without_text(connection: Connection, wanted: LogFilter) -> "QuerySet[SyncLog]":
    rows: QuerySet[SyncLog] = SyncLog.objects.filter(connection=connection)
    exact: dict[str, Any] = {
        "status": wanted.status,
        "error_class": wanted.cause,
        "matter_id": wanted.matter_id,
        "work_item_id": wanted.work_item_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.action:
        # `contact.` to `contact/`, the next character: a comparison that row security lets reach an index.
        rows = rows.filter(action__gte=f"{wanted.action}.", action__lt=f"{wanted.action}/")
    zone = ZoneInfo(wanted.zone)
    if wanted.since:
        rows = rows.filter(created_at__gte=datetime.combine(wanted.since, time.min, zone))
    if wanted.until:
        rows = rows.filter(created_at__lt=datetime.combine(wanted.until + timedelta(days=1), time.min, zone))
    return rows


def log_page(connection: Connection, wanted: LogFilter, *, before: str = "", after: str = "") -> LogPage:
    """Return one page: the lines older than the key `before`, or newer than `after`, else the newest."""
    rows = _without_text(connection, wanted)
    meant = meant_by(connection, wanted.text) if wanted.text else None
    older_than, newer_than = decode_key(before), decode_key(after)
    if newer_than:
        at, row_id = newer_than
        rows = rows.filter(created_at__gte=at).filter(Q(created_at__gt=at) | Q(id__gt=row_id))
        lines = _first(rows, meant, OLDEST)
        more_newer, more_older = len(lines) > PAGE, True
        lines = lines[:PAGE][::-1]
    else:
        if older_than:
            at, row_id = older_than
            # The plain bound lets the index start there; the second one only sorts out equal times.
            rows = rows.filter(created_at__lte=at).filter(Q(created_at__lt=at) | Q(id__lt=row_id))
        lines = _first(rows, meant, NEWEST)
        more_older, more_newer = len(lines) > PAGE, older_than is not None
        lines = lines[:PAGE]
    return LogPage(
        rows=with_names(lines),
        older=encode_key(lines[-1]) if lines and more_older else "",
        newer=encode_key(lines[0]) if lines and more_newer else "",
        cut=meant is not None and meant.cut,
    )


def _first(rows: "QuerySet[SyncLog]", meant: Meant | None, order: tuple[str, ...]) -> list[SyncLog]:
    """Return one page and one line of a filter with free text.

    For few values each is read by its own index and the pages are merged: as fast for a word that is rare, or was last
    seen long ago, as for one on every line. A text with many values is on many lines, so a walk finds a page soon.
    """
    if meant is None:
        return list(rows.order_by(*order)[: PAGE + 1])
    parts = meant.conditions()
    if len(parts) > FEW:
        return list(rows.filter(meant.condition()).order_by(*order)[: PAGE + 1])
    pages = [rows.filter(part).order_by(*order)[: PAGE + 1] for part in parts]
    return list(pages[0].union(*pages[1:]).order_by(*order)[: PAGE + 1])


def with_names(lines: list[SyncLog]) -> list[LogRow]:
    """Add matter titles and people's names to lines, in two queries."""
    titles = matter_titles(line.matter_id for line in lines)
    names = user_names(line.actor_id for line in lines)
    none = uuid.UUID(int=0)
    return [
        LogRow(line, titles.get(line.matter_id or none, ""), names.get(line.actor_id or none, "")) for line in lines
    ]

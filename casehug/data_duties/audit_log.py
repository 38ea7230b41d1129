"""Reading the audit log: the filter, pages by the number of the entry, names for people, cells for a file."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from casehug.audit.models import AuditEntry
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.data_duties.audit_words import RECORDS, SOURCES, action_words, change_words, outcome_words, record_words
from casehug.firms.models import ApiKey, Membership
from casehug.firms.page_reads import once_a_page
from casehug.intake.models import Client, Matter

PAGE, CHUNK, MOST_LINES = 50, 1000, 100_000
HEADERS = ("Number", "Time", "Who", "From where", "Action", "Record", "Record id", "Change", "Outcome", "Remote id")

# Walks the index from one action to the next: row security keeps DISTINCT from doing so by itself.
_ACTIONS = """
WITH RECURSIVE walk(action) AS (
  (SELECT action FROM audit_auditentry ORDER BY 1 LIMIT 1)
  UNION ALL
  SELECT (SELECT e.action FROM audit_auditentry e WHERE e.action > walk.action ORDER BY 1 LIMIT 1)
  FROM walk WHERE walk.action IS NOT NULL)
SELECT action FROM walk WHERE action IS NOT NULL LIMIT 500
"""


@dataclass(frozen=True)
class AuditFilter:
    """What to show; an empty value does not filter. Dates are days in the firm's zone."""

    action: str = ""
    actor_id: uuid.UUID | None = None
    source: str = ""
    outcome: str = ""
    """An outcome, or `trouble` for everything but done."""
    object_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class AuditLine:
    """One entry in the words of the page."""

    entry: AuditEntry
    what: str
    who: str
    where: str
    record: str
    record_key: str
    title: str
    changes: list[str] = field(default_factory=list)
    outcome: str = ""


@dataclass(frozen=True)
class AuditPage:
    """One page of entries and the numbers to go on from (0 at the ends)."""

    lines: list[AuditLine]
    older: int = 0
    newer: int = 0


def actions_seen() -> list[str]:
    """Return the actions that occur in the firm's log, in the order of their words."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return sorted((row[0] for row in cursor.fetchall()), key=action_words)


def matching(wanted: AuditFilter) -> "QuerySet[AuditEntry]":
    """Return the entries of a filter, unordered. In the firm scope."""
    exact = {"action": wanted.action, "actor_id": wanted.actor_id, "source": wanted.source,
             "object_id": wanted.object_id}  # fmt: skip
    rows: QuerySet[AuditEntry] = AuditEntry.objects.filter(**{name: value for name, value in exact.items() if value})
    if wanted.outcome == "trouble":
        rows = rows.exclude(outcome="ok")
    elif wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    zone = ZoneInfo(wanted.zone)
    if wanted.since:
        rows = rows.filter(created_at__gte=datetime.combine(wanted.since, time.min, zone))
    if wanted.until:
        rows = rows.filter(created_at__lt=datetime.combine(wanted.until + timedelta(days=1), time.min, zone))
    return rows


def audit_page(wanted: AuditFilter, *, before: int = 0, after: int = 0) -> AuditPage:
    """Return one page, newest first: entries below the number `before`, or above `after`, else the newest."""
    rows = matching(wanted)
    if after:
        found = list(rows.filter(seq__gt=after).order_by("seq")[: PAGE + 1])
        more_newer, more_older = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        found = list((rows.filter(seq__lt=before) if before else rows).order_by("-seq")[: PAGE + 1])
        more_newer, more_older = bool(before), len(found) > PAGE
        found = found[:PAGE]
    older, newer = (found[-1].seq if more_older else 0, found[0].seq if more_newer else 0) if found else (0, 0)
    return AuditPage(in_words(found), older, newer)


def in_words(entries: list[AuditEntry]) -> list[AuditLine]:
    """Return entries with the names people know, in a fixed number of queries."""
    names, keys = _people(one.actor_id for one in entries), _keys(entries)
    titles = _titles(entries)
    return [_line(entry, names, keys, titles) for entry in entries]


def _line(
    entry: AuditEntry, names: dict[uuid.UUID, str], keys: dict[str, str], titles: dict[uuid.UUID, str]
) -> AuditLine:
    changes = dict(entry.changes)
    key = str(changes.pop("api_key", ""))
    who = names.get(entry.actor_id, "A former member") if entry.actor_id else ""
    who = who or (f"API key “{keys[key]}”" if key in keys else "") or SOURCES.get(entry.source, entry.source)
    prefix = RECORDS.get(entry.object_type, ("", ""))[1]
    shown = ""
    if entry.object_id is not None:
        shown = public_id(prefix, entry.object_id) if prefix else str(entry.object_id)
    return AuditLine(
        entry=entry, what=action_words(entry.action), who=who, where=SOURCES.get(entry.source, entry.source),
        record=record_words(entry.object_type), record_key=shown,
        title=titles.get(entry.object_id, "") if entry.object_id else "", changes=change_words(changes),
        outcome=outcome_words(entry.outcome),
    )  # fmt: skip


def _people(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    return dict(members()) if any(ids) else {}


def _keys(entries: list[AuditEntry]) -> dict[str, str]:
    wanted = {str(one.changes["api_key"]) for one in entries if one.changes.get("api_key")}
    rows = ApiKey.objects.filter(id__in=wanted).values_list("id", "name") if wanted else []
    return {str(key_id): name for key_id, name in rows}


def _titles(entries: list[AuditEntry]) -> dict[uuid.UUID, str]:
    """The names as they are now; the log itself holds ids only, so an erased record has none."""
    matters = {one.object_id for one in entries if one.object_type == "matter"}
    clients = {one.object_id for one in entries if one.object_type == "client"}
    found = dict(Matter.objects.filter(id__in=matters).values_list("id", "title")) if matters else {}
    people = Client.objects.filter(id__in=clients) if clients else []
    return found | {one.id: one.full_name for one in people}


@once_a_page
def members() -> list[tuple[uuid.UUID, str]]:
    """Return everybody who is or was a member, for the filter."""
    rows = Membership.objects.select_related("user").order_by("user__name", "id")
    return [(row.user_id, str(row.user)) for row in rows]


def export_cells(*, firm_id: uuid.UUID, wanted: AuditFilter, most: int = MOST_LINES) -> Iterator[list[str]]:
    """Yield the cells of each entry of the filter, newest first, at most `most`; then a line that says so if cut.

    Call it outside any scope: each piece is read in a transaction of its own.
    """
    last, left, zone = 0, most, ZoneInfo(wanted.zone)
    while True:
        with firm_scope(firm_id):
            rows = matching(wanted)
            found = list((rows.filter(seq__lt=last) if last else rows).order_by("-seq")[: CHUNK + 1])
            lines = in_words(found[: min(CHUNK, left)])
        yield from (_cells(line, zone) for line in lines)
        left -= len(lines)
        if len(found) > len(lines) and left <= 0:
            yield [f"Cut off here: a file holds at most {most} entries. Narrow the filter for the older ones."]
            return
        if len(found) <= CHUNK:
            return
        last = lines[-1].entry.seq


def _cells(line: AuditLine, zone: ZoneInfo) -> list[str]:
    entry = line.entry
    where = " ".join(part for part in (line.where, entry.address) if part)
    return [
        str(entry.seq), entry.created_at.astimezone(zone).isoformat(timespec="seconds"), line.who, where, line.what,
        line.record, line.record_key, "; ".join(line.changes), line.outcome, entry.remote_id,
    ]  # fmt: skip

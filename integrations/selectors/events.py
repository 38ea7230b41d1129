"""What the page of incoming events reads: the list with its filter, unverified ones, secrets, and figures."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from casehug.common.models import WorkItem
from casehug.firms.models import Notice
from casehug.firms.page_reads import answers, count_of, page_now
from integrations.connections.catalogue import items
from integrations.connections.ways import MODE
from integrations.contract.onboarding import POLLING
from integrations.inbound.wake import EVENT, NEWS
from integrations.models import Connection, InboundEndpoint, InboundEvent, InboundSecret, QuarantinedEvent
from integrations.selectors.connections import matter_titles, user_names
from integrations.selectors.log import decode_key, encode_key

PAGE = 50
RECENT = timedelta(days=30)
MOST_READ = 5000
"""How many recent events the count of unmapped stages looks at."""
STATES = {
    "applied": "applied", "nothing": "nothing_to_change", "logged": "logged_only", "no_matter": "no_linked_matter",
    "failed": "failed",
}  # fmt: skip


@dataclass(frozen=True)
class EventRow:
    """One event with its state in the one vocabulary and the matter's title."""

    event: InboundEvent
    state: str
    label: str
    matter_title: str


@dataclass(frozen=True)
class EventPage:
    """One page of events and the keys of its neighbours."""

    rows: list[EventRow]
    older: str = ""
    newer: str = ""


@dataclass(frozen=True)
class SecretRow:
    """A stored secret as far as it may be shown."""

    id: uuid.UUID
    label: str
    created_at: datetime
    created_by: str
    ends_at: datetime | None


@dataclass(frozen=True)
class UnmappedStage:
    """A stage seen lately that no line of the mapping decides."""

    stage_id: str
    count: int
    last_seen: datetime


def filtered(connection: Connection, *, result: str = "", event_type: str = "", source: str = "",
             matter_id: uuid.UUID | None = None, text: str = "") -> "QuerySet[InboundEvent]":  # fmt: skip
    """Return the events that match; an empty value does not filter, result `waiting` means not processed yet."""
    rows: QuerySet[InboundEvent] = InboundEvent.objects.filter(connection=connection)
    if result:
        rows = rows.filter(result="" if result == "waiting" else result)
    if source == InboundEvent.Verification.LATER:
        rows = rows.filter(verification=source)
    elif source:
        rows = rows.filter(source=source)
    if event_type:
        rows = rows.filter(event_type=event_type)
    if matter_id:
        rows = rows.filter(matter_id=matter_id)
    if text:
        rows = rows.filter(Q(event_id=text) | Q(matter_external_id=text) | Q(contact_external_id=text))
    return rows


def event_page(rows: "QuerySet[InboundEvent]", *, before: str = "", after: str = "") -> EventPage:
    """Return one page by key (time of arrival, id), newest first."""
    older_than, newer_than = decode_key(before), decode_key(after)
    if newer_than:
        at, row_id = newer_than
        rows = rows.filter(received_at__gte=at).filter(Q(received_at__gt=at) | Q(id__gt=row_id))
        found = list(rows.order_by("received_at", "id")[: PAGE + 1])
        newer, older, found = len(found) > PAGE, True, found[:PAGE][::-1]
    else:
        if older_than:
            at, row_id = older_than
            rows = rows.filter(received_at__lte=at).filter(Q(received_at__lt=at) | Q(id__lt=row_id))
        found = list(rows.order_by("-received_at", "-id")[: PAGE + 1])
        newer, older, found = older_than is not None, len(found) > PAGE, found[:PAGE]
    return EventPage(
        with_states(found),
        older=_key(found[-1]) if found and older else "",
        newer=_key(found[0]) if found and newer else "",
    )


def _key(event: InboundEvent) -> str:
    position: Any = type("Position", (), {"created_at": event.received_at, "id": event.id})
    return encode_key(position)


def with_states(events: Iterable[InboundEvent]) -> list[EventRow]:
    """Return events with state and title."""
    found = list(events)
    titles = matter_titles(event.matter_id for event in found)
    waiting = [event.subject for event in found if not event.result]
    work = {row.subject_id: row for row in WorkItem.objects.filter(kind__in=(EVENT, NEWS), subject_id__in=waiting)
            .order_by("created_at")} if waiting else {}  # fmt: skip
    rows: list[EventRow] = []
    for event in found:
        state, label = _state(event, work.get(event.subject))
        rows.append(EventRow(event, state, label, titles.get(event.matter_id, "") if event.matter_id else ""))
    return rows


def _state(event: InboundEvent, item: WorkItem | None) -> tuple[str, str]:
    if event.result:
        return STATES[event.result], event.get_result_display()
    if item is not None and item.status == WorkItem.Status.DEAD:
        return "failed", "Failed"
    if item is not None and item.status == WorkItem.Status.HELD:
        words = {"paused_in": "Waiting: receiving is paused", "reconnect": "Waiting for a reconnect"}
        return "held", words.get(item.hold_reason, f"Waiting for {item.hold_reason.replace('_', ' ')}")
    return "queued", "Queued"


DECIDED_BY = {"stage": "The stage", "sub_status": "The sub-status", "status": "The main status"}


def decision_words(connection: Connection, event: InboundEvent) -> tuple[str, str]:
    """Return the name of the stage that was read and what decided, in words."""
    stage_id = str(event.decision.get("stage", ""))
    item = items(connection, kind="stage", with_gone=True).filter(external_id=stage_id).first() if stage_id else None
    name = f"{item.parent} / {item.name}" if item and item.parent else item.name if item else stage_id
    return name, DECIDED_BY.get(str(event.decision.get("by", "")).partition(":")[0], "Nothing is mapped")


@dataclass(frozen=True)
class EventFigures:
    """What the page says about the way in besides its lists.

    `types`: names of events of the last 30 days; `missed`: changes that never came as a webhook; `waiting`: not
    processed yet; `alarm`, `unverified`: whether there are any.
    """

    types: list[str]
    missed: int
    waiting: int
    alarm: bool
    unverified: bool


def event_figures(connection: Connection, endpoint: InboundEndpoint) -> EventFigures:
    """Return the figures of the page, in one statement. In the firm scope."""
    types = InboundEvent.objects.filter(connection=connection, received_at__gt=page_now() - RECENT)
    named = types.exclude(event_type="").order_by().values("event_type").distinct()[:100]
    found = answers(
        seen_types=ArraySubquery(named),
        waiting=count_of(InboundEvent.objects.filter(connection=connection, result="")),
        alarm=Exists(Notice.objects.filter(subject_id=endpoint.id, cleared_at__isnull=True)),
        unverified=Exists(QuarantinedEvent.objects.filter(endpoint=endpoint)),
        **{f"missed_{place}": count_of(rows) for place, rows in enumerate(_never_pushed(connection))},
    )
    missed = sum(number for name, number in found.items() if name.startswith("missed_"))
    return EventFigures(sorted(found["seen_types"]), missed, found["waiting"], found["alarm"], found["unverified"])


def secret_rows(endpoint: InboundEndpoint) -> list[SecretRow]:
    """Return the live secrets, by name and newest first; never their values."""
    now = page_now()
    rows = [row for row in InboundSecret.objects.filter(endpoint=endpoint).order_by("label", "-created_at")
            if row.ends_at is None or row.ends_at > now]  # fmt: skip
    names = user_names(row.created_by_id for row in rows)
    return [SecretRow(row.id, row.label, row.created_at, names.get(row.created_by_id, ""), row.ends_at)
            for row in rows]  # fmt: skip


def unverified_rows(endpoint: InboundEndpoint, limit: int = PAGE) -> list[QuarantinedEvent]:
    """Return what is in quarantine, newest first."""
    return list(QuarantinedEvent.objects.filter(endpoint=endpoint).order_by("-updated_at", "-id")[:limit])


def _never_pushed(connection: Connection) -> list["QuerySet[InboundEvent]"]:
    """Return the changes of the last 30 days that were applied from reading and never came as a webhook."""
    if connection.settings.get(MODE) == POLLING:
        return []  # nothing is pushed, by choice
    pushed = InboundEvent.objects.filter(
        connection_id=OuterRef("connection_id"), matter_external_id=OuterRef("matter_external_id"),
        source=InboundEvent.Source.WEBHOOK, kind="matter_stage",
        # It is sent right after the change; five minutes cover clocks that differ.
        received_at__gte=OuterRef("occurred_at") - timedelta(minutes=5),
    )  # fmt: skip
    read = InboundEvent.objects.filter(
        connection=connection, source=InboundEvent.Source.POLL, result=InboundEvent.Result.APPLIED,
        received_at__gt=page_now() - RECENT,
    )  # fmt: skip
    told = InboundEvent.objects.filter(
        connection_id=OuterRef("connection_id"), matter_external_id=OuterRef("matter_external_id"),
        source=InboundEvent.Source.WEBHOOK, content=OuterRef("content"),
    )  # fmt: skip
    return [read.filter(content="").exclude(Exists(pushed)), read.exclude(content="").exclude(Exists(told))]


def came_without_webhook(connection: Connection) -> int:
    """Count the changes of the last 30 days that were applied from reading and never came as a webhook."""
    return sum(rows.count() for rows in _never_pushed(connection))


def waiting_count(connection: Connection) -> int:
    """Count the events that wait to be processed."""
    return int(InboundEvent.objects.filter(connection=connection, result="").count())


def unmapped_stages(connection: Connection) -> list[UnmappedStage]:
    """Return the stages of the last 30 days that no line decides, most often seen first."""
    rows = InboundEvent.objects.filter(
        connection=connection, kind="matter_stage", received_at__gt=page_now() - RECENT,
        decision__stage_mapped=False,
    ).order_by("-received_at")  # fmt: skip
    seen: dict[str, tuple[int, datetime]] = {}
    for decision, at in rows.values_list("decision", F("received_at"))[:MOST_READ]:
        count, newest = seen.get(str(decision.get("stage", "")), (0, at))
        seen[str(decision.get("stage", ""))] = (count + 1, newest)
    found = [UnmappedStage(stage, count, at) for stage, (count, at) in seen.items() if stage]
    return sorted(found, key=lambda one: -one.count)

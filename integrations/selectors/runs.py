"""One run in detail: trigger, each step with each attempt, what left the firm (names and sources, never values)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from casehug.common.models import WorkItem
from casehug.common.work import database_now
from integrations.models import CallRecord, Connection, MappingVersion, RemoteIntent, SyncLog
from integrations.selectors.calls import Evidence, calls_of, evidence_of
from integrations.selectors.connections import matter_titles, user_names
from integrations.selectors.states import SYNC, SyncState, state_of
from integrations.selectors.words import LINE_STATES, SOURCES, STEP_LABELS, action_words, trigger_words

__all__ = ["LINE_STATES", "action_words", "trigger_words"]


@dataclass(frozen=True)
class StepStory:
    """One step with its attempts, oldest first."""

    key: str
    label: str
    state: str
    state_label: str
    lines: list[SyncLog]
    calls: list[CallRecord]


@dataclass(frozen=True)
class Departure:
    """What one request carried: when, which way, and each field with the words for its source."""

    intent: RemoteIntent
    label: str
    fields: list[tuple[str, str]]


@dataclass(frozen=True)
class RunDetail:
    """Everything the run page shows."""

    item: WorkItem
    state: SyncState
    matter_title: str
    actor: str
    trigger: str
    steps: list[StepStory]
    departures: list[Departure]
    evidence: list[Evidence]
    versions: list[MappingVersion]
    later: WorkItem | None


def run_detail(*, connection: Connection, run_id: uuid.UUID) -> RunDetail | None:
    """Return one run of a connection, None when there is none with this id. In the firm scope."""
    kinds = (SYNC, *settings.OUTGOING_OPERATIONS)
    rows = WorkItem.objects.filter(id=run_id, connection_id=connection.id, kind__in=kinds)
    item: WorkItem | None = rows.first()
    if item is None:
        return None
    lines = list(SyncLog.objects.filter(work_item_id=item.id).order_by("created_at", "id"))
    intents = list(RemoteIntent.objects.filter(work_item_id=item.id).order_by("created_at"))
    calls = calls_of(item.id)
    looks = {step: sum(call.settling for call in made) for step, made in calls.items()}
    flagged = any(line.status == SyncLog.Status.NOTE for line in lines)
    later = WorkItem.objects.filter(
        kind=item.kind, connection_id=connection.id, subject_id=item.subject_id, created_at__gt=item.created_at
    )
    return RunDetail(
        item=item,
        state=state_of(item, database_now(), flagged=flagged),
        matter_title=matter_titles([item.subject_id]).get(item.subject_id, ""),
        actor=user_names([item.actor_id]).get(item.actor_id, "") if item.actor_id else "",
        trigger=trigger_words(item.trigger),
        steps=_stories(lines, calls),
        departures=[departure_of(intent) for intent in intents],
        evidence=evidence_of(intents, STEP_LABELS, looks),
        versions=_versions(connection, item),
        later=later.order_by("-created_at").first(),
    )


def _versions(connection: Connection, item: WorkItem) -> list[MappingVersion]:
    """Return the newest version of each mapping that stood when the run ended (or stands now), by kind."""
    rows = MappingVersion.objects.filter(connection=connection).defer("snapshot")
    if item.finished_at:
        rows = rows.filter(created_at__lte=item.finished_at)
    return list(rows.order_by("kind", "-number").distinct("kind"))


def _stories(lines: list[SyncLog], calls: dict[str, list[CallRecord]]) -> list[StepStory]:
    grouped: dict[str, list[SyncLog]] = {}
    for line in lines:
        line.words = action_words(line.action)  # type: ignore[attr-defined]
        grouped.setdefault(line.action.partition(".")[0], []).append(line)
    return [_story(key, grouped.get(key, []), calls.get(key, [])) for key in dict.fromkeys((*grouped, *calls))]


def _story(key: str, lines: list[SyncLog], calls: list[CallRecord]) -> StepStory:
    status = lines[-1].status if lines else ""
    state, words = LINE_STATES.get(status, ("skipped", status)) if lines else ("running", "Under way")
    return StepStory(key, STEP_LABELS.get(key, key.replace("_", " ").capitalize()), state, words, lines, calls)


def retryable(lines: Iterable[SyncLog]) -> set[uuid.UUID]:
    """Return the runs among these lines that failed and were not followed by another. In the firm scope."""
    ids = {line.work_item_id for line in lines if line.status == SyncLog.Status.FAILED and line.work_item_id}
    if not ids:
        return set()
    return retryable_runs(ids)


def retryable_runs(ids: Iterable[uuid.UUID], *, connection: Connection | None = None) -> set[uuid.UUID]:
    """Return those of these runs (of a connection) that failed and that no other followed. In the firm scope."""
    dead = WorkItem.objects.filter(id__in=list(ids), status=WorkItem.Status.DEAD)
    if connection is not None:
        dead = dead.filter(connection_id=connection.id)
    return set(without_newer(dead).values_list("id", flat=True))


def without_newer(rows: "QuerySet[WorkItem]") -> "QuerySet[WorkItem]":
    """Return those runs of matters that no newer run of the same matter has followed."""
    newer = WorkItem.objects.filter(
        Q(created_at__gt=OuterRef("created_at")) | Q(retry_of=OuterRef("id")),
        kind=SYNC, connection_id=OuterRef("connection_id"), subject_id=OuterRef("subject_id"),
    )  # fmt: skip
    return rows.filter(~Exists(newer), kind=SYNC)


def departure_of(intent: RemoteIntent) -> Departure:
    """Return one request's fields with the words for their sources."""
    kind = intent.kind.partition(".")[0]
    verb = {"create": "created", "update": "updated", "inline": "with the contact"}.get(intent.verb, intent.verb)
    fields = [(path, SOURCES.get(source, source)) for path, source, *_ in intent.origins]
    return Departure(intent, f"{STEP_LABELS.get(kind, kind.capitalize())} ({verb})", fields)


def departures_of_matter(matter_id: uuid.UUID) -> list[Departure]:
    """Return what left the firm for one matter, newest first. In the firm scope."""
    rows = RemoteIntent.objects.filter(matter_id=matter_id, sent_at__isnull=False).order_by("-created_at")[:50]
    return [departure_of(intent) for intent in rows]

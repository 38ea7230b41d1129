"""One run in detail: trigger, each step with each attempt, what left the firm (names and sources, never values)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from casehug.common.models import WorkItem
from casehug.common.work import database_now
from integrations.models import Connection, RemoteIntent, SyncLog
from integrations.selectors.connections import matter_titles, user_names
from integrations.selectors.states import SYNC, SyncState, state_of

STEP_LABELS = {"contact": "Contact", "matter": "Matter", "note": "Note"}
VERBS = {
    "find": "Looked for",
    "create": "Created",
    "update": "Updated",
    "link": "Linked",
    "duplicate": "Found twice",
    "prepare": "Prepared",
}
SOURCES = {
    "client_submission": "the client's submission",
    "identity": "the client's name, e-mail or phone",
    "case": "the matter's title, practice area or stage",
    "system": "CaseHug itself (marker, link, mapped id)",
    "composed": "written for this message",
}
TRIGGERS = {
    "": "By itself",
    "manual": "Pressed by a person",
    "api": "Asked for over the API",
    "approval": "Document approved",
    "document.approved": "Document approved",
    "intake.approved": "Intake approved",
    "intake.completed": "Intake completed",
    "matter.created": "Matter created",
    "connected": "Connected",
    "retry": "Retried by a person",
}


@dataclass(frozen=True)
class StepStory:
    """One step with its attempts, oldest first."""

    key: str
    label: str
    state: str
    state_label: str
    lines: list[SyncLog]


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
    later: WorkItem | None


def action_words(action: str) -> str:
    """Return `contact.create` as “Contact: created”."""
    noun, _, verb = action.partition(".")
    label = STEP_LABELS.get(noun, noun.replace("_", " ").capitalize())
    return f"{label}: {VERBS.get(verb, verb.replace('_', ' ')).lower()}" if verb else label


def trigger_words(trigger: str) -> str:
    """Return what started a run in words."""
    return TRIGGERS.get(trigger, trigger.replace(".", " ").replace("_", " ").capitalize())


def run_detail(*, connection: Connection, run_id: uuid.UUID) -> RunDetail | None:
    """Return one run of a connection, None when there is none with this id. In the firm scope."""
    item: WorkItem | None = WorkItem.objects.filter(id=run_id, connection_id=connection.id, kind=SYNC).first()
    if item is None:
        return None
    lines = list(SyncLog.objects.filter(work_item_id=item.id).order_by("created_at", "id"))
    intents = list(RemoteIntent.objects.filter(work_item_id=item.id).order_by("created_at"))
    flagged = any(line.status == SyncLog.Status.NOTE for line in lines)
    later = WorkItem.objects.filter(
        kind=SYNC, connection_id=connection.id, subject_id=item.subject_id, created_at__gt=item.created_at
    )
    return RunDetail(
        item=item,
        state=state_of(item, database_now(), flagged=flagged),
        matter_title=matter_titles([item.subject_id]).get(item.subject_id, ""),
        actor=user_names([item.actor_id]).get(item.actor_id, "") if item.actor_id else "",
        trigger=trigger_words(item.trigger),
        steps=_stories(lines),
        departures=[departure_of(intent) for intent in intents],
        later=later.order_by("-created_at").first(),
    )


def _stories(lines: list[SyncLog]) -> list[StepStory]:
    grouped: dict[str, list[SyncLog]] = {}
    for line in lines:
        grouped.setdefault(line.action.partition(".")[0], []).append(line)
    return [_story(key, group) for key, group in grouped.items()]


LINE_STATES = {
    "success": ("done", "Done"),
    "failed": ("failed", "Failed"),
    "checking": ("unknown", "Unknown — checking"),
    "nothing": ("unchanged", "Nothing to change"),
    "note": ("noted", "Look here"),
}


def _story(key: str, lines: list[SyncLog]) -> StepStory:
    state, words = LINE_STATES.get(lines[-1].status, ("skipped", lines[-1].status))
    return StepStory(key, STEP_LABELS.get(key, key.replace("_", " ").capitalize()), state, words, lines)


def retryable(lines: Iterable[SyncLog]) -> set[uuid.UUID]:
    """Return the runs among these lines that failed and were not followed by another. In the firm scope."""
    ids = {line.work_item_id for line in lines if line.status == SyncLog.Status.FAILED and line.work_item_id}
    if not ids:
        return set()
    newer = WorkItem.objects.filter(
        kind=SYNC, connection_id=OuterRef("connection_id"), subject_id=OuterRef("subject_id"),
        created_at__gt=OuterRef("created_at"),
    )  # fmt: skip
    dead = WorkItem.objects.filter(id__in=ids, status=WorkItem.Status.DEAD)
    return set(dead.filter(~Exists(newer)).values_list("id", flat=True))


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

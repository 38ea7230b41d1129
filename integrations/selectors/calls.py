"""The calls of a run for its page: what was asked, when and how it was answered; the content is opened one by one."""

import uuid
from dataclasses import dataclass

from integrations.models import CallRecord, RemoteIntent
from integrations.selectors.words import SOURCES
from integrations.sync.records.calls import Content, open_content

MOST = 200


@dataclass(frozen=True)
class Evidence:
    """How one unanswered write was settled, in words."""

    intent: RemoteIntent
    label: str
    looks: int
    words: str


@dataclass(frozen=True)
class Inspected:
    """One call with what may be shown of it; `fields` are path, where it came from, kind and digest."""

    call: CallRecord
    content: Content | None
    fields: list[tuple[str, str, str, str]]


def calls_of(run_id: uuid.UUID) -> dict[str, list[CallRecord]]:
    """Return the calls of a run by step, oldest first. In the firm scope."""
    found: dict[str, list[CallRecord]] = {}
    rows = CallRecord.objects.filter(work_item_id=run_id).order_by("made_at", "id").defer("content")
    for row in rows[:MOST]:
        found.setdefault(row.step, []).append(row)
    return found


def evidence_of(intents: list[RemoteIntent], labels: dict[str, str], looks: dict[str, int]) -> list[Evidence]:
    """Return what is known about each write of a run that once had no answer."""
    found = []
    for intent in intents:
        if intent.ever_unknown:
            kind = intent.kind.partition(".")[0]
            found.append(Evidence(intent, labels.get(kind, kind.capitalize()), looks.get(kind, 0), _settled(intent)))
    return found


def _settled(intent: RemoteIntent) -> str:
    if intent.outcome == RemoteIntent.Outcome.APPLIED:
        return f"It had arrived: the record {intent.remote_id} carries our mark or exactly these values."
    if intent.outcome == RemoteIntent.Outcome.NOT_APPLIED:
        return "It had not arrived: by the time below, neither of two ways of looking found it. Sending again is safe."
    return "Not settled yet. Nothing is repeated before it is."


def inspected(*, run_id: uuid.UUID, call_id: uuid.UUID) -> Inspected | None:
    """Open one call of a run, None when there is none. In the firm scope; the caller records who looked."""
    row: CallRecord | None = CallRecord.objects.filter(id=call_id, work_item_id=run_id).first()
    if row is None:
        return None
    content = open_content(row)
    fields = (
        [(path, SOURCES.get(source, source), kind, digest) for path, source, kind, digest in content.fields]
        if content
        else []
    )
    return Inspected(row, content, fields)

"""“How this account behaves”: find out by reading what a provider leaves open, and keep it as the account's profile."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement, database_now
from integrations.connections.holds import hold_reason
from integrations.connections.open_api import PAGE_PATIENCE, WORKER_PATIENCE, note_throttle, open_api
from integrations.contract.behaviour import PROFILE, Behaviour, Finding, Seen
from integrations.contract.errors import AuthRejected, ProviderError, Throttled
from integrations.contract.http import Api
from integrations.models import Connection, InboundEvent
from integrations.registry import provider

KIND = "examine_connection"


@dataclass(frozen=True)
class Fact:
    """One question with what is known: `value` is empty when nothing is; `at` is when that was found out."""

    key: str
    question: str
    decides: str
    assumption: str
    value: str
    words: str
    evidence: str
    at: datetime | None


@dataclass(frozen=True)
class Report:
    """What one examination found, all questions in order. `stopped_by` ended it early; what was found is kept."""

    facts: Sequence[Fact]
    at: datetime | None
    stopped_by: ProviderError | None = None


class _Remembering:
    """A client that asks each thing once: several questions look at the same list."""

    def __init__(self, api: Api) -> None:
        self._api, self._answers = api, dict[tuple[str, tuple[tuple[str, str], ...]], Any]()

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        asked = (path, tuple(sorted((query or {}).items())))
        if asked not in self._answers:
            self._answers[asked] = self._api.read(path, query)
        return self._answers[asked]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)


def examine_connection(
    *, connection: Connection, lane: int = WorkItem.Lane.BULK, may_refresh: bool = True, skip: Sequence[str] = ()
) -> Report:
    """Ask every open question of the provider about this account, and store what was found out. Only reads.

    Call it outside any transaction. A question that cannot be answered now keeps the answer it had, with its time.
    Stops at a rejected access or a spent budget (`stopped_by`); `skip` names questions that are not asked again.
    """
    questions = [one for one in provider(connection.provider).behaviours if one.key not in skip]
    found: dict[str, Finding] = {}
    problem: ProviderError | None = None
    try:
        seen = _seen(connection, lane=lane, may_refresh=may_refresh)
        for question in questions:
            answer = _ask(question, seen)
            if answer is not None:
                found[question.key] = answer
    except (AuthRejected, Throttled) as stop:
        problem = stop
        note_throttle(connection, stop)
    except ProviderError as trouble:  # the client could not be opened
        problem = trouble
    with firm_scope(connection.firm_id):
        _store(connection, found, finished=problem is None)
        report = report_of(Connection.objects.get(id=connection.id))
    return Report(report.facts, report.at, problem)


def _seen(connection: Connection, *, lane: int, may_refresh: bool) -> Seen:
    with firm_scope(connection.firm_id):
        events = InboundEvent.objects.filter(connection=connection, source=InboundEvent.Source.WEBHOOK)
        names = frozenset(events.order_by().values_list("event_type", flat=True).distinct()[:100])
    patience = WORKER_PATIENCE if may_refresh else PAGE_PATIENCE
    api = open_api(connection, lane=lane, may_refresh=may_refresh, patience=patience)
    return Seen(
        api=_Remembering(api), token_seconds=connection.token_lifetime, event_types=names,
        rate=connection.learned_rate, profile=connection.profile,
    )  # fmt: skip


def _ask(question: Behaviour, seen: Seen) -> Finding | None:
    """Return the answer, None when this question could not be asked; the others still are."""
    try:
        return question.look(seen)
    except (AuthRejected, Throttled):
        raise
    except ProviderError:
        return None


def _store(connection: Connection, found: Mapping[str, Finding], *, finished: bool) -> None:
    row: Connection = Connection.objects.select_for_update().get(id=connection.id)
    now = database_now().isoformat()
    kept = row.profile.get(PROFILE, {})
    facts, changed = dict(kept.get("facts", {})), {}
    for key, one in found.items():
        before = facts.get(key, {})
        if before.get("value") and not one.value:
            continue  # what was seen once stays known, with its age
        if before and before.get("value") != one.value:
            changed[key] = [before.get("value"), one.value]
        facts[key] = {"value": one.value, "words": one.words, "evidence": one.evidence, "at": now}
    at = now if finished else kept.get("at")
    row.profile = {**row.profile, PROFILE: {"facts": facts, "at": at, "asked_at": now}}
    row.save(update_fields=["profile", "updated_at"])
    changes = {"answers": sum(bool(one.value) for one in found.values()), "changed": changed}
    audit.record(action="connection.examined", object_type="connection", object_id=row.id, changes=changes)


def report_of(connection: Connection) -> Report:
    """Return what is known about the account of a connection, without asking anything."""
    kept = connection.profile.get(PROFILE, {})
    facts = [_fact(question, kept.get("facts", {}).get(question.key, {}))
             for question in provider(connection.provider).behaviours]  # fmt: skip
    return Report(facts, _moment(kept.get("at")))


def _fact(question: Behaviour, kept: Mapping[str, Any]) -> Fact:
    return Fact(
        question.key, question.question, question.decides, question.assumption, str(kept.get("value", "")),
        str(kept.get("words", "Not looked at yet.")), str(kept.get("evidence", "")), _moment(kept.get("at")),
    )  # fmt: skip


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None


def ask_for_examination(*, connection: Connection, lane: int = WorkItem.Lane.BULK) -> WorkItem:
    """Queue an examination; a live one is joined. In the firm scope."""
    return work.enqueue(
        kind=KIND, queue="maintenance", subject_type="connection", subject_id=connection.id,
        connection_id=connection.id, lane=lane, trigger="examine", hold_reason=hold_reason(connection),
    )  # fmt: skip


def under_way(connection_id: uuid.UUID) -> "QuerySet[WorkItem]":
    """Return the examinations that are queued or running. In the firm scope."""
    rows: QuerySet[WorkItem] = WorkItem.objects.filter(
        kind=KIND, subject_id=connection_id, status__in=("ready", "running")
    )
    return rows


def run_examination(item: WorkItem) -> Settlement:
    """Handler of kind `examine_connection`. A rejected access is left to the next sync or test, which judges it."""
    with firm_scope(item.firm_id):
        connection = Connection.objects.filter(id=item.subject_id).first()
        reason = hold_reason(connection) if connection is not None else ""
    if connection is None:
        return work.done()
    if reason:
        return work.hold(reason=reason)
    report = examine_connection(connection=connection, lane=item.lane, skip=item.step_state.get("asked", ()))
    problem = report.stopped_by
    if isinstance(problem, Throttled):
        with firm_scope(item.firm_id):
            work.guard(item)
            asked = [fact.key for fact in report.facts if fact.at is not None and fact.at >= item.created_at]
            work.save_progress(item, step="asked", state={"asked": asked})
        return work.wait(seconds=max(1.0, problem.seconds), error_class=problem.error_class, error_code=problem.code)
    if problem is not None and not isinstance(problem, AuthRejected):
        return work.retry(error_class=problem.error_class, error_code=problem.code, error_text=problem.detail)
    return work.done()

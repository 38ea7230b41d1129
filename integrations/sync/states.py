"""What pages show about the sync of matters: one overall state and one per step, in the words of the product."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from casehug.common.models import WorkItem
from casehug.firms.page_reads import page_now
from casehug.intake.models import Matter
from integrations import queue
from integrations.connections.endpoints import endpoints_for
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink, RemoteIntent, SyncLog
from integrations.registry import provider
from integrations.sync.intents import OPEN
from integrations.sync.messages import Message, message_for
from integrations.sync.records.remarks import FIELDS, FIELDS_FIT, MAPPING

STEPS = (("contact", "Contact"), ("matter", "Matter"), ("note", "Note"), ("form", "Form"))
OPTIONAL = ("form",)
"""Shown only for matters that have to do with it."""
FINAL = ("synced", "noted", "failed", "cancelled", "never")


@dataclass(frozen=True)
class StepState:
    """One step as it stands: `state` is done, running, unknown, failed, waiting or open."""

    key: str
    label: str
    state: str
    at: datetime | None = None
    remote_id: str = ""
    how: str = ""
    url: str = ""
    error_text: str = ""
    error_code: str = ""
    link_id: uuid.UUID | None = None
    review: Message | None = None
    review_ids: Sequence[str] = ()


@dataclass(frozen=True)
class MatterSync:
    """The sync of one matter. `state`: queued, running, waiting, unknown, held, synced, noted, failed, cancelled."""

    matter_id: uuid.UUID
    provider_key: str
    provider_name: str
    state: str
    steps: Sequence[StepState]
    at: datetime | None = None
    next_at: datetime | None = None
    message: Message | None = None
    error_text: str = ""
    error_code: str = ""
    hold_reason: str = ""
    work_item_id: uuid.UUID | None = None
    trigger: str = ""
    actor_id: uuid.UUID | None = None
    attempt: int = 0
    can_retry: bool = False
    can_cancel: bool = False
    url: str = ""
    settles_at: datetime | None = None
    """While an outcome is unknown: by when it is settled."""
    remarks: Sequence[str] = ()
    """What arrived with a remark (no stage, a field left out), in plain words."""

    @property
    def final(self) -> bool:
        """Tell whether nothing changes any more by itself (a page stops asking)."""
        return self.state in FINAL


@dataclass
class _Facts:
    """Everything about some matters, read with a fixed number of queries."""

    connection: Connection
    declared: Provider
    now: datetime
    rows: dict[uuid.UUID, WorkItem] = field(default_factory=dict)
    links: dict[tuple[uuid.UUID, str], ExternalLink] = field(default_factory=dict)
    doubts: dict[uuid.UUID, list[RemoteIntent]] = field(default_factory=dict)
    failed: dict[tuple[uuid.UUID, str], SyncLog] = field(default_factory=dict)
    remarks: dict[uuid.UUID, dict[str, str]] = field(default_factory=dict)


def sync_state(
    matter_ids: Iterable[uuid.UUID], *, provider_key: str = "lawmatics", connection: Connection | None = None
) -> dict[uuid.UUID, MatterSync]:
    """Return the state of each matter that was ever queued or linked, inside the firm scope; others are left out.

    `connection`: the one to that provider, if it was read already.
    """
    ids = list(matter_ids)
    connection = connection or Connection.objects.filter(provider=provider_key).first()
    if connection is None or not ids:
        return {}
    facts = _read(connection, ids)
    known = {matter_id for matter_id, _ in facts.links} | set(facts.rows)
    return {matter_id: _state(facts, matter_id) for matter_id in ids if matter_id in known}


def _read(connection: Connection, ids: list[uuid.UUID]) -> _Facts:
    facts = _Facts(connection, provider(connection.provider), page_now())
    rows = WorkItem.objects.filter(connection_id=connection.id, kind=queue.SYNC_MATTER, subject_id__in=ids)
    facts.rows = {row.subject_id: row for row in rows.order_by("created_at", "id")}
    last_lines: dict[tuple[uuid.UUID, str], SyncLog] = {}
    for line in SyncLog.objects.filter(connection=connection, matter_id__in=ids).order_by("created_at", "id"):
        last_lines[(line.matter_id, line.action.split(".")[0])] = line
        if line.action == "matter.update" and line.status == SyncLog.Status.SUCCESS:
            facts.remarks.pop(line.matter_id, None)  # what was remarked before is out of date
        if line.action == FIELDS_FIT:
            facts.remarks.get(line.matter_id, {}).pop(FIELDS, None)
        if line.action in (MAPPING, FIELDS):
            facts.remarks.setdefault(line.matter_id, {})[line.action] = line.error_text
    facts.failed = {key: line for key, line in last_lines.items() if line.status == SyncLog.Status.FAILED}
    for intent in RemoteIntent.objects.filter(connection=connection, matter_id__in=ids, outcome__in=OPEN):
        facts.doubts.setdefault(intent.matter_id, []).append(intent)
    _read_links(facts, ids)
    return facts


def _read_links(facts: _Facts, ids: list[uuid.UUID]) -> None:
    """Read the links of the matters and, through the one foreign key needed here, of their clients."""
    clients = dict(Matter.objects.filter(id__in=ids, client__isnull=False).values_list("id", "client_id"))
    usable = ExternalLink.objects.filter(remote_firm=facts.connection.remote_firm, broken_at__isnull=True)
    contacts: dict[uuid.UUID, ExternalLink] = {}
    for link in usable.filter(local_id__in=[*ids, *clients.values()]).order_by("local_type"):
        if link.local_type == "contact":
            contacts[link.local_id] = link
        else:
            # `note.intake_completed` sorts first; an earlier status note does not hide it.
            facts.links.setdefault((link.local_id, link.local_type.split(".")[0]), link)
    for matter_id, client_id in clients.items():
        here = (matter_id, "matter") in facts.links or matter_id in facts.rows
        if client_id in contacts and here:
            facts.links[(matter_id, "contact")] = contacts[client_id]


def _state(facts: _Facts, matter_id: uuid.UUID) -> MatterSync:
    row = facts.rows.get(matter_id)
    overall = _overall(facts, matter_id, row)
    steps = [_step(facts, matter_id, key, label, overall) for key, label in STEPS if _concerns(facts, matter_id, key)]
    remarks = tuple(facts.remarks.get(matter_id, {}).values())
    if overall == "synced" and (remarks or any(step.review or step.error_text for step in steps)):
        overall = "noted"
    matter = facts.links.get((matter_id, "matter"))
    return MatterSync(
        matter_id=matter_id,
        provider_key=facts.connection.provider,
        provider_name=facts.declared.name,
        state=overall,
        steps=steps,
        at=_last(row, matter),
        next_at=row.next_attempt_at if row and overall == "waiting" else None,
        message=_message(facts, row, overall),
        error_text=row.last_error_text if row else "",
        error_code=f"{row.last_error_class}.{row.last_error_code}".strip(".") if row else "",
        hold_reason=row.hold_reason if row else "",
        work_item_id=row.id if row else None,
        trigger=row.trigger if row else "",
        actor_id=row.actor_id if row else None,
        attempt=row.attempts + 1 if row else 0,
        can_retry=overall in ("failed", "cancelled"),
        can_cancel=overall in ("queued", "waiting", "held"),
        url=_url(facts, "matter", matter.external_id) if matter else "",
        settles_at=_settles_at(facts, matter_id) if overall == "unknown" else None,
        remarks=remarks,
    )


def _overall(facts: _Facts, matter_id: uuid.UUID, row: WorkItem | None) -> str:
    if row is None:
        return "synced" if (matter_id, "matter") in facts.links else "never"
    if row.status == "held":
        return "unknown" if row.hold_reason == "checking" else "held"
    if row.status == "ready":
        return "waiting" if row.next_attempt_at > facts.now or row.last_error_class else "queued"
    return {"running": "running", "done": "synced", "dead": "failed", "cancelled": "cancelled"}[row.status]


def _concerns(facts: _Facts, matter_id: uuid.UUID, key: str) -> bool:
    in_doubt = key in {intent.kind for intent in facts.doubts.get(matter_id, [])}
    return key not in OPTIONAL or in_doubt or (matter_id, key) in facts.links or (matter_id, key) in facts.failed


def _step(facts: _Facts, matter_id: uuid.UUID, key: str, label: str, overall: str) -> StepState:
    link = facts.links.get((matter_id, key))
    line = facts.failed.get((matter_id, key))
    if link is not None:
        review = message_for("review", link.needs_review, name=facts.declared.name) if link.needs_review else None
        problem = line if line is not None and line.created_at > link.updated_at else None
        return StepState(
            key, label, "done", link.updated_at, link.external_id, link.how, _url(facts, key, link.external_id),
            problem.error_text if problem else "", problem.error_code if problem else "", link.id, review,
            link.review_ids,
        )  # fmt: skip
    in_doubt = {intent.kind.split(".")[0] for intent in facts.doubts.get(matter_id, [])}
    if key in in_doubt and overall in ("unknown", "failed"):
        return StepState(key, label, "unknown")
    if line is not None:
        return StepState(
            key, label, "failed" if overall == "failed" else "waiting", line.created_at,
            error_text=line.error_text, error_code=line.error_code,
        )  # fmt: skip
    return StepState(key, label, "running" if overall == "running" else "open")


def _message(facts: _Facts, row: WorkItem | None, overall: str) -> Message | None:
    name = facts.declared.name
    if row is None or overall in ("synced", "noted", "queued", "running", "cancelled"):
        return None
    if overall == "held":
        known = row.hold_reason in ("reconnect", "paused", "other_account")
        code = row.last_error_code if row.last_error_class == "mapping" else ""
        return message_for("held" if known else row.last_error_class, row.hold_reason if known else code, name=name)
    if overall == "unknown":
        return message_for("network", "checking", name=name)
    final = row.last_error_class in ("validation", "configuration") or row.last_error_code in ("gave_up", "poison")
    if overall == "failed" and (not final or row.last_error_code == "lost_link"):
        return message_for("network" if row.last_error_class == "network" else "unknown", "too_many_tries", name=name)
    return message_for(row.last_error_class or "unknown", row.last_error_code, name=name)


def _settles_at(facts: _Facts, matter_id: uuid.UUID) -> datetime | None:
    return max((intent.settle_until for intent in facts.doubts.get(matter_id, [])), default=None)


def _last(row: WorkItem | None, matter: ExternalLink | None) -> datetime | None:
    if row is not None:
        return row.finished_at or row.updated_at
    return matter.updated_at if matter else None


def _url(facts: _Facts, kind: str, remote_id: str) -> str:
    web = endpoints_for(facts.connection.provider).web_url
    return facts.declared.record_url(web, kind, remote_id) if remote_id else ""

"""Applying what came in, inside the firm scope: local status, readings, flags on links, each event's result."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from casehug.common.work import database_now
from casehug.intake.errors import IntakeError
from casehug.intake.models import Matter
from casehug.intake.selectors.sync import matter_for_sync
from casehug.intake.services.matters import change_status
from integrations.contract.changes import Change, Kind, MatterState
from integrations.mappings.services import mapping_for
from integrations.mappings.status import decide, status_table
from integrations.models import Connection, ExternalLink, InboundEvent, MatterReading

Result = InboundEvent.Result


def matter_link(connection: Connection, external_id: str) -> ExternalLink | None:
    """Return the usable link of a remote matter in the connected account."""
    rows = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type="matter", external_id=external_id, broken_at__isnull=True
    )
    found: ExternalLink | None = rows.first() if external_id else None
    return found


def finish(events: Sequence[InboundEvent], result: str, reason: str = "", **more: Any) -> None:
    """Write the result of events that are still waiting."""
    rows = InboundEvent.objects.filter(id__in=[event.id for event in events], result="")
    rows.update(result=result, reason=reason[:300], processed_at=database_now(), **more)


def apply_state(
    *, connection: Connection, link: ExternalLink, events: Sequence[InboundEvent], state: MatterState, explicit: bool
) -> str:
    """Let the local status follow a matter's state there; returns the result written.

    `explicit`: an event said that stage or status changed. Otherwise only a state that differs from the last reading
    counts, so that an edit of something else there does not undo what a person decided here.
    """
    reading, seen_before = _lock_reading(connection, link.external_id)
    about: dict[str, Any] = {"matter_id": link.local_id}
    if _older(state.updated_at, reading.remote_updated_at):
        finish(events, Result.NOTHING, "A newer state of this matter was read before.", **about)
        return Result.NOTHING
    same = seen_before and _place(reading) == (state.stage_id, state.sub_status, state.status)
    found = decide(status_table(connection), state)
    decision = {"stage": state.stage_id, "sub_status": state.sub_status, "status": state.status, "by": found.by,
                "stage_mapped": found.stage_mapped}  # fmt: skip
    reading.stage_id, reading.sub_status, reading.status = state.stage_id, state.sub_status, state.status
    reading.remote_updated_at = state.updated_at or reading.remote_updated_at
    reading.save()
    if same and not explicit:
        finish(events, Result.NOTHING, "Stage and status stand as they were read before.", decision=decision, **about)
        return Result.NOTHING
    if not seen_before and not explicit and _put_there_by_us(connection, link, state):
        finish(events, Result.NOTHING, "It stands where CaseHug put it.", decision=decision, **about)
        return Result.NOTHING
    result, reason, changed = _set_status(connection, link, found.status)
    decision |= changed
    if not found.by:
        reason = "Nothing is mapped for this stage and status: the matter keeps its status."
    pushed = [event for event in events if event.source == InboundEvent.Source.WEBHOOK]
    first = pushed or events
    finish(first, result, reason, decision=decision, **about)
    rest = [event for event in events if event not in first]
    finish(rest, Result.NOTHING, "A webhook brought this change.", decision=decision, **about)
    return result


def _put_there_by_us(connection: Connection, link: ExternalLink, state: MatterState) -> bool:
    """Tell whether a matter that was never read before still stands in the stage it was sent to."""
    if not state.stage_id or not Matter.objects.filter(id=link.local_id).exists():
        return False
    return mapping_for(connection, matter_for_sync(link.local_id)).stage_id == state.stage_id


def _set_status(connection: Connection, link: ExternalLink, status: str) -> tuple[str, str, dict[str, Any]]:
    matter = Matter.objects.filter(id=link.local_id).first()
    if matter is None:
        return Result.NO_MATTER, "The linked matter no longer exists here.", {}
    if matter.is_archived:
        return Result.NOTHING, "The matter is archived here, and archived matters are never changed.", {}
    if not status:
        return Result.NOTHING, "The mapping says to keep the status.", {}
    before = matter.status
    try:
        changed = change_status(
            matter_id=link.local_id, to=status, source=connection.provider, origin=f"connection:{connection.id}"
        )
    except IntakeError as refused:
        return Result.FAILED, refused.message, {}
    if not changed:
        return Result.NOTHING, f"The matter is {status} already.", {}
    return Result.APPLIED, f"Status changed from {before} to {status}.", {"from": before, "to": status}


def _lock_reading(connection: Connection, external_id: str) -> tuple[MatterReading, bool]:
    key = {"remote_firm": connection.remote_firm, "external_id": external_id}
    rows = MatterReading.objects.select_for_update()
    found = rows.filter(**key).first()
    if found is not None:
        return found, True
    MatterReading.objects.bulk_create([MatterReading(connection=connection, **key)], ignore_conflicts=True)
    row: MatterReading = rows.get(**key)
    return row, row.remote_updated_at is not None


def _place(reading: MatterReading) -> tuple[str, str, str]:
    return reading.stage_id, reading.sub_status, reading.status


def _older(moment: datetime | None, known: datetime | None) -> bool:
    return moment is not None and known is not None and moment < known


def log_only(*, connection: Connection, event: InboundEvent, change: Change) -> str:
    """Note an event that changes nothing here, on the timeline of the matter or client it is about (CH-7)."""
    if change.remote_firm and connection.remote_firm and change.remote_firm != connection.remote_firm:
        finish([event], Result.LOGGED, "It is about another account than the connected one.")
        return Result.LOGGED
    link = matter_link(connection, change.matter_id)
    person = _contact_link(connection, change.contact_id)
    about: dict[str, Any] = {
        "matter_id": link.local_id if link else None, "client_id": person.local_id if person else None
    }  # fmt: skip
    reason = _flag(person, change) if person else ""
    if change.kind is Kind.UNKNOWN:
        reason = "CaseHug does not know this kind of event."
    elif change.kind is Kind.MATTER_STAGE:
        reason = "It does not say which matter it is about."
    named = change.matter_id or change.contact_id
    linked = link or person
    result = Result.NO_MATTER if named and not linked and change.kind is not Kind.UNKNOWN else Result.LOGGED
    finish([event], result, reason, **about)
    return result


def _contact_link(connection: Connection, external_id: str) -> ExternalLink | None:
    rows = ExternalLink.objects.filter(
        remote_firm=connection.remote_firm, local_type="contact", external_id=external_id, broken_at__isnull=True
    )
    found: ExternalLink | None = rows.first() if external_id else None
    return found


def _flag(link: ExternalLink, change: Change) -> str:
    """Mark the links of a contact that was merged or deleted there for a check by a person."""
    if not change.contact_lost:
        return ""
    rows = ExternalLink.objects.filter(
        remote_firm=link.remote_firm, local_type="contact", external_id=link.external_id, broken_at__isnull=True
    )
    rows.update(needs_review="deleted_there")
    return f"The linked contact was {change.contact_lost} there. The link is kept and marked for a check."

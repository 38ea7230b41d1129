"""Work of kind `inbound_news`: what an exchange tells about one case, applied event by event, each on its own.

Every step takes news in any order and any number of times and ends the same; a case that is not known yet lets its
news wait for it.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from casehug.common import work
from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.settlements import Settlement
from casehug.intake.errors import IntakeError
from casehug.referrals.models import Referral
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.matters import make_matter_if_clear
from integrations.connections.holds import PAUSED_IN
from integrations.contract.changes import Change, Kind
from integrations.inbound import apply
from integrations.inbound.endpoints import inbound_of
from integrations.inbound.store import open_payload
from integrations.models import Connection, InboundEvent
from integrations.referrals import cases, news, translate

log = structlog.get_logger(__name__)
MOST_EVENTS = 200
Result = InboundEvent.Result
Pair = tuple[InboundEvent, Change]
ANOTHER = "It is about another account than the connected one."
NAMELESS = "It does not say which case it is about."
EARLY = "The case is not known here. If it becomes known, this is processed by itself."
KNOWN = "The same came before by the other way."
FAULT = "An unexpected fault in CaseHug. Process it again, or ask for help with its number."


def run_news(item: WorkItem) -> Settlement:
    """Handler of kind `inbound_news`: all waiting events of one case, oldest first, each in its own transaction."""
    with firm_scope(item.firm_id):
        work.guard(item)
        rows = InboundEvent.objects.filter(subject=item.subject_id, result="").select_related("connection")
        events = list(rows.order_by("received_at", "id")[:MOST_EVENTS])
        if not events:
            return work.done()
        connection: Connection = events[0].connection
        if connection.paused_in:
            return work.hold(reason=PAUSED_IN)
        pairs = _read(events, connection)
    troubled = []
    for event, change in pairs:
        try:
            with firm_scope(item.firm_id):
                work.guard(item)
                _apply(connection, event, change)
        except work.LostClaim:
            raise
        except Exception:  # one event never holds up the others of its case
            log.exception("inbound.news.failed", kind=event.kind)
            troubled.append(event)
    with firm_scope(item.firm_id):
        work.guard(item)
        for referral_id in {one for _, change in pairs if (one := _referral(connection, change))}:
            _matter(referral_id)
    return _end(item, troubled, more=len(events) == MOST_EVENTS)


def _end(item: WorkItem, troubled: Sequence[InboundEvent], *, more: bool) -> Settlement:
    if troubled and item.attempts + 1 >= work.MAX_ATTEMPTS:
        with firm_scope(item.firm_id):
            work.guard(item)
            apply.finish(troubled, Result.FAILED, FAULT)
        return work.done()
    if troubled:
        return work.retry(error_class="unknown", error_code="internal", error_text=FAULT)
    return work.wait(seconds=0.1) if more else work.done()


def _read(events: Sequence[InboundEvent], connection: Connection) -> list[Pair]:
    """Open and parse what waits, in the order in which it happened there."""
    declared, pairs = inbound_of(connection.provider), list[Pair]()
    for event in events:
        try:
            body = open_payload(event)
        except DecryptionError:
            body = None
        if declared is None or body is None:
            apply.finish([event], Result.FAILED, "Its content can no longer be opened.")
        else:
            pairs.append((event, declared.change_of(event.headers, body)))
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(pairs, key=lambda pair: (pair[1].occurred_at or never, pair[0].received_at, pair[0].id))


def _apply(connection: Connection, event: InboundEvent, change: Change) -> None:
    """Apply one event and write down what became of it."""
    if change.remote_firm and connection.remote_firm and change.remote_firm != connection.remote_firm:
        apply.finish([event], Result.LOGGED, ANOTHER)
        return
    if change.news is None or not change.news.case_id:
        apply.finish([event], Result.LOGGED, NAMELESS)
        return
    referral_id = cases.find(connection, change)
    if referral_id is None and cases.is_offered_to_us(connection, change):
        referral_id = _take_in(connection, change)
    if referral_id is None:
        apply.finish([event], Result.NO_MATTER, EARLY)
        return
    before = Referral.objects.get(id=referral_id)
    try:
        reason = news.apply(connection=connection, referral=before, event=event, change=change)
    except IntakeError as refusal:
        apply.finish([event], Result.FAILED, str(refusal), matter_id=before.matter_id)
        return
    known = not reason and _came_before(connection, event)
    result = Result.LOGGED if reason else Result.NOTHING if known else Result.APPLIED
    apply.finish([event], result, reason or (KNOWN if known else ""), matter_id=before.matter_id)


def _take_in(connection: Connection, change: Change) -> uuid.UUID:
    """Make the referral of a case that is told of for the first time; whatever tells of it first."""
    told = change.news
    assert told is not None
    facts = translate.case(told.case, _moment(change), received=True) if told.case else translate.NOTHING
    made = receive_case(facts=facts, provider=connection.provider, origin=cases.origin(connection))
    cases.link(connection, cases.CASE, made.id, told.case_id, how="received")
    return uuid.UUID(str(made.id))


def _moment(change: Change) -> datetime | None:
    return (change.news.at if change.news else None) or change.occurred_at


def _came_before(connection: Connection, event: InboundEvent) -> bool:
    rows = InboundEvent.objects.filter(
        connection=connection, matter_external_id=event.matter_external_id, content=event.content,
        result=Result.APPLIED,
    )  # fmt: skip
    return bool(event.content) and rows.exclude(id=event.id).exists()


def _referral(connection: Connection, change: Change) -> uuid.UUID | None:
    if change.kind is Kind.UNKNOWN or change.news is None:
        return None
    return cases.linked(connection, cases.CASE, change.news.case_id)


def _matter(referral_id: uuid.UUID) -> None:
    """Make the matter of a case that was accepted, here or there, once everything that came with it is applied."""
    rows = Referral.objects.filter(id=referral_id, direction=Referral.Direction.IN, state=Referral.State.ACCEPTED)
    if rows.filter(matter=None).exists():
        make_matter_if_clear(referral_id=referral_id)

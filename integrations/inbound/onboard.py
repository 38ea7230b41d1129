"""Setting an account up: compare what is wanted with what stands there, mend each difference, look again, remember.

Every write is preceded by a look, so that a run that died or got no answer is simply run again.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from casehug.audit import services as audit
from casehug.common import ticks, work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.common.work import Settlement, database_now
from integrations.connections.holds import hold_reason
from integrations.connections.open_api import WORKER_PATIENCE, open_api
from integrations.connections.ways import KIND, MINUTES, SAFETY_MINUTES, ask_for_onboarding, choice_of, onboarding_of
from integrations.contract.errors import NetworkTrouble, ProviderError
from integrations.contract.http import Api
from integrations.contract.onboarding import ONBOARDING, Choice, Finding, Kind, Onboarding, State
from integrations.inbound import endpoints
from integrations.inbound.processor import after_problem
from integrations.models import Connection, InboundEndpoint, InboundSecret
from integrations.registry import UnknownProvider

WORK_FOR_SECONDS = 30.0
AGAIN_AFTER = timedelta(hours=24)
UNKNOWN_SECRET = "Its secret is not known here (any more)."  # nosec B105  # words for a page
UNSURE = "unsure"
"""Keys of webhooks whose last write got no answer: which secret is in force there cannot be told."""


@dataclass
class _Run:
    """One comparison of one account."""

    item: WorkItem
    connection: Connection
    endpoint: InboundEndpoint
    declared: Onboarding
    choice: Choice
    api: Api
    started: float

    @property
    def kept(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.connection.profile.get(ONBOARDING, {})
        return found

    def look(self) -> Sequence[Finding]:
        """Compare by reading. A webhook that fits, but whose secret we do not have, differs."""
        wants = self.declared.wanted(self.choice)
        found = self.declared.look(self.api, wants, self.kept.get("mappings", {}))
        with firm_scope(self.item.firm_id):
            rows = InboundSecret.objects.filter(endpoint=self.endpoint, ends_at__isnull=True)
            known = set(rows.values_list("label", flat=True))
        unsure = self.kept.get(UNSURE, ())
        return [self._with_secret(one, known, unsure) for one in found]

    def _with_secret(self, one: Finding, known: set[str], unsure: Sequence[str]) -> Finding:
        lost = one.wanted.label not in known or one.wanted.key in unsure
        if one.wanted.kind is Kind.WEBHOOK and one.state is State.FITS and lost:
            return replace(one, state=State.DIFFERS, words=UNKNOWN_SECRET)
        return one

    def remember(self, **facts: Any) -> None:
        """Store what was learned, in a transaction of its own."""
        with firm_scope(self.item.firm_id):
            work.guard(self.item)
            row: Connection = Connection.objects.select_for_update().get(id=self.connection.id)
            row.profile = {**row.profile, ONBOARDING: {**row.profile.get(ONBOARDING, {}), **facts}}
            row.save(update_fields=["profile", "updated_at"])
            self.connection = row


def run_onboard(item: WorkItem) -> Settlement:
    """Handler of kind `onboard_connection`: leaves the account as the firm chose, or says what is missing."""
    run = _begin(item)
    if isinstance(run, Settlement):
        return run
    try:
        run.api = open_api(run.connection, lane=item.lane, patience=WORKER_PATIENCE)
        before = run.look()
        _note_first(run, before)
        if not _mend_all(run, before):
            return work.wait(seconds=0.5)
        _note_last(run, run.look() if _open(before) else before)
    except ProviderError as problem:
        settlement = after_problem(problem, run.connection, item)
        if settlement.status != "ready":
            run.remember(problem=problem.detail or problem.error_class, complete=False)
        return settlement
    return work.done()


def _begin(item: WorkItem) -> _Run | Settlement:
    with firm_scope(item.firm_id):
        work.guard(item)
        connection = Connection.objects.filter(id=item.subject_id).first()
        if connection is None or connection.state == Connection.State.NOT_CONNECTED:
            return work.done()  # connecting asks again
        declared, reason = onboarding_of(connection), hold_reason(connection)
        if reason:
            return work.hold(reason=reason)
        endpoint = endpoints.ensure_endpoint(connection)
        choice = choice_of(connection, endpoints.address(endpoint, connection.provider))
        if declared is None or choice is None:
            return work.done()
        minutes = int(connection.settings.get(MINUTES, SAFETY_MINUTES))
        InboundEndpoint.objects.filter(id=endpoint.id).update(poll_minutes=minutes)
    return _Run(item, connection, endpoint, declared, choice, None, time.monotonic())  # type: ignore[arg-type]


def _open(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.state is not State.FITS]


def _note_first(run: _Run, found: Sequence[Finding]) -> None:
    """Remember how things stood, unless an earlier part of the same run has done so."""
    if run.item.step_state.get("noted"):
        return
    run.remember(before={_name(one): [one.state.value, one.words] for one in found})
    with firm_scope(run.item.firm_id):
        work.guard(run.item)
        work.save_progress(run.item, step="noted", state={"noted": True})


def _name(one: Finding) -> str:
    return f"{one.wanted.kind.value}:{one.wanted.key or one.remote_id}"


def _mend_all(run: _Run, found: Sequence[Finding]) -> bool:
    """Mend in order: mappings, then what uses them, then what is too many. False when the time of one claim is up."""
    mappings = {
        one.wanted.key: one.remote_id for one in found if one.wanted.kind is Kind.MAPPING and one.remote_id
    }  # fmt: skip
    for one in sorted(_open(found), key=lambda one: one.state is State.UNWANTED):
        if time.monotonic() - run.started > WORK_FOR_SECONDS:
            return False
        made = _mend(run, one, mappings)
        if one.wanted.kind is Kind.MAPPING and made:
            mappings[one.wanted.key] = made
            run.remember(mappings=dict(mappings))
    return True


def _mend(run: _Run, one: Finding, mappings: Mapping[str, str]) -> str:
    if one.wanted.kind is not Kind.WEBHOOK or one.state is State.UNWANTED:
        return run.declared.mend(run.api, one, mappings, "")
    secret = Secret(secrets.token_urlsafe(32))
    unsure = sorted({*run.kept.get(UNSURE, ()), one.wanted.key})
    run.remember(unsure=unsure)  # before the first byte: a process that dies here must not leave a wrong secret
    with firm_scope(run.item.firm_id):
        work.guard(run.item)
        # Stored first: the first delivery may be faster than the answer.
        endpoints.save_secret(endpoint_id=run.endpoint.id, label=one.wanted.label, value=secret, actor_id=None)
    made = run.declared.mend(run.api, one, mappings, secret.reveal())
    run.remember(unsure=[key for key in unsure if key != one.wanted.key])
    return made


def _note_last(run: _Run, found: Sequence[Finding]) -> None:
    """Remember how things stand now, line by line beside how they stood, and whether everything is there."""
    before = run.kept.get("before", {})
    wanted = [one for one in found if one.state is not State.UNWANTED]
    lines = [
        {"kind": one.wanted.kind.value, "label": one.wanted.label, "state": one.state.value, "words": one.words,
         "was": before.get(_name(one), ["missing", ""])[0], "found": before.get(_name(one), ["", ""])[1]}
        for one in wanted
    ]  # fmt: skip
    removed = sum(state == State.UNWANTED.value for state, _ in before.values())
    repaired = sum(line["was"] != "fits" and line["state"] == "fits" for line in lines)
    complete = not _open(found)
    run.remember(
        lines=lines, removed=removed, repaired=repaired, complete=complete, at=database_now().isoformat(), problem="",
        mappings={one.wanted.key: one.remote_id for one in wanted if one.wanted.kind is Kind.MAPPING},
        stored=[one.wanted.key for one in wanted if one.wanted.kind is Kind.STORED and one.state is State.FITS],
    )  # fmt: skip
    if repaired or removed or not complete:
        with firm_scope(run.item.firm_id):
            audit.record(
                action="connection.set_up", object_type="connection", object_id=run.connection.id,
                changes={"repaired": repaired, "removed": removed, "wanted": len(lines), "complete": complete},
                outcome="success" if complete else "failed",
            )  # fmt: skip
    if not complete:
        raise NetworkTrouble("Not everything stands there yet.", code="incomplete")


def tick() -> int:
    """Queue the daily look at accounts that were set up; returns how many. A second tick at once changes nothing."""
    asked = 0
    for firm_id in ticks.firm_ids():
        with firm_scope(firm_id):
            now = database_now()
            for connection in Connection.objects.filter(state=Connection.State.CONNECTED):
                at = connection.profile.get(ONBOARDING, {}).get("at")
                if at and datetime.fromisoformat(at) < now - AGAIN_AFTER and _needs(connection, now):
                    ask_for_onboarding(connection, lane=WorkItem.Lane.BULK)
                    asked += 1
    return asked


def _needs(connection: Connection, now: datetime) -> bool:
    """Tell whether a look may run; one that was tried since yesterday and failed is not tried again and again."""
    tried = WorkItem.objects.filter(kind=KIND, subject_id=connection.id, created_at__gt=now - AGAIN_AFTER)
    try:
        return onboarding_of(connection) is not None and not hold_reason(connection) and not tried.exists()
    except UnknownProvider:
        return False

"""“Test connection”: a list of reads, each with verdict, time and what to do. Nothing is written at the provider."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, read_and_store
from integrations.connections.holds import CONFIGURATION, resume_work
from integrations.connections.open_api import PAGE_PATIENCE, note_throttle, open_api
from integrations.connections.state import mark_needs_reconnect
from integrations.contract.errors import AccessRefused, AuthRejected, ProviderError, Throttled
from integrations.contract.http import Api
from integrations.contract.provider import CatalogueEntry
from integrations.limits import usage
from integrations.models import CaseTypeMapping, Connection
from integrations.registry import provider

T = TypeVar("T")
CLOCK_TOLERANCE = timedelta(seconds=90)
ONLY_READS = "This test only reads, so it cannot prove that writing is allowed too."


@dataclass(frozen=True)
class Check:
    """One line of the test. `ok` is None when it could not be looked at; `fix` says what to do, `seconds` how long."""

    key: str
    label: str
    ok: bool | None
    detail: str
    fix: str = ""
    seconds: float = 0.0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class _Run:
    connection: Connection
    name: str
    checks: list[Check] = field(default_factory=list)

    def add(self, key: str, label: str, ok: bool | None, detail: str, fix: str = "", seconds: float = 0.0) -> None:
        self.checks.append(Check(key, label, ok, detail, fix, seconds))

    def timed(self, read: Callable[[], T]) -> tuple[T | None, ProviderError | None, float]:
        started = time.monotonic()
        try:
            return read(), None, time.monotonic() - started
        except ProviderError as problem:
            note_throttle(self.connection, problem)
            return None, problem, time.monotonic() - started


def test_connection(*, connection: Connection) -> list[Check]:
    """Run all checks of a connection in order, outside any transaction; never raises for what the provider answers.

    Refreshes the stored catalogue on the way and lets work go on that waited for permission. A rejected key marks the
    connection as needing a reconnect.
    """
    run = _Run(connection, provider(connection.provider).name)
    lane = WorkItem.Lane.BUTTON
    api, problem, seconds = run.timed(
        lambda: open_api(connection, lane=lane, may_refresh=False, patience=PAGE_PATIENCE)
    )
    if api is None:
        run.add("key", "Access accepted", False, "No access is stored.", "Connect again.", seconds)
        return run.checks
    _identity(run, api)
    if run.checks[0].ok:
        _clock(run, api)
        _catalogue(run, api)
    _budget(run)
    if all(check.ok for check in run.checks if check.key in ("key", "account", "stages")):
        with firm_scope(connection.firm_id):
            resume_work(connection_id=connection.id, reasons=(CONFIGURATION,))
    return run.checks


def explain(problem: ProviderError, name: str) -> tuple[str, str]:
    """Return what happened and who can fix it, in plain words, for a read that failed."""
    if isinstance(problem, AuthRejected):
        return f"{name} does not accept our access.", "A firm admin has to reconnect."
    if isinstance(problem, AccessRefused):
        return f"{name} does not allow this.", f"Ask {name} support whether developer settings are on for your firm."
    if isinstance(problem, Throttled):
        who = f"{name} asked us to wait" if problem.by_provider else "Our budget for this minute is used up"
        return f"{who}: {max(1, round(problem.seconds))} s.", "Nothing to do; test again a little later."
    if problem.error_class == "network":
        return f"{name} could not be reached or gave no usable answer.", "Try again in a few minutes."
    return f"{name} gave an answer we did not expect.", "If it stays, send the code to our support."


def _failed(run: _Run, key: str, label: str, problem: ProviderError, seconds: float) -> None:
    what, fix = explain(problem, run.name)
    run.add(key, label, None if isinstance(problem, Throttled) else False, what, fix, seconds)


def _identity(run: _Run, api: Api) -> None:
    connection = run.connection
    account, problem, seconds = run.timed(lambda: provider(connection.provider).who_am_i(api))
    if problem is not None or account is None:
        _failed(run, "key", "Access accepted", problem or ProviderError(), seconds)
        if isinstance(problem, AuthRejected):
            with firm_scope(connection.firm_id):
                reason = f"{run.name} no longer accepts our access (found by a connection test)."
                mark_needs_reconnect(connection_id=connection.id, reason=reason, code="test_rejected",
                                     token_version=connection.token_version)  # fmt: skip
        return
    who = f"{account.user_name} ({account.user_email})" if account.user_email else account.user_name
    run.add("key", "Access accepted", True, f"{who} at {account.firm_name}.", "", seconds)
    same = account.firm_id == connection.links_account
    detail = (
        "The account your links belong to." if same else f"This is {account.firm_name}, not the account of the links."
    )
    run.add("account", "Same account as before", same, detail, "" if same else "Decide which account to use.")


def _clock(run: _Run, api: Api) -> None:
    offset: timedelta | None = getattr(api, "clock_offset", None)
    if offset is None:
        run.add("reach", "Reachable", True, f"{run.name} answered.")
        return
    apart = abs(offset)
    ok = apart <= CLOCK_TOLERANCE
    run.add(
        "reach", "Reachable, clocks agree", ok, f"{run.name} answered; clocks differ by {apart.total_seconds():.0f} s.",
        "" if ok else "The operator of this installation should set its clock.",
    )  # fmt: skip


def _catalogue(run: _Run, api: Api) -> None:
    entries, problem, seconds = run.timed(lambda: read_and_store(run.connection, api))
    if problem is not None or entries is None:
        _failed(run, "stages", "Pipelines and stages readable", problem or ProviderError(), seconds)
        return
    stages = [entry for entry in entries if entry.kind == STAGE]
    pipelines = {entry.parent for entry in stages}
    detail = f"{len(stages)} stages in {len(pipelines)} pipelines."
    fix = "" if stages else f"Make a pipeline with stages in {run.name}."
    run.add("stages", "Pipelines and stages readable", bool(stages), detail, fix, seconds)
    _mapped(run, stages)
    areas = sum(entry.kind == PRACTICE_AREA for entry in entries)
    fix = "" if areas else f"Set up practice areas in {run.name}; matters arrive without one until then."
    run.add("areas", "Practice areas readable", areas > 0, f"{areas} practice areas.", fix)


def _mapped(run: _Run, stages: Sequence[CatalogueEntry]) -> None:
    live = {entry.id for entry in stages}
    with firm_scope(run.connection.firm_id):
        mapped = CaseTypeMapping.objects.filter(connection=run.connection).exclude(stage_id="")
        used = list(mapped.values_list("stage_id", flat=True))
    gone = sum(stage not in live for stage in used)
    detail = f"{len(used) - gone} of {len(used)} mappings lead to a stage that exists."
    fix = "Choose another stage in Case Type Mappings." if gone else ""
    run.add("mapped", "Mapped stages exist", gone == 0, detail, fix)


def _budget(run: _Run) -> None:
    used, _ = usage(run.connection.id)
    allowed = run.connection.calls_per_minute
    run.add("budget", "Requests used in the last minute", used < allowed, f"{used} of {allowed}.")

"""“Test connection”: a list of reads, each with verdict, time and what to do. Nothing is written at the provider."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from integrations.connections import local_checks
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, read_and_store
from integrations.connections.holds import CONFIGURATION, resume_work
from integrations.connections.local_checks import Check
from integrations.connections.open_api import PAGE_PATIENCE, note_throttle, open_api
from integrations.connections.state import mark_needs_reconnect
from integrations.contract.errors import AccessRefused, AuthRejected, ProviderError, Throttled
from integrations.contract.http import Api
from integrations.limits import usage
from integrations.models import Connection
from integrations.registry import provider

T = TypeVar("T")
LAST_TEST = "last_test"
CLOCK_TOLERANCE = timedelta(seconds=90)
ONLY_READS = "This test only reads, so it cannot prove that writing is allowed too."


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
    connection as needing a reconnect. The result is kept with the connection (`last_test`).
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
        if "sync_matter" in provider(connection.provider).operations:
            _catalogue(run, api)
    with firm_scope(connection.firm_id):
        run.checks += [*local_checks.note_target(connection), *local_checks.webhooks(connection)]
    _budget(run)
    with firm_scope(connection.firm_id):
        if all(check.ok for check in run.checks if check.key in ("key", "account", "stages")):
            resume_work(connection_id=connection.id, reasons=(CONFIGURATION,))
        _keep(connection, run.checks)
    return run.checks


def _keep(connection: Connection, checks: Sequence[Check]) -> None:
    row = Connection.objects.select_for_update().get(id=connection.id)
    kept = [{**asdict(check), "at": check.at.isoformat()} for check in checks]
    row.profile = {**row.profile, LAST_TEST: kept}
    row.save(update_fields=["profile", "updated_at"])


def last_test(connection: Connection) -> list[Check]:
    """Return the checks of the last test, empty when there was none (or only for an account before)."""
    kept = connection.profile.get(LAST_TEST, [])
    return [Check(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in kept]


def explain(problem: ProviderError, name: str) -> tuple[str, str]:
    """Return what happened and who can fix it, in plain words, for a read that failed."""
    if isinstance(problem, AuthRejected):
        return f"{name} does not accept our access.", "A firm admin has to reconnect."
    if isinstance(problem, AccessRefused):
        return f"{name} does not allow this.", f"Ask {name} support whether developer settings are on for your firm."
    if isinstance(problem, Throttled):
        who = f"{name} asked us to wait" if problem.by_provider else "Our budget for this minute is used up"
        left = max(1, round(problem.seconds))
        return f"{who}. It is free again in about {left} s.", "Nobody has to do anything; try again a little later."
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
    areas = [entry for entry in entries if entry.kind == PRACTICE_AREA]
    fix = "" if areas else f"Set up practice areas in {run.name}; matters arrive without one until then."
    run.add("areas", "Practice areas readable", bool(areas), f"{len(areas)} practice areas.", fix)
    with firm_scope(run.connection.firm_id):
        run.checks += local_checks.mapped(run.connection, stages, areas)
        run.checks += local_checks.fields(run.connection, entries)


def _budget(run: _Run) -> None:
    used, _ = usage(run.connection.id)
    allowed = run.connection.calls_per_minute
    run.add("budget", "Requests used in the last minute", used < allowed, f"{used} of {allowed}.")

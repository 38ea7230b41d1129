"""What people do with bulk syncs: start a dry run, confirm it by its number, continue, pause, resume, stop, retry."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from casehug.common.ids import parse_public_id
from casehug.firms.access import firm_page
from casehug.intake.selectors.matters import MatterFilters, filtered_matters
from casehug.intake.views.once import first_time
from integrations.models import BulkRun, Connection
from integrations.selectors import bulk as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync.bulk import services
from integrations.sync.bulk.plan import MOST_ROWS
from integrations.views.bulk import run_or_404, show_run
from integrations.views.common import member

Act = Callable[[BulkRun, uuid.UUID], Any]
ACTS: dict[str, Act] = {
    "look": lambda run, who: services.start_look(run_id=run.id),
    "stop-look": lambda run, who: services.stop_look(run_id=run.id),
    "continue": lambda run, who: services.continue_run(run_id=run.id),
    "pause": lambda run, who: services.pause(run_id=run.id),
    "resume": lambda run, who: services.resume(run_id=run.id),
    "stop": lambda run, who: services.stop(run_id=run.id),
    "retry": lambda run, who: services.retry_failed(run_id=run.id, actor_id=who),
    "discard": lambda run, who: services.discard(run_id=run.id),
    "again": lambda run, who: services.check_again(run_id=run.id, actor_id=who),
}


def _chosen(request: HttpRequest, connection: Connection) -> tuple[list[uuid.UUID], int, str]:
    """Return the matters of the choice, how many it has in all, and the choice in words."""
    scope, name = request.POST.get("scope", ""), declared_or_404(connection.provider).name
    if scope == "selection":
        typed = (parse_public_id("mat", text) for text in request.POST.getlist("matter"))
        picked = [one for one in typed if one is not None]
        return picked, len(picked), f"{len(picked)} selected matter{'' if len(picked) == 1 else 's'}"
    if scope == "filter":
        filters = MatterFilters.from_query(QueryDict(request.POST.get("filter", "")))
        rows = filtered_matters(filters).order_by("created_at", "id")
        words = f"Matters of the filter “{request.POST.get('words', '')[:200]}”" if filters.any else "All matters"
    elif scope == "unsynced":
        rows, words = reads.unsynced(connection), f"All matters not yet in {name}"
    else:
        raise Http404(scope)
    return list(rows.values_list("id", flat=True)[:MOST_ROWS]), rows.count(), words


@require_POST
@firm_page("sync.bulk")
def bulk_check(request: HttpRequest, provider: str) -> HttpResponse:
    """Start a dry run over a selection, a filter, or everything not there yet. Pressing twice is one dry run."""
    declared, connection = declared_or_404(provider), connection_or_404(provider)
    if not first_time(request):
        newest = reads.recent_runs(connection, number=1)
        if newest:
            return redirect("integration_bulk_run", provider, newest[0].id)
        return redirect("integration_bulk", provider)
    ids, matched, words = _chosen(request, connection)
    try:
        run = services.start_plan(
            connection=connection, matter_ids=ids, choice=words, matched=matched, name=declared.name,
            actor_id=member(request).user_id,
        )  # fmt: skip
    except services.BulkRefused as refused:
        messages.error(request, str(refused))
        return redirect("integration_bulk", provider)
    return redirect("integration_bulk_run", provider, run.id)


@require_POST
@firm_page("sync.bulk", fresh=True)
def bulk_confirm(request: HttpRequest, provider: str, bulk_id: uuid.UUID) -> HttpResponse:
    """Start a plan whose number of records was typed; anything that does not fit starts nothing and says why."""
    run = run_or_404(provider, bulk_id)
    typed = request.POST.get("records", "").strip()
    try:
        services.confirm(run_id=run.id, typed=typed, actor_id=member(request).user_id)
    except services.BulkRefused as refused:
        return show_run(request, run_or_404(provider, bulk_id), error=str(refused), status=409)
    return redirect("integration_bulk_run", provider, bulk_id)


@require_POST
@firm_page("sync.bulk")
def bulk_act(request: HttpRequest, provider: str, bulk_id: uuid.UUID, act: str) -> HttpResponse:
    """Do one thing with a run; what is not possible at its present step changes nothing."""
    run = run_or_404(provider, bulk_id)
    if act not in ACTS:
        raise Http404(act)
    try:
        made = ACTS[act](run, member(request).user_id)
    except services.BulkRefused as refused:
        return show_run(request, run_or_404(provider, bulk_id), error=str(refused), status=409)
    shown = made.id if act == "again" else run.id
    return redirect("integration_bulk", provider) if act == "discard" else redirect(
        "integration_bulk_run", provider, shown
    )  # fmt: skip

"""Pages of bulk syncs: choose, dry run, live progress, summary; what of a record would leave; the file of all."""

import csv
import io
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from casehug.audit import services as audit
from casehug.firms.access import can, firm_page
from casehug.intake.text import spreadsheet_safe
from integrations.connections.holds import hold_reason
from integrations.contract.provider import Provider
from integrations.models import BulkRow, BulkRun
from integrations.registry import provider as declared_provider
from integrations.selectors import bulk as reads
from integrations.selectors.bulk_content import content_of
from integrations.selectors.connections import connection_pairs, user_names
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync.bulk.drive import TRIAL_ROWS, trial_over
from integrations.sync.bulk.plan import MOST_ROWS
from integrations.views.common import member, page_context, reason_unless

STOP_POLLING = 286
LIVE = ("planning", "looking", "trial", "running", "stopping")
PLANS = ("create", "link", "either", "update", "nothing", "left_out")
RESULTS = ("done", "failed", "unknown", "waiting", "unsent", "left_out", "nothing")
PLAN_WORDS = dict(BulkRow.Action.choices)
RESULT_WORDS = {
    "done": "Synced", "failed": "Failed", "unknown": "Unknown", "waiting": "Waiting", "unsent": "Not sent",
    "left_out": "Left out", "nothing": "Nothing to change",
}  # fmt: skip


def bulk_context(request: HttpRequest, key: str, **more: Any) -> dict[str, Any]:
    """Return what every page of bulk syncs starts from; who may not see the settings gets no links to them."""
    declared = declared_or_404(key)
    refused = reason_unless(request, "sync.bulk")
    context = page_context(request, declared, connection=connection_or_404(key), why_not_bulk=refused, **more)
    if not can(member(request), "integrations.view"):
        context["parts"], context["tabs"] = [], []
    return context


def run_or_404(key: str, bulk_id: uuid.UUID) -> BulkRun:
    """Return a run of this firm and provider."""
    runs = BulkRun.objects.select_related("connection").filter(id=bulk_id, connection__provider=key)
    found: BulkRun | None = runs.first()
    if found is None:
        raise Http404
    return found


@require_safe
@firm_page("matters.view")
def bulk(request: HttpRequest, provider: str) -> HttpResponse:
    """Choose: everything that is not there yet, or a selection in the list of matters; the last bulk syncs."""
    connection = connection_or_404(provider)
    runs = reads.recent_runs(connection)
    names = user_names(run.confirmed_by_id or run.created_by_id for run in runs)
    for run in runs:
        run.who = names.get(run.confirmed_by_id or run.created_by_id)  # type: ignore[attr-defined, arg-type]
    up = connection.state == connection.State.CONNECTED
    number = reads.unsynced(connection).count() if up else 0
    context = bulk_context(
        request, provider, runs=runs, unsynced=number, up=up, most=MOST_ROWS, active=reads.active_run(connection)
    )
    return render(request, "integrations/bulk.html", context)


def _live(request: HttpRequest, run: BulkRun) -> dict[str, Any]:
    """Return what the live part of a run's page shows."""
    key = run.connection.provider
    over = run.status == "trial" and trial_over(run)
    live = run.status in LIVE and not over
    held = hold_reason(run.connection) if run.status in BulkRun.ACTIVE else ""
    return {
        "run": run, "provider": declared_provider(key), "trial_over": over, "held": held,
        "progress": reads.progress_of(run) if run.confirmed_at else None,
        "plan": reads.plan_of(run),
        "pace": round(reads.pace(run.connection)),
        "trial_rows": TRIAL_ROWS,
        "why_not_bulk": reason_unless(request, "sync.bulk"),
        "poll_url": reverse("integration_bulk_progress", args=[key, run.id]) if live else "",
        "file_until": reads.file_until(run),
        "confirmed_by": user_names([run.confirmed_by_id]).get(run.confirmed_by_id) if run.confirmed_by_id else None,
    }  # fmt: skip


@require_safe
@firm_page("matters.view")
def bulk_progress(request: HttpRequest, provider: str, bulk_id: uuid.UUID) -> HttpResponse:
    """Answer the live part again; a moment that needs a person, or the end, loads the whole page once."""
    run = run_or_404(provider, bulk_id)
    context = _live(request, run)
    answer = render(request, "integrations/_bulk_live.html", context)
    if not context["poll_url"]:
        answer.status_code = STOP_POLLING
        answer["HX-Refresh"] = "true"  # the list and the buttons below belong to another step now
    return answer


@require_safe
@firm_page("matters.view")
def bulk_run(request: HttpRequest, provider: str, bulk_id: uuid.UUID) -> HttpResponse:
    """Show a run as it stands: the dry run to confirm, how it gets on, or the summary; and its list."""
    return show_run(request, run_or_404(provider, bulk_id))


def show_run(request: HttpRequest, run: BulkRun, *, error: str = "", status: int = 200) -> HttpResponse:
    """Draw the page of a run, perhaps with the reason why nothing was done."""
    key, here = run.connection.provider, reverse("integration_bulk_run", args=[run.connection.provider, run.id])
    show, text = request.GET.get("show", ""), request.GET.get("after", "")
    after = int(text) if text.isdecimal() and len(text) < 8 else 0
    live = _live(request, run)
    rows, following = reads.rows_of(run, show=show, after=after)
    following_url = f"{here}?{urlencode({'show': show, 'after': following})}" if following else ""
    context = bulk_context(
        request, key, **{name: value for name, value in live.items() if name not in ("provider", "why_not_bulk")},
        rows=rows, next_url=following_url, first_url=f"{here}?{urlencode({'show': show})}" if after else "",
        show=show, shows=_shows(here, show, live), error=error, most=MOST_ROWS,
        show_words=(RESULT_WORDS | PLAN_WORDS).get(show, ""), page_url=here,
    )  # fmt: skip
    return render(request, "integrations/bulk_run.html", context, status=status)


def _shows(here: str, chosen: str, live: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filters of the list that would show something."""
    if live["progress"] is not None:
        counts = live["progress"].counts
        numbers = [(name, RESULT_WORDS[name], getattr(counts, name)) for name in RESULTS]
        total = counts.total
    else:
        numbers = [(name, PLAN_WORDS[name], live["plan"].actions.get(name, 0)) for name in PLANS]
        total = live["plan"].total
    found = [{"label": "All", "url": here, "current": not chosen, "count": total}]
    for name, label, number in numbers:
        if number or name == chosen:
            found.append({"label": label, "url": f"{here}?show={name}", "current": name == chosen, "count": number})
    return found


@require_safe
@firm_page("matters.view")
def bulk_content(request: HttpRequest, provider: str, bulk_id: uuid.UUID, position: int) -> HttpResponse:
    """Show exactly what would be sent of one record now."""
    run = run_or_404(provider, bulk_id)
    row = BulkRow.objects.filter(run=run, position=position).first()
    if row is None:
        raise Http404
    [shown] = reads.rows_of(run, after=position - 1, size=1)[0]
    context = bulk_context(request, provider, run=run, shown=shown, content=content_of(run, row))
    return render(request, "integrations/bulk_content.html", context)


@require_safe
@firm_page("matters.view")
def bulk_csv(request: HttpRequest, provider: str, bulk_id: uuid.UUID) -> HttpResponse:
    """Send every record of an ended run as CSV, for 24 hours; a spreadsheet shows it and runs nothing."""
    run = run_or_404(provider, bulk_id)
    if reads.file_until(run) is None:
        words = "The file of this bulk sync can be had for 24 hours after its end. The list on this page stays."
        return show_run(request, run, error=words, status=410)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(reads.HEADERS)
    writer.writerows([spreadsheet_safe(cell) for cell in cells] for cells in reads.file_rows(run))
    audit.record(action="bulk.exported", object_type="bulk_run", object_id=run.id)
    answer = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{run.public_id}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def matter_list_actions(*, request: HttpRequest, words: str) -> SafeString:
    """Fill the slot below the list of matters: a dry run over what is chosen there, or over the whole filter."""
    able = [one for one, row in connection_pairs() if row is not None and row.state == "connected" and _syncs(one)]
    context = {
        "providers": able, "words": words, "filter": request.GET.urlencode(),
        "why_not_bulk": reason_unless(request, "sync.bulk"),
    }  # fmt: skip
    return render_to_string("integrations/_bulk_choose.html", context, request=request) if able else SafeString("")


def _syncs(declared: Provider) -> bool:
    return "sync_matter" in declared.operations

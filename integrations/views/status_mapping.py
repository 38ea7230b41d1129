"""Stage → Status mapping: what a stage, sub-status or main status there means for a matter here."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from casehug.firms.access import can, firm_page
from integrations.contract.errors import Refused
from integrations.mappings import services
from integrations.mappings import status as statuses
from integrations.mappings import status_changes as changes_of
from integrations.mappings.status_changes import WORDS
from integrations.models import Connection
from integrations.selectors import events as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.mapping_notes import drift_context
from integrations.views.common import member, page_context

TITLES = ((statuses.STAGE, "1. Stages"), (statuses.SUB_STATUS, "2. Sub-statuses"), (statuses.STATUS, "3. Main status"))


def _connection(key: str) -> Connection:
    if declared_or_404(key).inbound is None:
        raise Http404(key)
    return connection_or_404(key)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def status_mapping(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the lines; POST shows the difference (`step=review`), goes back to it (`edit`), or saves what changed."""
    row, wrong = _connection(provider), ""
    if request.method == "POST":
        if not can(member(request), "mappings.manage"):
            return render(request, "403.html", status=403)
        changes, step = _changes(request), request.POST.get("step", "")
        try:
            if step == "review" and changes:
                return _review(request, provider, row, changes)
            if step not in ("edit", "review"):
                count = changes_of.save_statuses(connection=row, changes=changes)
                messages.success(request, f"{count} lines changed." if count != 1 else "One line changed.")
                return redirect("integration_status_mapping", provider=provider)
            if step == "review":
                messages.info(request, "Nothing is different from what is saved.")
        except Refused as refused:
            wrong = refused.detail
    context = _context(request, provider, row) | {"wrong": wrong}
    return render(request, "integrations/status_mapping.html", context, status=422 if wrong else 200)


def _review(request: HttpRequest, key: str, row: Connection, changes: dict[str, str]) -> HttpResponse:
    """Show what would change."""
    hidden = [(name, value, request.POST.get(f"was-{name}", "")) for name, value in changes.items()]
    context = page_context(request, declared_or_404(key), connection=row, hidden=hidden)
    context |= {"changes": changes_of.plan_statuses(connection=row, changes=changes)}
    return render(request, "integrations/status_review.html", context)


def _changes(request: HttpRequest) -> dict[str, str]:
    """Return the lines whose select differs from what the page was drawn with (a stale page changes nothing else)."""
    return {
        name: str(value) for name, value in request.POST.items()
        if name.partition(":")[0] in statuses.KINDS and value != request.POST.get(f"was-{name}", "")
    }  # fmt: skip


def _context(request: HttpRequest, key: str, row: Connection) -> dict[str, Any]:
    table = statuses.status_table(row)
    stages = {line.id: line for line in table.of(statuses.STAGE)}
    options = {kind: [(value, WORDS[value]) for value in statuses.allowed(kind)] for kind in statuses.KINDS}
    groups = [
        {"kind": kind, "title": title, "options": options[kind],
         "lines": [{"row": line, "default": WORDS[line.default], "drawn": request.POST.get(line.key, line.value)}
                   for line in table.of(kind)]}
        for kind, title in TITLES
    ]  # fmt: skip
    seen = [{"seen": one, "row": stages.get(one.stage_id)} for one in reads.unmapped_stages(row)
            if one.stage_id not in stages or stages[one.stage_id].value == statuses.NEXT]  # fmt: skip
    chosen = sum(line.chosen for line in table.rows)
    return drift_context(row, "status") | page_context(
        request, declared_or_404(key), connection=row, groups=groups, seen=seen, chosen=chosen,
        preparing=services.is_preparing(row),
    )  # fmt: skip


@require_POST
@firm_page("mappings.manage")
def reset(request: HttpRequest, provider: str) -> HttpResponse:
    """Put one line back to its default."""
    line = changes_of.reset_status(connection=_connection(provider), key=request.POST.get("key", ""))
    words = f"{line.name} is back to its default: {WORDS[line.value]}." if line else "The line is gone."
    messages.success(request, words)
    return redirect("integration_status_mapping", provider=provider)


@require_POST
@firm_page("mappings.manage")
def reset_all(request: HttpRequest, provider: str) -> HttpResponse:
    """Put every line back to its default."""
    count = changes_of.reset_statuses(connection=_connection(provider))
    words = f"{count} lines are back to their defaults." if count != 1 else "One line is back to its default."
    messages.success(request, words if count else "Every line has its default already.")
    return redirect("integration_status_mapping", provider=provider)

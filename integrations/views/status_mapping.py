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
from integrations.views.common import member, page_context

TITLES = ((statuses.STAGE, "1. Stages"), (statuses.SUB_STATUS, "2. Sub-statuses"), (statuses.STATUS, "3. Main status"))


def _connection(key: str) -> Connection:
    if declared_or_404(key).inbound is None:
        raise Http404(key)
    return connection_or_404(key)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def status_mapping(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the lines; POST saves those that changed."""
    row, wrong = _connection(provider), ""
    if request.method == "POST":
        if not can(member(request), "mappings.manage"):
            return render(request, "403.html", status=403)
        try:
            count = changes_of.save_statuses(connection=row, changes=_changes(request))
        except Refused as refused:
            wrong = refused.detail
        else:
            messages.success(request, f"{count} lines changed." if count != 1 else "One line changed.")
            return redirect("integration_status_mapping", provider=provider)
    context = _context(request, provider, row) | {"wrong": wrong}
    return render(request, "integrations/status_mapping.html", context, status=422 if wrong else 200)


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
         "lines": [{"row": line, "default": WORDS[line.default]} for line in table.of(kind)]}
        for kind, title in TITLES
    ]  # fmt: skip
    seen = [{"seen": one, "row": stages.get(one.stage_id)} for one in reads.unmapped_stages(row)
            if one.stage_id not in stages or stages[one.stage_id].value == statuses.NEXT]  # fmt: skip
    return page_context(
        request, declared_or_404(key), connection=row, groups=groups, seen=seen, preparing=services.is_preparing(row)
    )


@require_POST
@firm_page("mappings.manage")
def reset(request: HttpRequest, provider: str) -> HttpResponse:
    """Put one line back to its default."""
    line = changes_of.reset_status(connection=_connection(provider), key=request.POST.get("key", ""))
    words = f"{line.name} is back to its default: {WORDS[line.value]}." if line else "The line is gone."
    messages.success(request, words)
    return redirect("integration_status_mapping", provider=provider)

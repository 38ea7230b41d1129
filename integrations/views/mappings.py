"""Case Type Mappings: every case type and practice area with its stage, chosen from the account's live list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.access import can, firm_page
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, items
from integrations.connections.checkup import explain
from integrations.contract.errors import ProviderError, Refused
from integrations.mappings import services
from integrations.mappings.case_types import stage_label
from integrations.models import Connection
from integrations.selectors import connections as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def case_types(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the rows; POST saves those that changed."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        if not can(member(request), "mappings.manage"):
            return render(request, "403.html", status=403)
        try:
            count = services.save_mappings(connection=row, changes=_changes(request, row))
        except Refused as refused:
            wrong = {refused.code: refused.detail}
        else:
            messages.success(request, f"{count} mappings changed." if count != 1 else "One mapping changed.")
            return redirect("integration_case_types", provider=provider)
    return render(
        request, "integrations/case_types.html", _context(request, provider, row, wrong) | {"provider": declared},
        status=422 if wrong else 200,
    )  # fmt: skip


def _changes(request: HttpRequest, row: Connection) -> dict[str, dict[str, str]]:
    """Return the rows whose select differs from what the page was drawn with (a stale page changes nothing else)."""
    changes: dict[str, dict[str, str]] = {}
    for one in services.mapping_rows(row):
        for field, name in (("stage_id", "stage"), ("practice_area_id", "area")):
            value = request.POST.get(f"{name}:{one.key}")
            if value is not None and value != request.POST.get(f"was-{name}:{one.key}", ""):
                changes.setdefault(one.key, {})[field] = value
    return changes


def _context(request: HttpRequest, key: str, row: Connection, wrong: dict[str, str]) -> dict[str, object]:
    rows = services.mapping_rows(row)
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in items(row, kind=STAGE):
        groups.setdefault(item.parent or "Stages", []).append((item.external_id, item.name))
    names = reads.user_names(one.changed_by_id for one in rows)
    return page_context(
        request,
        declared_or_404(key),
        connection=row,
        rows=[one for one in rows if not one.is_area],
        areas=[one for one in rows if one.is_area],
        names={str(user_id): name for user_id, name in names.items()},
        stages=groups,
        remote_areas=[(item.external_id, item.name) for item in items(row, kind=PRACTICE_AREA)],
        open_count=sum(one.state in ("needs_choice", "gone") for one in rows if not one.is_area),
        wrong=wrong,
        preparing=services.is_preparing(row),
        stage_label=stage_label,
    )


@require_POST
@firm_page("mappings.manage")
def reset(request: HttpRequest, provider: str) -> HttpResponse:
    """Put one row back to its default."""
    row = connection_or_404(provider)
    try:
        found = services.reset_mapping(connection=row, key=request.POST.get("key", ""))
    except Refused as refused:
        messages.error(request, refused.detail)
    else:
        stage = found.stage_name or found.follows or "no stage: please choose one"
        messages.success(request, f"{found.label} is back to its default: {stage}.")
    return redirect("integration_case_types", provider=provider)


@require_POST
@firm_page("mappings.manage", own_scopes=True)
def read_again(request: HttpRequest, provider: str) -> HttpResponse:
    """Read pipelines, stages and practice areas of the account now."""
    declared, firm_id = declared_or_404(provider), member(request).firm_id
    with firm_scope(firm_id):
        row = connection_or_404(provider)
    if not reads.is_up(row):
        messages.error(request, f"{declared.name} is not connected.")
        return redirect("integration_case_types", provider=provider)
    try:
        services.prepare_account(connection=row, lane=WorkItem.Lane.BUTTON, may_refresh=False)
    except ProviderError as problem:
        what, fix = explain(problem, declared.name)
        messages.error(request, f"{what} {fix} The list below is the one read before.")
    else:
        messages.success(request, f"Pipelines and stages of {declared.name} were read again.")
    return redirect("integration_case_types", provider=provider)

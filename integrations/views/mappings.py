"""Case Type Mappings: every case type and practice area with its stage, chosen from the account's live list."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.access import can, firm_page
from integrations.connections.catalogue import PRACTICE_AREA, STAGE, live
from integrations.connections.checkup import explain
from integrations.contract.errors import ProviderError, Refused
from integrations.mappings import services
from integrations.mappings.case_type_preview import preview
from integrations.mappings.case_type_table import SUB_STATUS, sub_label
from integrations.models import Connection
from integrations.selectors import connections as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.mapping_notes import drift_context
from integrations.views.common import member, page_context

FIELDS = (("stage_id", "stage"), ("practice_area_id", "area"), ("sub_status_id", "sub"))


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def case_types(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the rows; POST shows the difference (`step=review`), goes back to it (`edit`), or saves what changed."""
    row, wrong = connection_or_404(provider), dict[str, str]()
    if request.method == "POST":
        if not can(member(request), "mappings.manage"):
            return render(request, "403.html", status=403)
        changes, step = _changes(request, row), request.POST.get("step", "")
        try:
            if step == "review" and changes:
                return _review(request, provider, row, changes)
            if step not in ("edit", "review"):
                count = services.save_mappings(connection=row, changes=changes)
                messages.success(request, f"{count} mappings changed." if count != 1 else "One mapping changed.")
                return redirect("integration_case_types", provider=provider)
            if step == "review":
                messages.info(request, "Nothing is different from what is saved.")
        except Refused as refused:
            wrong = {refused.code: refused.detail}
    context = _context(request, provider, row) | {"wrong": wrong}
    return render(request, "integrations/case_types.html", context, status=422 if wrong else 200)


def _changes(request: HttpRequest, row: Connection) -> dict[str, dict[str, str]]:
    """Return the rows whose select differs from what the page was drawn with (a stale page changes nothing else)."""
    changes: dict[str, dict[str, str]] = {}
    for one in services.mapping_rows(row):
        for field, name in FIELDS:
            value = request.POST.get(f"{name}:{one.key}")
            if value is not None and value != request.POST.get(f"was-{name}:{one.key}", ""):
                changes.setdefault(one.key, {})[field] = value
    return changes


def _review(
    request: HttpRequest, key: str, row: Connection, changes: dict[str, dict[str, str]]
) -> HttpResponse:
    """Show what would change, with matters that would go elsewhere."""
    names = dict(FIELDS)
    hidden = [(f"{names[field]}:{row_key}", value, request.POST.get(f"was-{names[field]}:{row_key}", ""))
              for row_key, wanted in changes.items() for field, value in wanted.items()]  # fmt: skip
    context = page_context(request, declared_or_404(key), connection=row, hidden=hidden)
    context |= {"changes": services.plan_changes(connection=row, changes=changes)}
    context |= {"previews": [one for one in preview(row, changes=changes) if one.now != one.then]}
    return render(request, "integrations/case_types_review.html", context)


def _context(request: HttpRequest, key: str, row: Connection) -> dict[str, object]:
    rows = services.mapping_rows(row)
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in live(row, STAGE):
        groups.setdefault(item.parent or "Stages", []).append((item.external_id, item.name))
    names = reads.user_names(one.changed_by_id for one in rows)
    lines = [_line(request, one, names.get(one.changed_by_id, "") if one.changed_by_id else "") for one in rows]
    text = request.GET.get("q", "")[:80].replace("\x00", "").strip()
    return drift_context(row, "case_types") | page_context(
        request,
        declared_or_404(key),
        connection=row,
        rows=[one for one in lines if not one["row"].is_area],
        areas=[one for one in lines if one["row"].is_area],
        stages=groups,
        remote_areas=[(item.external_id, item.name) for item in live(row, PRACTICE_AREA)],
        subs=[(item.external_id, sub_label(item)) for item in live(row, SUB_STATUS)],
        open_count=sum(one.state == "needs_choice" for one in rows if not one.is_area),
        preparing=services.is_preparing(row),
        previews=preview(row, text=text) if text or "q" in request.GET else None,
        text=text,
    )


def _line(request: HttpRequest, row: services.MappingRow, who: str) -> dict[str, Any]:
    """Return one line with the values to draw: those stored, or those sent with a form that comes back."""
    stored = {"stage": row.stage_id, "area": row.practice_area_id, "sub": row.sub_status_id}
    drawn = {name: request.POST.get(f"{name}:{row.key}", value) for name, value in stored.items()}
    return {"row": row, "who": who, "stored": stored, **drawn}


@require_POST
@firm_page("mappings.manage")
def reset_all(request: HttpRequest, provider: str) -> HttpResponse:
    """Put every row back to its default."""
    count = services.reset_mappings(connection=connection_or_404(provider))
    words = f"{count} mappings are back to their defaults." if count != 1 else "One mapping is back to its default."
    messages.success(request, words if count else "Every mapping has its default already.")
    return redirect("integration_case_types", provider=provider)


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
    back = "integration_fields" if request.POST.get("page") == "fields" else "integration_case_types"
    with firm_scope(firm_id):
        row = connection_or_404(provider)
    if not reads.is_up(row):
        messages.error(request, f"{declared.name} is not connected.")
        return redirect(back, provider=provider)
    try:
        services.prepare_account(connection=row, lane=WorkItem.Lane.BUTTON, may_refresh=False)
    except ProviderError as problem:
        what, fix = explain(problem, declared.name)
        messages.error(request, f"{what} {fix} The list below is the one read before.")
    else:
        messages.success(request, f"Pipelines, stages and fields of {declared.name} were read again.")
    return redirect(back, provider=provider)

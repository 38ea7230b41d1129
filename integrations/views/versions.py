"""Versions of any editable table: list, one version with restore, export, import with its difference first."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casehug.audit import services as audit
from casehug.firms.access import can, firm_page
from integrations.contract.errors import Refused
from integrations.mappings import drift, exchange, versions
from integrations.mappings.versions import MappingKind
from integrations.models import Connection
from integrations.selectors import mapping_notes as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context


def _found(provider: str, kind: str) -> tuple[MappingKind, Connection]:
    declared_or_404(provider)
    try:
        return versions.kind_of(kind), connection_or_404(provider)
    except (Refused, ImportError) as unknown:
        raise Http404(kind) from unknown


@require_GET
@firm_page("integrations.view")
def version_list(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """List the versions, newest first, with export and import."""
    declared, row = _found(provider, kind)
    context = page_context(request, declared_or_404(provider), connection=row, kind=declared)
    context |= {"versions": reads.version_lines(row, kind), "now_rows": len(declared.read(row))}
    return render(request, "integrations/versions.html", context)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def version(request: HttpRequest, provider: str, kind: str, number: int) -> HttpResponse:
    """Show one version and what going back to it would change; POST goes back."""
    declared, row = _found(provider, kind)
    try:
        one = versions.version_of(row, kind, number)
    except Refused as unknown:
        raise Http404(number) from unknown
    if request.method == "POST" and not can(member(request), "mappings.manage"):
        return render(request, "403.html", status=403)
    refusal, plan = "", None
    try:
        if request.method == "POST":
            done = versions.restore(connection=row, kind=kind, number=number)
            messages.success(request, f"Version {number} is in force again: {_lines(len(done.changed))} changed.")
            return redirect(declared.page, provider=provider)
        plan = versions.plan_restore(row, kind, number)
    except Refused as refused:
        refusal = refused.detail
    context = page_context(request, declared_or_404(provider), connection=row, kind=declared)
    context |= {"one": one, "plan": plan, "refusal": refusal}
    context["entries"] = [(declared.label(entry), declared.words(entry)) for entry in one.snapshot]
    context["line"] = next((line for line in reads.version_lines(row, kind) if line.number == number), None)
    return render(request, "integrations/version.html", context, status=422 if request.method == "POST" else 200)


def _lines(count: int) -> str:
    return "one line" if count == 1 else f"{count} lines"


@require_GET
@firm_page("integrations.view")
def export(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """Download the table, or one version of it (`?version=3`), as JSON."""
    declared, row = _found(provider, kind)
    wanted = request.GET.get("version", "")
    try:
        rows = versions.version_of(row, kind, int(wanted)).snapshot if wanted else declared.read(row)
    except (Refused, ValueError) as unknown:
        raise Http404(wanted) from unknown
    audit.record(action="mapping.exported", object_type="connection", object_id=row.id, changes={"kind": kind})
    answer = HttpResponse(exchange.file_text(row, declared, rows), content_type="application/json")
    name = f"{provider}-{kind.replace('_', '-')}{f'-v{int(wanted)}' if wanted else ''}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@firm_page("mappings.manage")
def import_file(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """Take a file, show its errors or the difference; with `apply` put it in force."""
    declared, row = _found(provider, kind)
    content, plan, refusal = "", None, ""
    if request.method == "POST":
        try:
            content = _content(request)
            if request.POST.get("apply"):
                basis = request.POST.get("basis", "")
                done = exchange.import_json(connection=row, kind=kind, content=content, basis=basis)
                messages.success(request, f"The file is in force: {_lines(len(done.changes))} changed.")
                return redirect(declared.page, provider=provider)
        except Refused as refused:
            refusal = refused.detail
        try:
            plan = exchange.plan_import(row, kind, content) if content else None
        except Refused as refused:
            refusal = refused.detail
    context = page_context(request, declared_or_404(provider), connection=row, kind=declared)
    context |= {"plan": plan, "refusal": refusal, "content": content if plan and not plan.problems else ""}
    wrong = bool(refusal or (plan and plan.problems))
    return render(request, "integrations/version_import.html", context, status=422 if wrong else 200)


def _content(request: HttpRequest) -> str:
    uploaded = request.FILES.get("file")
    if uploaded is None:
        given = str(request.POST.get("content", ""))
        if not given:
            raise Refused("Choose a file first.", code="file")
        return given
    if (uploaded.size or 0) > exchange.MAX_CHARACTERS:
        raise Refused("The file is too large for a mapping.", code="size")
    try:
        return str(uploaded.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused("The file is not text in UTF-8. Choose a file that was exported here.", code="utf8") from None


@require_POST
@firm_page("mappings.manage")
def close_notes(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """Take notes about renamed entries off the page."""
    declared, row = _found(provider, kind)
    drift.close_notes(connection=row, mapping=kind)
    return redirect(declared.page, provider=provider)

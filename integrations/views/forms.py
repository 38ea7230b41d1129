"""Forms: the forms of the account with what keeps them from being used, and the form of each case type."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import can, firm_page
from casehug.intake.models import CaseType
from integrations.connections.checkup import explain
from integrations.contract.errors import ProviderError
from integrations.mappings import form_sources, forms
from integrations.mappings.sources import LOCKED
from integrations.mappings.versions import current_number
from integrations.models import Connection, FormMapping
from integrations.selectors import connections as reads
from integrations.selectors.form_page import case_type_rows, field_rows
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context

FIELD = "field:"
MOST_FIELDS = 500


def _connection(key: str) -> Connection:
    if declared_or_404(key).forms is None:
        raise Http404(key)
    return connection_or_404(key)


def _case_type(key: str) -> CaseType:
    found: CaseType | None = CaseType.objects.filter(key=key).first()
    if found is None:
        raise Http404(key)
    return found


@require_GET
@firm_page("integrations.view")
def form_list(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the forms of the account and which case type goes where."""
    row = _connection(provider)
    found = forms.forms_of(row)
    context = page_context(
        request, declared_or_404(provider), connection=row, forms=found, case_types=case_type_rows(row, found),
        read_at=forms.read_at(row), connected=reads.is_up(row), version=current_number(row, forms.KIND_KEY),
    )  # fmt: skip
    return render(request, "integrations/forms.html", context)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def form_mapping(request: HttpRequest, provider: str, case_type: str) -> HttpResponse:
    """Show the form of one case type with a source per field; POST saves it."""
    row, found = _connection(provider), _case_type(case_type)
    wrong: forms.FormRefused | None = None
    if request.method == "POST":
        if not can(member(request), "mappings.manage"):
            return render(request, "403.html", status=403)
        form_id, mode, sources = _given(request)
        try:
            changed = forms.save_form_mapping(
                connection=row, case_type=found, form_id=form_id, mode=mode, sources=sources
            )
        except forms.FormRefused as refused:
            wrong = refused
        else:
            messages.success(request, f"The form of {found.name} is saved." if changed else "Nothing was changed.")
            return redirect("integration_forms", provider=provider)
    context = _context(request, provider, row, found, wrong)
    return render(request, "integrations/form_mapping.html", context, status=422 if wrong else 200)


def _given(request: HttpRequest) -> tuple[str, str, dict[str, str]]:
    """Return form, mode and sources of a POST; too many fields or characters that cannot be stored are cut off."""
    sources = {
        name.removeprefix(FIELD): str(value) for name, value in request.POST.items()
        if name.startswith(FIELD) and value and "\x00" not in f"{name}{value}"
    }  # fmt: skip
    form_id = request.POST.get("form", "").replace("\x00", "")[:80]
    return form_id, request.POST.get("mode", ""), dict(list(sources.items())[:MOST_FIELDS])


def _context(
    request: HttpRequest, key: str, row: Connection, case_type: CaseType, wrong: forms.FormRefused | None
) -> dict[str, Any]:
    mapping = forms.mapping_of(row, case_type.key)
    form_id, mode, sources = _given(request) if wrong else ("", "", {})
    form_id = form_id or request.GET.get("form", "").replace("\x00", "")[:80] or (mapping.form_id if mapping else "")
    kept = dict(mapping.sources) if mapping and mapping.form_id == form_id else {}
    chosen = forms.form_of(row, form_id) if form_id else None
    errors = wrong.fields if wrong else {}
    return page_context(
        request, declared_or_404(key), connection=row, case_type=case_type, mapping=mapping, form=chosen,
        choices=[one for one in forms.forms_of(row) if one.usable or one.id == form_id],
        mode=mode or (mapping.mode if mapping else FormMapping.Mode.BESIDE.value), wrong=wrong,
        groups=form_sources.groups_for(case_type), locked=_locked(key), connected=reads.is_up(row),
        fields=field_rows(chosen, case_type, sources if wrong else kept, errors, fresh=not kept and not wrong),
    )  # fmt: skip


def _locked(key: str) -> list[tuple[str, str]]:
    name = declared_or_404(key).name
    return [(what, why.format(name=name)) for what, why in LOCKED]


@require_POST
@firm_page("mappings.manage")
def form_remove(request: HttpRequest, provider: str, case_type: str) -> HttpResponse:
    """Let a case type go without a form."""
    found = _case_type(case_type)
    removed = forms.remove_form_mapping(connection=_connection(provider), case_type=found)
    words = f"{found.name} goes without a form now." if removed else f"{found.name} has no form."
    messages.success(request, words)
    return redirect("integration_forms", provider=provider)


@require_POST
@firm_page("mappings.manage", own_scopes=True)
def forms_read_again(request: HttpRequest, provider: str) -> HttpResponse:
    """Read the forms of the account now, or one form with its fields (`form`)."""
    declared, one = declared_or_404(provider), request.POST.get("form", "").replace("\x00", "")[:80]
    with firm_scope(member(request).firm_id):
        row = _connection(provider)
        known = CaseType.objects.filter(key=request.POST.get("case_type", "").replace("\x00", "")).first()
    if not reads.is_up(row):
        messages.error(request, f"{declared.name} is not connected.")
        return redirect("integration_forms", provider=provider)
    try:
        if one:
            forms.refresh_form(connection=row, form_id=one)
        else:
            forms.refresh_forms(connection=row)
    except ProviderError as problem:
        what, fix = explain(problem, declared.name)
        messages.error(request, f"{what} {fix} What was read before is still shown.")
    else:
        messages.success(request, f"The {'form was' if one else 'forms were'} read again.")
    if known is not None:
        return redirect("integration_form", provider=provider, case_type=known.key)
    return redirect("integration_forms", provider=provider)

"""Field Mappings: which answer of the client fills which field of contact and matter, tried before it is saved."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from casehug.common.ids import parse_public_id
from casehug.firms.access import can, firm_page
from casehug.intake.errors import NotFound
from casehug.intake.selectors.sync import matter_for_sync
from integrations.contract.errors import Refused
from integrations.mappings import services
from integrations.mappings.field_preview import matters_to_try, preview, try_value
from integrations.mappings.fields import Choice, fields_of, save_fields
from integrations.mappings.sources import LOCKED
from integrations.models import Connection
from integrations.selectors.field_page import FieldPage, field_page
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context

MOST_ROWS, LONGEST_SAMPLE = 2000, 2000
NO_MATTER = "Choose a matter from the list: this one does not exist or its client has not sent any answers."
NOTHING_CHOSEN = "Choose a question for this field first, then test it."


@require_http_methods(["GET", "POST"])
@firm_page("integrations.view")
def fields(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the page. POST `do`: save (what changed), add (a line for a field), preview, sample; only save stores."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    act, wrong, tried = request.POST.get("do", ""), {}, {}
    if request.method == "POST" and not can(member(request), "mappings.manage"):
        return render(request, "403.html", status=403)
    edits = _edits(request)
    if act == "save":
        try:
            count = save_fields(connection=row, changes=_changes(request, edits))
        except Refused as refused:
            wrong = {refused.code: refused.detail}
        else:
            words = f"{count} fields changed." if count != 1 else "One field changed."
            messages.success(request, words if count else "Nothing was changed: the page was saved like this already.")
            return redirect("integration_fields", provider=provider)
    added = [request.POST.get("add", "")] if act == "add" else []
    page = field_page(row, edits=edits, added=added, wrong=wrong)
    if act in ("preview", "sample"):
        tried = _tried(request, row, page, act)
    context = _context(request, provider, row, page) | {"wrong": wrong, **tried}
    bad = wrong or tried.get("try_problem")
    return render(request, "integrations/fields.html", context | {"provider": declared}, status=422 if bad else 200)


def _edits(request: HttpRequest) -> dict[str, Choice]:
    """Return what the page's selects say, by field id."""
    return {
        field_id: Choice(request.POST.get(f"q:{field_id}", ""), request.POST.get(f"t:{field_id}", ""))
        for field_id in request.POST.getlist("row")[:MOST_ROWS]
    }


def _changes(request: HttpRequest, edits: dict[str, Choice]) -> dict[str, Choice | None]:
    """Return the lines that differ from what the page was drawn with (a stale page changes nothing else)."""
    changes: dict[str, Choice | None] = {}
    for field_id, now in edits.items():
        was = Choice(request.POST.get(f"was-q:{field_id}", ""), request.POST.get(f"was-t:{field_id}", ""))
        if now != was and (now.question or was.question):
            changes[field_id] = now if now.question else None
    return changes


def _tried(request: HttpRequest, row: Connection, page: FieldPage, act: str) -> dict[str, Any]:
    if act == "sample":
        return _sample(request, row, page)
    matter_id = parse_public_id("mat", request.POST.get("matter", ""))
    try:
        matter = matter_for_sync(matter_id) if matter_id else None
    except NotFound:
        matter = None
    if matter is None:
        return {"try_problem": NO_MATTER}
    rows = preview(row, matter, page.drafts, page.asked)
    return {"preview": rows, "preview_of": matter.title, "chosen_matter": request.POST.get("matter", "")}


def _sample(request: HttpRequest, row: Connection, page: FieldPage) -> dict[str, Any]:
    text, wanted = request.POST.get("sample", "")[:LONGEST_SAMPLE], request.POST.get("sample_field", "")
    said = {"sample": text, "sample_field": wanted}
    found = next((draft for draft in page.drafts if draft[0].id == wanted), None)
    if found is None:
        return {**said, "try_problem": NOTHING_CHOSEN}
    return {**said, "preview": [try_value(row, *found, text, page.asked)], "preview_of": "your sample"}


def _context(request: HttpRequest, key: str, row: Connection, page: FieldPage) -> dict[str, Any]:
    name = declared_or_404(key).name
    return page_context(
        request, declared_or_404(key), connection=row, page=page, preparing=services.is_preparing(row),
        sections=[("Contact", page.of("contact"), page.standard["contact"]),
                  ("Matter", page.of("matter"), page.standard["matter"])],
        free=[("Contact", page.free["contact"]), ("Matter", page.free["matter"])],
        locked=[(what, why.format(name=name)) for what, why in LOCKED],
        matters=matters_to_try(), no_fields=not fields_of(row),
        gone=sum(line.state != "chosen" for line in page.lines if line.state != "new"),
    )  # fmt: skip

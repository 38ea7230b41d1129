"""Settings → Audit log: who did what when, the state of the seal, and the filter as a file."""

import csv
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from casehug.audit.services import record
from casehug.common.scope import firm_scope
from casehug.data_duties.audit_check import ask_for_check, seal_state
from casehug.data_duties.audit_forms import AuditFilterForm
from casehug.data_duties.audit_log import HEADERS, MOST_LINES, AuditFilter, AuditPage, audit_page, export_cells
from casehug.firms.access import CurrentMembership, firm_page
from casehug.firms.views import settings_tabs
from casehug.intake.text import spreadsheet_safe


def _member(request: HttpRequest) -> CurrentMembership:
    return request.membership  # type: ignore[attr-defined,no-any-return]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else 0


@require_safe
@firm_page("audit.view")
def audit_log(request: HttpRequest) -> HttpResponse:
    """Show the entries of the filter in the address, newest first, and the state of the seal."""
    form = AuditFilterForm(request.GET)
    wanted = form.wanted(_member(request).timezone)
    before, after = (_number(request.GET.get(name, "")) for name in ("before", "after"))
    # A filter that cannot be read shows nothing: the whole log under it would look like its answer.
    page = AuditPage([]) if form.errors else audit_page(wanted, before=before, after=after)
    kept = {name: str(value) for name, value in request.GET.items() if value and name in form.fields}
    here = reverse("settings_audit")
    context = {
        "tabs": settings_tabs(request, "settings_audit"), "form": form, "page": page, "clear_url": here,
        "filter_words": form.words() if kept else "", "query": urlencode(kept), "most_lines": MOST_LINES,
        "older_url": f"{here}?{urlencode(kept | {'before': page.older})}" if page.older else "",
        "newer_url": f"{here}?{urlencode(kept | {'after': page.newer})}" if page.newer else "",
        **_seal(),
    }  # fmt: skip
    return render(request, "data_duties/audit.html", context)


def _seal() -> dict[str, object]:
    state = seal_state()
    return {"seal": state, "poll_url": reverse("settings_audit_seal") if state.running else ""}


@require_safe
@firm_page("audit.view")
def audit_seal(request: HttpRequest) -> HttpResponse:
    """Answer the live part: the state of the seal; the last answer stands still."""
    return render(request, "data_duties/_seal.html", _seal())


@require_POST
@firm_page("audit.view")
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Have the chain verified by a worker."""
    ask_for_check()
    return redirect(f"{reverse('settings_audit')}#seal")


class _Line:
    """A file that gives back what is written to it: one CSV line at a time."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


@require_safe
@firm_page("audit.view", own_scopes=True, fresh="always")
def audit_csv(request: HttpRequest) -> HttpResponse:
    """Send the entries of the filter in the address as CSV while they are read; the download itself is an entry."""
    person = _member(request)
    with firm_scope(person.firm_id):
        form = AuditFilterForm(request.GET)
        wanted = form.wanted(person.timezone)
        if form.errors:
            return redirect(f"{reverse('settings_audit')}?{request.GET.urlencode()}")
        used = sorted(name for name in form.fields if request.GET.get(name))
        record(action="audit.exported", object_type="audit", changes={"filtered_by": used})
    answer = StreamingHttpResponse(_csv(person.firm_id, wanted), content_type="text/csv; charset=utf-8")
    today = timezone.now().astimezone(ZoneInfo(person.timezone)).date()
    answer["Content-Disposition"] = f'attachment; filename="audit-log-{today.isoformat()}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # a streamed answer is no HttpResponse, but every caller takes it


def _csv(firm_id: uuid.UUID, wanted: AuditFilter) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + str(writer.writerow(HEADERS))
    for cells in export_cells(firm_id=firm_id, wanted=wanted):
        yield str(writer.writerow([spreadsheet_safe(cell) for cell in cells]))

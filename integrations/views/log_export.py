"""The log beyond its page: the current filter as a CSV file, and the chart of the last 30 days."""

import csv
import uuid
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from casehug.audit import services as audit
from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.intake.text import spreadsheet_safe
from integrations.forms import LogFilterForm
from integrations.models import Connection
from integrations.selectors.log import LogFilter
from integrations.selectors.log_export import DAYS, HEADERS, days, export_cells
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context


class _Line:
    """A file that gives back what is written to it: one CSV line at a time."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


@require_GET
@firm_page("sync_log.view", own_scopes=True)
def log_csv(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the operations of the current filter as CSV while they are read; wrong filter values do not filter."""
    declared_or_404(provider)
    person = member(request)
    form = LogFilterForm(request.GET)
    wanted = form.wanted(person.timezone)
    with firm_scope(person.firm_id):
        row = connection_or_404(provider)
        used = sorted(name for name in form.fields if request.GET.get(name))
        audit.record(
            action="sync_log.exported", object_type="connection", object_id=row.id, changes={"filtered_by": used}
        )
    answer = StreamingHttpResponse(_csv(person.firm_id, row, wanted), content_type="text/csv; charset=utf-8")
    today = timezone.now().astimezone(ZoneInfo(person.timezone)).date()
    answer["Content-Disposition"] = f'attachment; filename="sync-log-{provider}-{today.isoformat()}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # a streamed answer is no HttpResponse, but every caller takes it


def _csv(firm_id: uuid.UUID, row: Connection, wanted: LogFilter) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + str(writer.writerow(HEADERS))
    for cells in export_cells(firm_id=firm_id, connection=row, wanted=wanted):
        yield str(writer.writerow([spreadsheet_safe(cell) for cell in cells]))


@require_GET
@firm_page("sync_log.view")
def log_chart(request: HttpRequest, provider: str) -> HttpResponse:
    """Show done and failed operations per day; the log's page fetches it by itself, so that a long log opens fast."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    zone = member(request).timezone
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    shown = days(row, zone=zone, today=today)
    context = page_context(request, declared, connection=row, days=shown, title=f"Operations in the last {DAYS} days")
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"integrations/{'_log_chart' if part else 'log_chart'}.html", context)

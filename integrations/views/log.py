"""Sync log with filters in the address, by line or grouped by cause, and retry of one, of chosen ones, or of all."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from casehug.common.ids import parse_public_id, public_id
from casehug.firms.access import firm_page
from integrations.forms import LogFilterForm
from integrations.models import Connection
from integrations.selectors.log import LogFilter, LogPage, log_page
from integrations.selectors.log_causes import MOST_LINES, causes, failed_runs
from integrations.selectors.log_text import MOST_MATTERS
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.runs import LINE_STATES, action_words, retryable, retryable_runs, run_detail
from integrations.sync.messages import message_for
from integrations.sync.retry_many import MOST, retry_many
from integrations.sync.services import SyncRefused, retry_sync
from integrations.views.common import member, page_context, reason_unless


@require_GET
@firm_page("sync_log.view")
def sync_log(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the operations of a connection, newest first, or their causes with `?group=cause`."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    form = LogFilterForm(request.GET)
    wanted = form.wanted(member(request).timezone)
    kept: dict[str, str] = {name: str(value) for name, value in request.GET.items() if value and name in form.fields}
    here, grouped = reverse("integration_log", args=[provider]), request.GET.get("group") == "cause"
    shown = (
        _by_cause(row, wanted, declared.name, here, kept) if grouped else _by_line(request, row, wanted, declared.name)
    )
    page = shown.get("page")
    context = page_context(
        request,
        declared,
        connection=row,
        form=form,
        filter_words=form.words() if kept else "",
        clear_url=here,
        csv_query=urlencode(kept),
        lines_url=f"{here}?{urlencode(kept)}",
        causes_url=f"{here}?{urlencode(kept | {'group': 'cause'})}",
        older_url=f"{here}?{urlencode(kept | {'before': page.older})}" if page and page.older else "",
        newer_url=f"{here}?{urlencode(kept | {'after': page.newer})}" if page and page.newer else "",
        retry_refused=reason_unless(request, "sync.start"),
        most_retried=MOST,
        **shown,
    )
    return render(request, "integrations/log.html", context)


def _by_line(request: HttpRequest, row: Connection, wanted: LogFilter, name: str) -> dict[str, Any]:
    page = log_page(row, wanted, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    found = retryable(entry.line for entry in page.rows)
    return {"page": page, "lines": _lines(page, name), "retryable": found, "cut": MOST_MATTERS if page.cut else 0}


def _by_cause(row: Connection, wanted: LogFilter, name: str, here: str, kept: dict[str, str]) -> dict[str, Any]:
    found, more = causes(row, wanted)
    entries = [
        {
            "cause": one,
            "message": message_for(one.error_class, one.error_code, name=name),
            "url": f"{here}?{urlencode(kept | _address(one.error_class, one.error_code))}",
        }
        for one in found
    ]
    return {"causes": entries, "grouped": True, "counted": MOST_LINES if more else 0}


def _address(error_class: str, error_code: str) -> dict[str, str]:
    return {"cause": error_class} | ({"text": f"{error_class}.{error_code}"} if error_code else {})


def _lines(page: LogPage, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for row in page.rows:
        line = row.line
        state, label = LINE_STATES.get(line.status, ("skipped", line.status))
        text = line.error_text
        if not text and line.error_class:
            text = message_for(line.error_class, line.error_code, name=name).text
        run_key = public_id("run", line.work_item_id) if line.work_item_id else ""
        found.append({
            "row": row, "line": line, "what": action_words(line.action), "state": state, "label": label,
            "error": text, "run_key": run_key,
        })  # fmt: skip
    return found


@require_POST
@firm_page("sync.start")
def retry(request: HttpRequest, provider: str, run_id: uuid.UUID) -> HttpResponse:
    """Retry the failed steps of a run; what was confirmed before is not sent again."""
    row, person = connection_or_404(provider), member(request)
    detail = run_detail(connection=row, run_id=run_id)
    if detail is None:
        raise Http404
    try:
        retry_sync(work_item_id=run_id, actor_id=person.user_id)
    except SyncRefused as refused:
        messages.error(request, refused.message.text)
    else:
        messages.success(request, "Queued again. Only what did not arrive is sent.")
    following = request.POST.get("next", "")
    if following == "log":
        return redirect("integration_log", provider=provider)
    return redirect("matter", detail.item.subject_id)


@require_POST
@firm_page("sync.start")
def retry_several(request: HttpRequest, provider: str) -> HttpResponse:
    """Retry the chosen runs, or with `all` every failed run of the filter in the address; then say what came of it."""
    declared_or_404(provider)
    row, person, form = connection_or_404(provider), member(request), LogFilterForm(request.GET)
    more = False
    if request.POST.get("all"):
        ids, more = failed_runs(row, form.wanted(person.timezone), most=MOST)
        allowed = set(ids)
    else:
        ids = [found for text in request.POST.getlist("run")[:MOST] if (found := parse_public_id("run", text))]
        allowed = retryable_runs(ids, connection=row)
    back = f"{reverse('integration_log', args=[provider])}?{request.GET.urlencode()}"
    if not ids:
        messages.error(request, "Nothing was retried: no failed run was chosen, or none is left to retry.")
        return redirect(back)
    summary = retry_many(connection=row, run_ids=ids, retryable=allowed, actor_id=person.user_id)
    rest = f" More are left: at most {MOST} are queued at a time. Press again for the next." if more else ""
    (messages.success if summary.queued else messages.error)(request, summary.words + rest)
    return redirect(back)

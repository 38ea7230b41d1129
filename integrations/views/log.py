"""Sync log with filters in the address, run detail, and retry."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from casehug.firms.access import firm_page
from integrations.forms import LogFilterForm
from integrations.selectors.log import LogPage, log_page
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.runs import LINE_STATES, action_words, retryable, run_detail
from integrations.sync.messages import message_for
from integrations.sync.services import SyncRefused, retry_sync
from integrations.views.common import button_for, member, page_context, reason_unless


@require_GET
@firm_page("sync_log.view")
def sync_log(request: HttpRequest, provider: str) -> HttpResponse:
    """Show the operations of a connection, newest first."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    form = LogFilterForm(request.GET)
    wanted = form.wanted(member(request).timezone)
    page = log_page(row, wanted, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    kept = {name: value for name, value in request.GET.items() if value and name in form.fields}
    here = reverse("integration_log", args=[provider])
    context = page_context(
        request,
        declared,
        connection=row,
        form=form,
        page=page,
        lines=_lines(page, declared.name),
        filter_words=form.words() if kept else "",
        clear_url=here,
        csv_query=urlencode(kept),
        older_url=f"{here}?{urlencode(kept | {'before': page.older})}" if page.older else "",
        newer_url=f"{here}?{urlencode(kept | {'after': page.newer})}" if page.newer else "",
        retry_refused=reason_unless(request, "sync.start"),
        retryable=retryable(row.line for row in page.rows),
    )
    return render(request, "integrations/log.html", context)


def _lines(page: LogPage, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for row in page.rows:
        line = row.line
        state, label = LINE_STATES.get(line.status, ("skipped", line.status))
        text = line.error_text
        if not text and line.error_class:
            text = message_for(line.error_class, line.error_code, name=name).text
        found.append(
            {"row": row, "line": line, "what": action_words(line.action), "state": state, "label": label, "error": text}
        )
    return found


@require_GET
@firm_page("sync_log.view")
def run(request: HttpRequest, provider: str, run_id: uuid.UUID) -> HttpResponse:
    """Show one run: steps with attempts, and what left the firm."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    detail = run_detail(connection=row, run_id=run_id)
    if detail is None:
        raise Http404
    item = detail.item
    message, help_url = None, ""
    if detail.state.state in ("failed", "held", "waiting", "unknown"):
        error_class, code = item.last_error_class, item.last_error_code
        if detail.state.state == "unknown":
            error_class, code = "network", "checking"
        message = message_for(error_class or "unknown", code, name=declared.name)
        help_url = f"{reverse('help_error', args=[error_class or 'unknown'])}#{code}"
    shown = message if message and message.target not in ("log", "evidence") else None
    button = button_for(shown, request, key=provider, matter_id=item.subject_id, run_id=item.id) if shown else None
    context = page_context(
        request, declared, connection=row, detail=detail, message=message, button=button, help_url=help_url,
        can_retry=detail.state.state == "failed" and detail.later is None,
        retry_refused=reason_unless(request, "sync.start"),
    )  # fmt: skip
    return render(request, "integrations/run.html", context)


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

"""One run: its steps with attempts and calls, what settled an unknown outcome, and a text for support."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from casehug.audit import services as audit
from casehug.firms.access import firm_page
from integrations.selectors.calls import inspected
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.runs import RunDetail, run_detail
from integrations.selectors.states import SYNC
from integrations.selectors.support import support_text
from integrations.sync.messages import message_for
from integrations.sync.records.calls import KEPT_DAYS
from integrations.views.common import button_for, page_context, reason_unless


@require_GET
@firm_page("sync_log.view")
def run(request: HttpRequest, provider: str, run_id: uuid.UUID) -> HttpResponse:
    """Show one run: steps with attempts, and what left the firm."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    detail = run_detail(connection=row, run_id=run_id)
    if detail is None:
        raise Http404
    context = page_context(
        request, declared, connection=row, detail=detail, **_trouble(request, provider, declared.name, detail),
        can_retry=detail.state.state == "failed" and detail.later is None and detail.item.kind == SYNC,
        retry_refused=reason_unless(request, "sync.start"),
        support=support_text(detail, provider_key=provider), kept_days=KEPT_DAYS,
    )  # fmt: skip
    return render(request, "integrations/run.html", context)


def _trouble(request: HttpRequest, key: str, name: str, detail: RunDetail) -> dict[str, Any]:
    """Return the message of a run that did not end well, its code and its one button."""
    if detail.state.state not in ("failed", "held", "waiting", "unknown"):
        return {}
    item = detail.item
    error_class, code = item.last_error_class or "unknown", item.last_error_code
    if detail.state.state == "unknown":
        error_class, code = "network", "checking"
    message = message_for(error_class, code, name=name)
    here = message.target in ("log", "evidence")
    button = None if here else button_for(message, request, key=key, matter_id=item.subject_id, run_id=item.id)
    return {"message": message, "button": button, "code": f"{error_class}.{code}"}


@require_POST
@firm_page("integrations.manage")
def call(request: HttpRequest, provider: str, run_id: uuid.UUID, call_id: uuid.UUID) -> HttpResponse:
    """Open the content of one call, without values; who looked is recorded."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    detail = run_detail(connection=row, run_id=run_id)
    found = inspected(run_id=run_id, call_id=call_id) if detail else None
    if detail is None or found is None:
        raise Http404
    audit.record(action="call.content_viewed", object_type="call", object_id=call_id, changes={"run": str(run_id)},
                 outcome="ok" if found.content else "gone")  # fmt: skip
    context = page_context(request, declared, connection=row, detail=detail, found=found, kept_days=KEPT_DAYS)
    return render(request, "integrations/call.html", context)

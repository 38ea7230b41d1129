"""Fragments on a matter's page: the live panel, “Sync to ‹provider›”, retry and cancel."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from casehug.common.models import WorkItem
from casehug.firms.access import can, firm_page
from casehug.intake.models import Matter
from integrations.selectors.connections import connection_for
from integrations.selectors.lookups import declared_or_404
from integrations.selectors.panel import Panel, matter_or_none, panel_for
from integrations.selectors.runs import departures_of_matter
from integrations.sync.services import SyncRefused, cancel_sync, request_sync, retry_sync
from integrations.sync.states import sync_state
from integrations.views.common import button_for, member, reason_unless

STOP_POLLING = 286
KINDS = {"unknown": "unknown", "waiting": "waiting", "held": "attention"}


def render_panel(request: HttpRequest, matter: Matter, key: str, *, notice: str = "") -> SafeString:
    """Return the panel of one provider as HTML. In the firm scope. `notice`: a refusal to show inside it."""
    declared = declared_or_404(key)
    panel = panel_for(declared=declared, connection=connection_for(key), matter=matter)
    return render_to_string("integrations/_panel.html", _panel_context(request, panel, notice), request=request)


def _panel_context(request: HttpRequest, panel: Panel, notice: str) -> dict[str, object]:
    found, person = panel.sync, member(request)
    button = None
    if found is not None and found.message is not None:
        button = button_for(
            found.message, request, key=panel.provider.key, matter_id=panel.matter.id, run_id=found.work_item_id,
            record_url=found.url,
        )  # fmt: skip
    return {
        "panel": panel,
        "poll_url": reverse("integration_panel", args=[panel.matter.id, panel.provider.key])
        if panel.state.live
        else "",
        "sync": found,
        "provider": panel.provider,
        "matter": panel.matter,
        "button": button,
        "notice": notice,
        "sync_refused": reason_unless(request, "sync.start") or panel.blocked,
        "start_refused": reason_unless(request, "sync.start"),
        "may_read_log": can(person, "sync_log.view"),
        "may_settings": can(person, "integrations.view"),
        "departures": departures_of_matter(panel.matter.id) if found else [],
        "error_kind": KINDS.get(panel.state.state, "failed"),
    }


def _matter(matter_id: uuid.UUID) -> Matter:
    found = matter_or_none(matter_id)
    if found is None:
        raise Http404
    return found


@require_GET
@firm_page("matters.view")
def panel_fragment(request: HttpRequest, matter_id: uuid.UUID, provider: str) -> HttpResponse:
    """Answer the panel again; status 286 ends the polling once nothing changes by itself."""
    matter = _matter(matter_id)
    declared = declared_or_404(provider)
    panel = panel_for(declared=declared, connection=connection_for(provider), matter=matter)
    html = render_to_string("integrations/_panel.html", _panel_context(request, panel, ""), request=request)
    return HttpResponse(html, status=200 if panel.state.live else STOP_POLLING)


def _answer(request: HttpRequest, matter: Matter, key: str, *, notice: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(render_panel(request, matter, key, notice=notice))
    if notice:
        messages.error(request, notice)
    return redirect("matter", matter.id)


@require_POST
@firm_page("sync.start")
def sync(request: HttpRequest, matter_id: uuid.UUID, provider: str) -> HttpResponse:
    """Queue a sync of this matter in the fastest lane; a second press joins the first."""
    declared_or_404(provider)
    matter, notice = _matter(matter_id), ""
    try:
        request_sync(
            matter_id=matter.id, lane=WorkItem.Lane.BUTTON, trigger="manual", actor_id=member(request).user_id,
            provider_key=provider,
        )  # fmt: skip
    except SyncRefused as refused:
        notice = refused.message.text
    return _answer(request, matter, provider, notice=notice)


def _latest(matter: Matter, key: str) -> uuid.UUID:
    declared_or_404(key)
    found = sync_state([matter.id], provider_key=key).get(matter.id)
    if found is None or found.work_item_id is None:
        raise Http404
    return found.work_item_id


@require_POST
@firm_page("sync.start")
def retry(request: HttpRequest, matter_id: uuid.UUID, provider: str) -> HttpResponse:
    """Retry what failed in the last run of this matter."""
    matter, notice = _matter(matter_id), ""
    try:
        retry_sync(work_item_id=_latest(matter, provider), actor_id=member(request).user_id)
    except SyncRefused as refused:
        notice = refused.message.text
    return _answer(request, matter, provider, notice=notice)


@require_POST
@firm_page("sync.start")
def cancel(request: HttpRequest, matter_id: uuid.UUID, provider: str) -> HttpResponse:
    """Cancel a sync that has not started."""
    matter, notice = _matter(matter_id), ""
    try:
        cancel_sync(work_item_id=_latest(matter, provider))
    except SyncRefused as refused:
        notice = refused.message.text
    return _answer(request, matter, provider, notice=notice)

"""Settings → Integrations: the cards, the page of one connection, its test and its switches."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from integrations.connections import services
from integrations.connections.checkup import ONLY_READS, last_test
from integrations.connections.endpoints import is_configured
from integrations.contract.errors import Refused
from integrations.forms import SettingsForm
from integrations.models import Connection
from integrations.selectors import connections as reads
from integrations.selectors import events, outbound
from integrations.selectors.figures import figures
from integrations.selectors.health import light_of, pauses_of
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.onboarding import set_up_of
from integrations.views import zapier_guide
from integrations.views.behaviour import behaviour_context
from integrations.views.common import member, page_context

PAUSE_WORDS = {
    "out": (
        "Sync to {name} is paused. New work waits; nothing is lost.",
        "Sync to {name} goes on; what was waiting continues by itself.",
    ),
    "in": (
        "Receiving from {name} is paused. What arrives is kept and waits.",
        "Receiving from {name} goes on; what waited is worked on in order.",
    ),
}


@require_GET
@firm_page("integrations.view")
def integrations(request: HttpRequest) -> HttpResponse:
    """Show a card per provider."""
    pairs = reads.connection_pairs()
    names = reads.user_names(row.connected_by_id for _, row in pairs if row is not None)
    cards = [
        {
            "provider": declared,
            "connection": row,
            "figures": figures(row) if row else None,
            "sync": reads.sync_switch(row) if row else None,
            "configured": is_configured(declared),
            "connected_by": names.get(row.connected_by_id, "") if row and row.connected_by_id else "",
            "light": light_of(row) if row else None,
        }
        for declared, row in pairs
    ]
    more = page_context(request, cards=cards, zapier_needs=zapier_guide.NEEDS, zaps=outbound.zap_count())
    return render(request, "integrations/cards.html", more)


@require_GET
@firm_page("integrations.view")
def integration(request: HttpRequest, provider: str) -> HttpResponse:
    """Show one connection: unconnected with its prerequisites, or its state, figures and switches."""
    declared = declared_or_404(provider)
    row = reads.connection_for(provider)
    return render(request, "integrations/connection.html", _connection_context(request, provider, row, None)
                  | {"provider": declared})  # fmt: skip


def _connection_context(
    request: HttpRequest, key: str, row: Connection | None, form: SettingsForm | None
) -> dict[str, object]:
    declared = declared_or_404(key)
    context = page_context(request, declared, connection=row, configured=is_configured(declared))
    if row is None:
        return context
    changed = row.profile.get("changed", {})
    switches = (stamp for name, stamp in changed.items() if name not in ("paused", "paused_in"))
    last = max(switches, key=lambda one: one["at"], default=None)
    by = uuid.UUID(last["by"]) if last and last["by"] else None
    counted, names = figures(row), reads.user_names([row.connected_by_id, by])
    return context | {
        "figures": counted,
        "sync": reads.sync_switch(row),
        "connected_by": names.get(row.connected_by_id, "") if row.connected_by_id else "",
        "form": form or SettingsForm.for_connection(row),
        "gone": reads.gone_stage(row),
        "held": counted.held,
        "waiting_in": events.waiting_count(row),
        "light": light_of(row),
        "pauses": pauses_of(row),
        "checks": last_test(row),
        "checks_are_old": True,
        "only_reads": ONLY_READS,
        **behaviour_context(row),
        "set_up": set_up_of(row),
        "last_change": parse_datetime(last["at"]) if last else None,
        "last_change_by": names.get(by, "") if by else "",
    }


@require_POST
@firm_page("integrations.manage", own_scopes=True)
def test(request: HttpRequest, provider: str) -> HttpResponse:
    """Run the connection test; answers the list as a fragment, or as a page without script."""
    declared = declared_or_404(provider)
    firm_id = member(request).firm_id
    with firm_scope(firm_id):
        row = connection_or_404(provider)
    checks = services.test_connection(connection=row) if row.access_token is not None else []
    with firm_scope(firm_id):
        context = page_context(request, declared, checks=checks, connection=row, only_reads=ONLY_READS)
        template = "integrations/_checks.html" if request.headers.get("HX-Request") else "integrations/checks.html"
        return render(request, template, context)


@require_POST
@firm_page("integrations.manage")
def change_settings(request: HttpRequest, provider: str) -> HttpResponse:
    """Save the switches of a connection."""
    row = connection_or_404(provider)
    form = SettingsForm.for_connection(row, request.POST)
    if form.is_valid():
        try:
            services.change_settings(connection_id=row.id, changes=form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.code if refused.code in form.fields else None, refused.detail)
        else:
            messages.success(request, "The switches are saved.")
            return redirect("integration", provider=provider)
    context = _connection_context(request, provider, row, form)
    return render(request, "integrations/connection.html", context, status=422)


@require_POST
@firm_page("integrations.manage")
def pause(request: HttpRequest, provider: str) -> HttpResponse:
    """Pause or resume one way (`way` = out or in; `on` = 1 pauses)."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    way = "in" if request.POST.get("way") == "in" else "out"
    paused, resumed = PAUSE_WORDS[way]
    if request.POST.get("on") == "1":
        if services.pause(connection_id=row.id, way=way):
            messages.success(request, paused.format(name=declared.name))
    elif services.resume(connection_id=row.id, way=way):
        messages.success(request, resumed.format(name=declared.name))
    return redirect("integration", provider=provider)

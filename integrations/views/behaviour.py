"""“How this account behaves” on the page of a connection: what is known, and asking anew by a worker."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from casehug.common.models import WorkItem
from casehug.firms.access import firm_page
from integrations.connections import examine
from integrations.models import Connection
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import page_context

STOP_POLLING = 286


def behaviour_context(row: Connection) -> dict[str, Any]:
    """Return what the card shows: known facts, open questions, and whether an examination runs."""
    # In one statement: what ended before it is in the report, and nothing ends between the two.
    seen = Connection.objects.annotate(under_way=Exists(examine.under_way(row.id))).get(id=row.id)
    running, report = seen.under_way, examine.report_of(seen)
    return {
        "facts_known": [fact for fact in report.facts if fact.value],
        "facts_open": [fact for fact in report.facts if not fact.value],
        "examined_at": report.at,
        "examining": running,
        "examine_poll": reverse("integration_behaviour", args=[row.provider]) if running else "",
    }


@require_GET
@firm_page("integrations.view")
def behaviour(request: HttpRequest, provider: str) -> HttpResponse:
    """Answer the card as a fragment; it ends the polling when the examination has ended."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    context = page_context(request, declared, connection=row, **behaviour_context(row))
    status = 200 if context["examining"] else STOP_POLLING
    return render(request, "integrations/_behaviour.html", context, status=status)


@require_POST
@firm_page("integrations.manage")
def examine_now(request: HttpRequest, provider: str) -> HttpResponse:
    """Queue an examination; a second press joins the first."""
    row = connection_or_404(provider)
    if row.state == Connection.State.CONNECTED:
        examine.ask_for_examination(connection=row, lane=WorkItem.Lane.BUTTON)
    else:
        messages.error(request, "The account cannot be examined while it is not connected.")
    return redirect(reverse("integration", args=[provider]) + "#behaviour")

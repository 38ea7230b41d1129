"""Lists: the inbox of invitations, cases, updates that are due."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.firms.access import firm_page
from casehug.intake.views.acting import people
from casehug.intake.views.addresses import page_urls
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.models import Referral
from casehug.referrals.selectors import inbox as reads
from casehug.referrals.selectors.cases import cases
from casehug.referrals.views.common import sections


@require_safe
@firm_page("referrals.view")
def inbox(request: HttpRequest) -> HttpResponse:
    """List invitations by deadline; without an exchange and without any case, say how one is connected."""
    tab = request.GET.get("show", "new")
    tab = tab if tab in reads.TABS else "new"
    rows, waiting, here = reads.invitations(tab), reads.counts(), reverse("referrals")
    names: dict[Any, str] = people([each for row in rows for each in (row.assigned_to_id, row.acknowledged_by_id)])
    for row in rows:
        row.assigned_to = names.get(row.assigned_to_id, "")
        row.acknowledged_by = names.get(row.acknowledged_by_id, "")
    tabs = [
        {"label": label, "url": f"{here}?show={key}", "current": key == tab, "count": waiting.get(key, 0)}
        for key, (label, _) in reads.TABS.items()
    ]
    context = {
        "rows": rows, "tabs": tabs, "tab": tab, "is_open": tab in ("new", "evaluating"),
        "sections": sections("Invitations"), "exchange": connected_exchange(),
        "first_time": not rows and not Referral.objects.exists(), "to_make": reads.to_make(),
    }  # fmt: skip
    return render(request, "referrals/inbox.html", context)


@require_safe
@firm_page("referrals.view")
def case_list(request: HttpRequest, direction: str) -> HttpResponse:
    """List received cases or cases referred out, newest first."""
    if direction not in ("in", "out"):
        raise Http404
    page = cases(direction, cursor=request.GET.get("after", ""))
    label = "Received cases" if direction == "in" else "Referred out"
    context = {
        "page": page, **page_urls(request, page), "direction": direction, "sections": sections(label), "label": label,
        "exchange": connected_exchange(),
    }  # fmt: skip
    return render(request, "referrals/cases.html", context)


@require_safe
@firm_page("referrals.view")
def due_list(request: HttpRequest) -> HttpResponse:
    """List cases whose update is due or overdue."""
    rows = list(reads.updates_due()[: reads.SHOWN])
    return render(request, "referrals/due.html", {"rows": rows, "sections": sections("Updates due")})

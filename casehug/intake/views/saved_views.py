"""Doors of saved views. Each member has their own, so every role may keep some."""

import uuid

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from casehug.firms.access import firm_page
from casehug.intake.selectors.matters import MatterFilters
from casehug.intake.services.saved_views import delete_view, save_view
from casehug.intake.views.acting import attempt


def _back(filters: MatterFilters) -> HttpResponse:
    query = filters.as_query()
    return redirect(reverse("matters") + (f"?{query}" if query else ""))


@require_POST
@firm_page("matters.view")
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filter under a name; back to the list as it was."""
    filters, name = MatterFilters.from_query(QueryDict(request.POST.get("filter", ""))), request.POST.get("name", "")
    own = request.membership.membership_id  # type: ignore[attr-defined]
    attempt(request, lambda: save_view(membership_id=own, name=name, filters=filters), done="The view is saved.")
    return _back(filters)


@require_POST
@firm_page("matters.view")
def view_delete(request: HttpRequest, view_id: uuid.UUID) -> HttpResponse:
    """Delete an own view; back to the list as it was."""
    own = request.membership.membership_id  # type: ignore[attr-defined]
    attempt(request, lambda: delete_view(membership_id=own, view_id=view_id), done="The view is deleted.")
    return _back(MatterFilters.from_query(QueryDict(request.POST.get("filter", ""))))

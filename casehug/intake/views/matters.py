"""The list of matters."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.common import slots
from casehug.firms.access import firm_page
from casehug.intake.models import CaseType, MatterStatus, PracticeArea, SavedView
from casehug.intake.selectors.matters import PROGRESS, MatterFilters
from casehug.intake.selectors.matters import matter_list as list_matters
from casehug.intake.selectors.saved_views import saved_views
from casehug.intake.views.acting import blocked
from casehug.intake.views.addresses import page_urls

FIRST = 50


def _choices(filters: MatterFilters) -> list[dict[str, Any]]:
    """Return the select fields of the filter form."""
    case_types = [(each.key, each.name) for each in CaseType.objects.order_by("position", "name")]
    fields = (
        ("status", "Status", MatterStatus.choices, "All but archived", filters.status),
        ("case_type", "Case type", case_types, "All", filters.case_type),
        ("practice_area", "Practice area", PracticeArea.choices, "All", filters.practice_area),
        ("progress", "Intake", list(PROGRESS.items()), "All", filters.progress),
        ("age", "Created", list(MatterFilters.AGES.items()), "Any time", filters.age),
        *((each.name, each.label, list(each.options.items()), "All", value) for each, value in filters.added),
    )
    return [
        {"name": name, "label": label, "options": options, "all": every, "value": value}
        for name, label, options, every, value in fields
    ]


def _in_words(filters: MatterFilters, choices: list[dict[str, Any]]) -> str:
    words = [f"text “{filters.text}”"] if filters.text else []
    for field in choices:
        label = dict(field["options"]).get(field["value"])
        if label:
            words.append(f"{field['label']} is {label}")
    return ", ".join(words)


def _view_tabs(views: list[SavedView], here: str) -> list[dict[str, Any]]:
    every = reverse("matters")
    named = [{"label": view.name, "url": f"{every}?{view.query}", "current": view.query == here} for view in views]
    return [{"label": "All matters", "url": every, "current": not here}, *named]


@require_safe
@firm_page("matters.view")
def matter_list(request: HttpRequest) -> HttpResponse:
    """List the matters that pass the filters in the address, changed last first."""
    filters = MatterFilters.from_query(request.GET)
    page = list_matters(filters=filters, cursor=request.GET.get("after", ""), size=FIRST)
    states: dict[Any, tuple[str, str]] = {}
    for answer in slots.fill("matter_states", matter_ids=[matter.id for matter in page.rows]):
        states.update(answer)
    for matter in page.rows:
        matter.sync_state = states.get(matter.id)
    choices = _choices(filters)
    words = _in_words(filters, choices)
    views = saved_views(request.membership.membership_id)  # type: ignore[attr-defined]
    here = filters.as_query()
    context = {
        "page": page,
        "here": here,
        "views": views,
        "view_tabs": _view_tabs(views, here),
        "current_view": next((view for view in views if view.query == here), None),
        **page_urls(request, page),
        "filters": filters,
        "choices": choices,
        "words": words,
        "list_actions": slots.fill("matter_list_actions", request=request, words=words) if page.rows else [],
        "clear_url": reverse("matters"),
        "shows_states": bool(states),
        "blocked": blocked(request),
    }
    return render(request, "intake/matters.html", context)

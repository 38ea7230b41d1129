"""The first page and the search."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from casehug.common import slots
from casehug.firms.access import can, firm_page
from casehug.intake.selectors.dashboard import IntakeCounts, intake_counts
from casehug.intake.selectors.search import search as find
from casehug.intake.views.acting import blocked

SHOWN = 20


def _needs_you(request: HttpRequest, counts: IntakeCounts) -> list[dict[str, Any]]:
    """Return what waits for a decision; each row leads to the one place where it is solved."""
    matters = reverse("matters")
    reviews = can(request.membership, "documents.review")  # type: ignore[attr-defined]
    own = (
        (counts.documents_to_review if reviews else 0, "Documents to review", reverse("documents")),
        (counts.ready_to_approve, "Intakes ready to approve", f"{matters}?progress=ready"),
    )
    rows = [row for answer in slots.fill("attention", request=request) for row in answer]
    return rows + [{"count": count, "text": text, "url": url} for count, text, url in own if count]


def _first_steps(request: HttpRequest, counts: IntakeCounts) -> list[dict[str, Any]]:
    """Return the set-up checklist: what integrations ask for (slot `setup_steps`), then the first matter and link."""
    own = [
        {"label": "Open a first matter", "done": counts.any_matter, "url": reverse("matter_new")},
        {"label": "Send a first intake link", "done": counts.any_link_sent,
         "url": reverse("matters") if counts.any_matter else ""},
    ]  # fmt: skip
    return [step for answer in slots.fill("setup_steps", request=request) for step in answer] + own


@require_safe
@firm_page("matters.view")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what needs a decision, the set-up until it is done, and one card per integration."""
    counts = intake_counts()
    first_steps = _first_steps(request, counts)
    context = {
        "needs": _needs_you(request, counts),
        "counts": counts,
        "first_steps": [] if all(step["done"] for step in first_steps) else first_steps,
        "steps_done": sum(bool(step["done"]) for step in first_steps),
        "cards": slots.fill("dashboard_card", request=request),
        "is_fresh": not counts.any_matter,
        "blocked": blocked(request),
    }
    return render(request, "intake/dashboard.html", context)


@require_safe
@firm_page("matters.view")
def search(request: HttpRequest) -> HttpResponse:
    """Find matters and clients."""
    text = " ".join(request.GET.get("q", "").split())[:200]
    context = {"text": text, "result": find(text, limit=SHOWN), "matters_url": reverse("matters")}
    context["words"] = f"Nothing was found for “{text}”"
    return render(request, "intake/search.html", context)

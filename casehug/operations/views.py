"""The operator's page and the confirmation of its acts."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from casehug.common import operator_log, standstill
from casehug.common.models import OperatorEntry
from casehug.intake.views.once import first_time
from casehug.operations import figures
from casehug.operations.access import operator_page
from casehug.operations.acts import ACTS, Act
from casehug.operations.parts import parts, worst

MOST_FIRMS = 200


@require_GET
@operator_page
def operations(request: HttpRequest) -> HttpResponse:
    """Show every part, the firms as ids, keys, versions and what operators did last."""
    rows, connections, since = figures.backlog(), figures.outside(), standstill.paused_since()
    found = parts(rows, connections, paused=since is not None)
    firms = figures.firms(rows, connections)
    context = {
        "parts": found, "worst": worst(found), "troubles": sum(part.state != "ok" for part in found), "since": since,
        "firms": firms[:MOST_FIRMS], "firm_count": len(firms), "keys": figures.keys(),
        "versions": figures.versions(), "entries": [_entry(one) for one in operator_log.recent()],
    }  # fmt: skip
    return render(request, "operations/operations.html", context)


def _entry(one: OperatorEntry) -> dict[str, Any]:
    known = [(name, value) for name, value in one.details.items() if value not in ("", None, [])]
    words = "; ".join(
        f"{name}: {'yes' if value is True else 'no' if value is False else value}" for name, value in known
    )
    return {"created_at": one.created_at, "actor": one.actor, "action": one.action, "words": words}


@require_http_methods(["GET", "POST"])
@operator_page
def act(request: HttpRequest, operation: str) -> HttpResponse:
    """Name the consequences of an act first, then do it."""
    chosen = ACTS.get(operation)
    if chosen is None:
        raise Http404
    firm_id = _firm(request) if chosen.of_firm else None
    if request.method != "POST":
        return _confirm(request, operation, chosen, firm_id)
    if chosen.typed and request.POST.get("typed", "").strip().lower() != chosen.typed:
        return _confirm(request, operation, chosen, firm_id, error=f"Type “{chosen.typed}” to go on.")
    if first_time(request):
        outcome = chosen.run(getattr(request.user, "email", ""), firm_id)
        (messages.success if outcome.good else messages.error)(request, outcome.words)
    return redirect("operations")


def _firm(request: HttpRequest) -> uuid.UUID:
    given = request.POST if request.method == "POST" else request.GET
    try:
        return uuid.UUID(given.get("firm", ""))
    except ValueError:
        raise Http404 from None


def _confirm(
    request: HttpRequest, operation: str, chosen: Act, firm_id: uuid.UUID | None, error: str = ""
) -> HttpResponse:
    confirm: dict[str, Any] = {
        "title": chosen.title, "intro": f"Firm {firm_id}." if firm_id else "", "consequences": chosen.consequences,
        "stays": chosen.stays, "verb": chosen.verb, "danger": chosen.danger, "typed": chosen.typed,
        "typed_label": "Type to confirm", "hidden": {"firm": str(firm_id)} if firm_id else {}, "error": error,
        "action_url": reverse("operations_act", args=[operation]), "safe_url": reverse("operations"),
        "safe_label": "Back, change nothing",
    }  # fmt: skip
    return render(request, "base_confirm.html", {"confirm": confirm}, status=422 if error else 200)

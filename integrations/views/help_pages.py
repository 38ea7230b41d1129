"""Help: the questions in five groups, and one page per kind of error. For every member, also on paper."""

from textwrap import fill

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from casehug.firms.access import can, firm_page
from integrations.registry import providers
from integrations.sync.messages import causes, error_classes
from integrations.views.common import member
from integrations.views.connect import connect_causes
from integrations.views.faq import GROUPS
from integrations.views.zapier_guide import DIFFERENCES, NEEDS, STEPS, TROUBLES

TITLES = {
    "auth": ("The access is not accepted", "The access that a firm admin once allowed was refused."),
    "rate_limit": ("Too many requests", "The limit of requests per minute is reached."),
    "network": ("No answer", "A call did not arrive, or its answer was lost."),
    "validation": ("A value was not accepted", "The call was understood and declined."),
    "configuration": ("Not allowed there", "The account's plan, permissions or developer settings do not allow it."),
    "unknown": ("Something unexpected", "It fits none of the other kinds."),
    "held": ("Waiting for a person", "Nothing failed: the sync waits until somebody decides."),
    "review": ("Look here", "It worked, but somebody should look at the result."),
    "mapping": ("Mapping", "What is chosen in the mappings does not fit, or is gone in the other system."),
    "start": ("A sync could not be started", "The button was pressed, but there was nothing to do."),
    "event": ("Webhook events", "What can become of an event that arrives."),
    "connect": ("Connecting did not work", "The way to the other system and back was not finished."),
}

SET_UP = (
    "Write to support@lawmatics.com that CaseHug is to be connected by OAuth, so that developer settings are enabled.",
    "As a firm admin open Settings, Integrations, press “Connect to Lawmatics”, sign in there and allow the access.",
    "Check on the card that the right account is named, and press “Test connection”.",
    "Look through Case Type Mappings and Stage → Status, then Field Mappings if answers are to arrive in own fields.",
    "Choose under Connection what starts a sync. On approval is switched on at first, on creation is not.",
    "Try one matter with “Sync to Lawmatics” and look in Lawmatics at what arrived and what it started there.",
    "For changes within seconds, store the secret of a Lawmatics webhook under Webhook events.",
)


@require_GET
@firm_page("matters.view")
def faq(request: HttpRequest) -> HttpResponse:
    """Show the questions; `?print=1` shows every answer at once."""
    kinds = [(key, *TITLES.get(key, (key, ""))) for key in (*error_classes(), "connect")]
    context = {"groups": GROUPS, "open": request.GET.get("print") == "1", "kinds": kinds, **_way_back(request)}
    return render(request, "integrations/help/faq.html", context)


@require_GET
@firm_page("matters.view")
def guide(request: HttpRequest) -> HttpResponse:
    """Send the set-up guide and all answers as one text file, for paper or for a colleague without a sign-in."""
    lines = ["CaseHug and Lawmatics: set-up guide and answers", "", "SETTING UP", ""]
    lines += [f"{number}. {step}" for number, step in enumerate(SET_UP, start=1)]
    for group in GROUPS:
        lines += ["", "", group.title.upper()]
        for question in group.questions:
            lines += ["", question.asked, *(fill(paragraph, 96) for paragraph in question.answer)]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="casehug-lawmatics-guide.txt"'
    return answer


@require_GET
@firm_page("matters.view")
def zapier(request: HttpRequest) -> HttpResponse:
    """Explain Lawmatics by Zapier instead of the native sync, and which of them is the better choice."""
    told = {"needs": NEEDS, "differences": DIFFERENCES, "steps": STEPS, "troubles": TROUBLES}
    return render(request, "integrations/help/zapier.html", told | _way_back(request))


@require_GET
@firm_page("matters.view")
def error_cause(request: HttpRequest, error_class: str) -> HttpResponse:
    """Explain one kind of error: for each cause what happened, what it means and who can fix it."""
    name = _first_name()
    found = connect_causes(name=name) if error_class == "connect" else causes(error_class, name=name)
    if not found:
        raise Http404(error_class)
    title, words = TITLES.get(error_class, (error_class, ""))
    context = {"kind": error_class, "title": title, "words": words, "causes": found, "name": name}
    return render(request, "integrations/help/error.html", context | _way_back(request))


def _first_name() -> str:
    found = providers()
    return found[0].name if found else "the other system"


def _way_back(request: HttpRequest) -> dict[str, str]:
    """Return the way back to the integrations, or to the dashboard for those who may not open them."""
    if can(member(request), "integrations.view"):
        return {"back_url": reverse("integrations"), "back_label": "Integrations"}
    return {"back_url": reverse("dashboard"), "back_label": "Dashboard"}

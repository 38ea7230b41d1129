"""Settings → Referrals: which status news of cases we referred out stand for, saved and reset."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from casehug.firms.access import firm_page
from casehug.intake.errors import Invalid
from casehug.referrals.selectors.statuses import stage_words
from casehug.referrals.statuses import RESULT, STAGE, reset_statuses, save_statuses
from casehug.referrals.views.refer import show_choices


@require_POST
@firm_page("referrals.manage")
def statuses_save(request: HttpRequest) -> HttpResponse:
    """Save the lines that differ from what the page was drawn with: a stale page changes nothing else."""
    changes = {
        name: str(value) for name, value in request.POST.items()
        if name.partition(":")[0] in (STAGE, RESULT) and value != request.POST.get(f"was-{name}", "?")
    }  # fmt: skip
    try:
        count = save_statuses(changes=changes, stages=stage_words())
    except Invalid as error:
        return show_choices(request, wrong=error.fields["statuses"])
    words = f"Saved: {count} line{'s' if count > 1 else ''} changed." if count else "Nothing was changed."
    messages.success(request, words)
    return redirect("settings_referrals")


@require_POST
@firm_page("referrals.manage")
def statuses_reset(request: HttpRequest) -> HttpResponse:
    """Put one line (`key`) or all lines back to the default."""
    count = reset_statuses(key=request.POST.get("key", "")[:200])
    messages.success(request, "Back to the default." if count else "It has its default already.")
    return redirect("settings_referrals")

"""Pages of the firm's own settings: the tabs and the profile."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from casehug.firms.access import can, firm_page
from casehug.firms.forms import FirmProfileForm
from casehug.firms.page_reads import own_firm


def settings_tabs(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """Return the settings tabs the member may open."""
    membership = request.membership  # type: ignore[attr-defined]
    tabs = [(label, name) for label, name, capability in settings.SETTINGS_TABS if can(membership, capability)]
    return [{"label": label, "url": reverse(name), "current": name == current} for label, name in tabs]


@firm_page("firm.view")
def settings_home(request: HttpRequest) -> HttpResponse:
    """Open the first settings tab."""
    return redirect("firm_profile")


@firm_page("firm.view")
def firm_profile(request: HttpRequest) -> HttpResponse:
    """Show and change the firm's profile (admins); others see it read-only."""
    firm = own_firm()
    may_edit = can(request.membership, "firm.manage")  # type: ignore[attr-defined]
    form = FirmProfileForm(request.POST or None, instance=firm)
    if request.method == "POST" and may_edit and form.is_valid():
        form.save_with_audit()
        return redirect("firm_profile")
    context = {"form": form, "firm": firm, "may_edit": may_edit, "tabs": settings_tabs(request, "firm_profile")}
    return render(request, "settings/firm_profile.html", context)

"""Settings → Notifications: per kind who gets it and whether by mail, what stands now, and a test mail."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from casehug.firms import notice_mail, notices
from casehug.firms.access import CurrentMembership, can, firm_page, who_can
from casehug.firms.models import Role
from casehug.firms.views import settings_tabs

TEST_WORDS = {
    "ready": ("queued", "On its way"),
    "running": ("running", "Being sent"),
    "done": ("done", "Taken by the mail server"),
    "dead": ("failed", "Failed"),
    "held": ("held", "Waiting"),
    "cancelled": ("cancelled", "Cancelled"),
}


class KindForm(forms.Form):
    """Who gets one kind, and whether by mail."""

    roles = forms.MultipleChoiceField(
        choices=Role.choices, widget=forms.CheckboxSelectMultiple, label="Who gets it",
        error_messages={"required": "Choose at least one role: somebody has to see it."},
    )  # fmt: skip
    by_mail = forms.BooleanField(required=False, label="Also by mail")


def _forms(data: Any = None) -> list[tuple[notices.NoticeKind, KindForm]]:
    wanted = notices.preferences()
    return [
        (kind, KindForm(data, prefix=key, initial={"roles": list(wanted[key].roles), "by_mail": wanted[key].by_mail}))
        for key, kind in notices.kinds().items()
    ]


@require_http_methods(["GET", "POST"])
@firm_page("firm.view")
def notifications(request: HttpRequest) -> HttpResponse:
    """Show and, for firm admins, save who gets which notice."""
    member: CurrentMembership = request.membership  # type: ignore[attr-defined]
    refusal = "" if can(member, "firm.manage") else f"Only a {who_can('firm.manage')} may change this."
    if request.method != "POST":
        return _draw(request, _forms(), refusal)
    if refusal:
        return render(request, "403.html", {"who_can": who_can("firm.manage"), "has_membership": True}, status=403)
    found = _forms(request.POST)
    if [form for _, form in found if not form.is_valid()]:
        return _draw(request, found, "", status=422)
    notices.save_preferences({
        kind.key: notices.Preference(tuple(form.cleaned_data["roles"]), form.cleaned_data["by_mail"])
        for kind, form in found
    })  # fmt: skip
    messages.success(request, "Notifications are saved.")
    return redirect("settings_notifications")


def _draw(
    request: HttpRequest, found: list[tuple[notices.NoticeKind, KindForm]], refusal: str, status: int = 200
) -> HttpResponse:
    member: CurrentMembership = request.membership  # type: ignore[attr-defined]
    test = notice_mail.last_test(membership_id=member.membership_id)
    standing = notices.standing_notices()
    context = {
        "tabs": settings_tabs(request, "settings_notifications"), "kinds": found, "why_not": refusal, "test": test,
        "test_words": TEST_WORDS[test.status] if test else None, "address": request.user.email,  # type: ignore[union-attr]
        "standing": [(row, can(member, notices.kinds()[row.kind].capability)) for row in standing],
        "role_labels": dict(Role.choices),
    }  # fmt: skip
    return render(request, "settings/notifications.html", context, status=status)


@require_POST
@firm_page("firm.view")
def test_mail(request: HttpRequest) -> HttpResponse:
    """Send the signed-in member a test mail."""
    member: CurrentMembership = request.membership  # type: ignore[attr-defined]
    notice_mail.ask_for_test(membership_id=member.membership_id)
    messages.success(request, "A test mail is on its way to you. Reload in a moment to see whether it was taken.")
    return redirect("settings_notifications")

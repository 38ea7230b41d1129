"""Pages of the team: members, invitations, the rule for the second factor, and joining by a link."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from casehug.common import throttle
from casehug.firms.access import can, firm_page, who_can
from casehug.firms.models import Role, User
from casehug.firms.page_reads import own_firm
from casehug.firms.team import invitations, members
from casehug.firms.team.errors import NotThere, TeamError
from casehug.firms.team.forms import InviteForm, JoinForm, SecondFactorForm
from casehug.firms.views import settings_tabs

JOIN_LIMIT, JOIN_WINDOW_SECONDS = 20, 900


def _page(request: HttpRequest, *, form: InviteForm | None = None, link: str = "", status: int = 200) -> HttpResponse:
    mine = request.membership  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "lines": members.lines(membership_id=mine.membership_id), "invitations": invitations.open_ones(),
        "form": form or InviteForm(), "may": can(mine, "team.manage"), "who_may": who_can("team.manage"),
        "firm": own_firm(), "roles": Role.choices, "link": link, "factor_form": SecondFactorForm(),
        "tabs": settings_tabs(request, "team"),
    }  # fmt: skip
    return render(request, "settings/team.html", context, status=status)


@firm_page("team.view")
def team(request: HttpRequest) -> HttpResponse:
    """Show members with role, second factor and last sign-in, and the open invitations."""
    return _page(request)


@require_POST
@firm_page("team.manage", fresh=True)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite a person by e-mail."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        membership_id = request.membership.membership_id  # type: ignore[attr-defined]
        values = form.cleaned_data
        invitations.invite(
            email=values["email"], name=values["name"], role=Role(values["role"]), invited_by=membership_id
        )
    except TeamError as refused:
        form.add_error("email", str(refused))
        return _page(request, form=form, status=422)
    messages.success(request, f"The invitation for {form.cleaned_data['email']} is on its way. It is valid for 7 days.")
    return redirect("team")


def _act(request: HttpRequest, act: Callable[[], object], done: str) -> HttpResponseRedirect:
    try:
        act()
    except NotThere as missing:
        raise Http404 from missing
    except TeamError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("team")


@require_POST
@firm_page("team.manage", fresh=True)
def invitation_send(request: HttpRequest, invite_id: uuid.UUID) -> HttpResponse:
    """Send an invitation again."""
    return _act(request, lambda: invitations.send_again(invitation_id=invite_id),
                "The invitation is sent again. The earlier link no longer works.")  # fmt: skip


@require_POST
@firm_page("team.manage", fresh=True)
def invitation_link(request: HttpRequest, invite_id: uuid.UUID) -> HttpResponse:
    """Show a new link of an invitation, once."""
    try:
        link = invitations.new_link(invitation_id=invite_id)
    except NotThere as missing:
        raise Http404 from missing
    except TeamError as refused:
        messages.error(request, str(refused))
        return redirect("team")
    return _page(request, link=link)


@require_POST
@firm_page("team.manage", fresh=True)
def invitation_revoke(request: HttpRequest, invite_id: uuid.UUID) -> HttpResponse:
    """Withdraw an invitation."""
    return _act(request, lambda: invitations.revoke(invitation_id=invite_id), "The invitation was withdrawn.")


@require_POST
@firm_page("team.manage", fresh=True)
def member_role(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Change the role of a member."""
    role = request.POST.get("role", "")
    return _act(request, lambda: members.change_role(membership_id=membership_id, role=role),
                "The role is saved. That person signs in again to go on.")  # fmt: skip


@require_POST
@firm_page("team.manage", fresh=True)
def member_access(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Switch a member's access on or off."""
    active = request.POST.get("active") == "1"
    done = "Access is on again." if active else "Access is off, and that person was signed out everywhere."
    return _act(request, lambda: members.set_active(membership_id=membership_id, active=active), done)


@require_POST
@firm_page("team.manage", fresh=True)
def member_factor(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Remove the second factor of a member who lost it."""
    return _act(request, lambda: members.remove_second_factor(membership_id=membership_id),
                "The second factor was removed. That person sets up a new one after the next sign-in.")  # fmt: skip


@require_POST
@firm_page("team.manage", fresh=True)
def second_factor_rule(request: HttpRequest) -> HttpResponse:
    """Ask everybody of the firm for a second factor, or stop asking."""
    form = SecondFactorForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose between 0 and 90 days.")
        return redirect("team")
    required, days = form.cleaned_data["required"], form.cleaned_data["grace_days"] or 0
    text = "Two-step sign-in is required now." if required else "Two-step sign-in is no longer required."
    return _act(request, lambda: members.require_second_factor(required=required, grace_days=days), text)


def join(request: HttpRequest, token: str) -> HttpResponse:
    """Open an invitation: join with the account one has, or make one. No sign-in, the link is the credential."""
    address = request.META.get("REMOTE_ADDR", "")
    if throttle.hit(name="join", key=address, limit=JOIN_LIMIT, window_seconds=JOIN_WINDOW_SECONDS):
        return render(request, "account/join_ended.html", {"too_many": True}, status=429)
    found = invitations.resolve(token)
    if found is None:
        return render(request, "account/join_ended.html", status=404)
    signed_in = request.user if isinstance(request.user, User) else None
    posted = request.POST if request.method == "POST" and signed_in is None else None
    form = JoinForm(posted, initial={"name": found.invitation.name})
    ready = request.method == "POST" and (signed_in is not None or (not found.has_account and form.is_valid()))
    if ready:
        try:
            invitations.accept(
                firm_id=found.firm_id, invitation_id=found.invitation.id, user=signed_in,
                **(form.cleaned_data if signed_in is None else {}),
            )  # fmt: skip
        except ValidationError as weak:
            form.add_error("password", weak)
        except TeamError as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"You are a member of {found.firm_name} now.")
            return redirect("dashboard" if signed_in else "account_login")
    context = {"found": found, "form": form, "signed_in": signed_in, "path": request.path}
    return render(request, "account/join.html", context, status=422 if form.is_bound and form.errors else 200)

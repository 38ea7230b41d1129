"""Who may do what: one capability table, the membership of a request, and the decorator every page uses."""

import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.firms.fresh import ask_again, is_fresh
from casehug.firms.models import Role
from casehug.firms.page_reads import page_reads

_EVERYONE = frozenset(Role)
_WORKERS = frozenset({Role.ADMIN, Role.ATTORNEY, Role.STAFF})
_ADMIN = frozenset({Role.ADMIN})
_READERS = frozenset({Role.ADMIN, Role.AUDITOR})

CAPABILITIES: dict[str, frozenset[Role]] = {
    "firm.view": _EVERYONE,
    "firm.manage": _ADMIN,
    "team.view": _EVERYONE,
    "team.manage": _ADMIN,
    "matters.view": _EVERYONE,
    "matters.edit": _WORKERS,
    "clients.view": _EVERYONE,
    "clients.edit": _WORKERS,
    "documents.review": _WORKERS,
    "notes.view": _WORKERS,
    "notes.edit": _WORKERS,
    "intake.import": _WORKERS,
    "referrals.view": _EVERYONE,
    "referrals.work": _WORKERS,
    "referrals.decide": frozenset({Role.ADMIN, Role.ATTORNEY}),
    "referrals.manage": _ADMIN,
    "sync.start": _WORKERS,
    "sync.bulk": frozenset({Role.ADMIN, Role.ATTORNEY}),
    "sync_log.view": _READERS,
    "integrations.view": _READERS,
    "integrations.manage": _ADMIN,
    "mappings.manage": _ADMIN,
    "audit.view": _READERS,
    "data.view": _READERS,
    "data.manage": _ADMIN,
    "clients.erase": _ADMIN,
}


@dataclass(frozen=True)
class CurrentMembership:
    """The signed-in user's place in a firm, resolved before any firm scope is open."""

    firm_id: uuid.UUID
    membership_id: uuid.UUID
    user_id: uuid.UUID
    role: Role
    firm_name: str
    firm_slug: str
    timezone: str
    demo: bool
    second_factor_from: datetime | None = None
    """From when on the firm asks for a second factor; None when it does not."""
    has_second_factor: bool = False

    @property
    def needs_second_factor(self) -> bool:
        """Whether nothing else may be opened before this person has set up a second factor."""
        due = self.second_factor_from
        return due is not None and not self.has_second_factor and due <= timezone.now()


def memberships_of(user_id: uuid.UUID) -> list[CurrentMembership]:
    """Return the active memberships of a user, oldest first (through the resolver: no firm is known yet)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM resolve_memberships(%s)", [user_id])
        rows = cursor.fetchall()
    return [CurrentMembership(r[0], r[1], user_id, Role(r[2]), *r[3:]) for r in rows]


def can(membership: CurrentMembership | None, capability: str) -> bool:
    """Tell whether a member's role has a capability."""
    return membership is not None and membership.role in CAPABILITIES[capability]


def who_can(capability: str) -> str:
    """Return the roles that have a capability in words, for disabled buttons ("firm admin or attorney")."""
    names = [role.label.lower() for role in Role if role in CAPABILITIES[capability]]
    return " or ".join(names) if len(names) < 3 else ", ".join(names[:-1]) + " or " + names[-1]


View = Callable[..., HttpResponse]


def firm_page(capability: str, *, own_scopes: bool = False, fresh: bool | str = False) -> Callable[[View], View]:
    """Decorate a page: sign-in, second factor, membership, capability, then the firm scope around the view.

    Anonymous → sign-in page; second factor required and missing → its set-up; no membership or wrong role → 403 page.
    With `own_scopes` the view opens short scopes itself, because it talks to the outside (no transaction may be open
    then); other safe requests keep what they read (`page_reads`). With `fresh` every unsafe request, and
    `fresh="always"` any, needs a sign-in of the last ten minutes.
    """
    CAPABILITIES[capability]  # an unknown name fails at import

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            membership: CurrentMembership | None = request.membership  # type: ignore[attr-defined]
            if membership is None or not can(membership, capability):
                context = {"who_can": who_can(capability), "has_membership": membership is not None}
                return render(request, "403.html", context, status=403)
            if membership.needs_second_factor:
                return redirect("mfa_index")
            if fresh and (fresh == "always" or request.method == "POST") and not is_fresh(request):
                return ask_again(request)
            request.firm_id = membership.firm_id  # type: ignore[attr-defined]
            if own_scopes:
                return view(request, *args, **kwargs)
            # What is read once may be kept only while nothing is changed.
            reads = page_reads() if request.method in ("GET", "HEAD") else nullcontext()
            with firm_scope(membership.firm_id), reads:
                return view(request, *args, **kwargs)

        page.capability = capability  # type: ignore[attr-defined]
        page.fresh = fresh  # type: ignore[attr-defined]
        return page

    return decorate

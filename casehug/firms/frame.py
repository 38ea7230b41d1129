"""What every signed-in page shows around its content: firm, navigation, banner, account."""

from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from casehug.common import slots
from casehug.common.scope import firm_scope, scope_is_open
from casehug.firms.access import CurrentMembership, can
from casehug.firms.page_reads import page_reads

LOCAL_TEXT = "Local run with stand-ins: nothing reaches a real account."
REAL_TEXT = "Local run connected to real Lawmatics addresses: what you sync arrives there."
DEMO_TEXT = "Demo firm: two-step sign-in is not required here. Do not enter real clients."

NAVIGATION = (
    ("Dashboard", "dashboard", "matters.view", "dashboard", ("dashboard",)),
    ("Matters", "matters", "matters.view", "matters", ("matters", "matter", "client", "intake", "link", "note")),
    ("Documents", "documents", "documents.review", "documents", ("documents", "document", "upload")),
    ("Referrals", "referrals", "referrals.view", "referrals", ("referrals", "referral", "invitation")),
    ("Import", "imports", "intake.import", "upload", ("imports", "import")),
    ("Settings", "settings_home", "firm.view", "settings", ("settings", "firm", "team", "integration", "integrations")),
)


def _banner(request: HttpRequest, membership: CurrentMembership) -> dict[str, Any] | None:
    offers = slots.fill("banner", request=request)
    if offers:
        chosen: dict[str, Any] = min(offers, key=lambda offer: offer["urgency"])
        return chosen
    if membership.second_factor_from is not None and not membership.has_second_factor:
        return _second_factor_banner(membership)
    if membership.demo:
        return {"kind": "neutral", "text": DEMO_TEXT, "button_label": "", "button_url": ""}
    return None


def _second_factor_banner(membership: CurrentMembership) -> dict[str, Any]:
    """Ask for the second factor before the firm requires it; from that day on it is the only page that opens."""
    day = date_format(timezone.localtime(membership.second_factor_from), "j F Y")
    text = f"Your firm requires two-step sign-in from {day} on. Setting it up takes two minutes."
    return {"kind": "attention", "text": text, "button_label": "Set it up", "button_url": reverse("mfa_index")}


ACCOUNT_LINKS = (("Sign-in and second factor", "mfa_index"), ("Where you are signed in", "usersessions_list"))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` for signed-in members, None otherwise (portal, sign-in, error pages)."""
    membership: CurrentMembership | None = getattr(request, "membership", None)
    local = {"local_run": settings.CASEHUG_LOCAL, "local_text": local_text()}
    if membership is None:
        return {"frame": None, **local}
    match = getattr(request, "resolver_match", None)
    # The first word of a route's name is its section: `matter_edit` belongs to Matters.
    section = (getattr(match, "url_name", "") or "").partition("_")[0]
    with page_reads(), nullcontext() if scope_is_open() else firm_scope(membership.firm_id):
        banner = _banner(request, membership)
        counts = {name: count for filled in slots.fill("nav_counts") for name, count in filled.items()}
    nav = [
        {"label": label, "url": reverse(name), "icon": icon, "count": counts.get(name, 0), "current": section in words}
        for label, name, capability, icon, words in NAVIGATION
        if can(membership, capability)
    ]
    return {
        "frame": {
            "firm_name": membership.firm_name,
            "nav": nav,
            "banner": banner,
            "user_label": str(request.user),
            "role_label": membership.role.label,
            "account_links": _account_links(request),
            "settings_url": reverse("settings_home"),
            "search_url": reverse("search"),
            "help_url": _help_url(),
            "timezone": membership.timezone,
            **local,
        },
        "membership": membership,
        **local,
    }


def _account_links(request: HttpRequest) -> list[dict[str, str]]:
    own = (("Operations", "operations"),) if getattr(request.user, "is_operator", False) else ()
    return [{"label": label, "url": reverse(name)} for label, name in (*ACCOUNT_LINKS, *own)]


def _help_url() -> str:
    """Return the address of the help, whose pages belong to another app; empty when none is installed."""
    name = getattr(settings, "HELP_URL", "")
    return reverse(name) if name else ""


def local_text() -> str:
    """Return the sentence of the local-run banner: stand-ins, or real addresses (and then it says so)."""
    return LOCAL_TEXT if getattr(settings, "CASEHUG_STANDIN_URL", "") else REAL_TEXT

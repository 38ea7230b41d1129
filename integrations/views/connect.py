"""Connecting and disconnecting: start, callback, the decision on another account, and the two-step disconnect."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from integrations.connections import services
from integrations.contract.auth import ApiKey, OAuth2
from integrations.mappings.services import prepare_now
from integrations.models import Connection
from integrations.selectors import connections as reads
from integrations.selectors.figures import figures
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync.message import Message
from integrations.views.common import member, page_context


@dataclass(frozen=True)
class FailurePage:
    """What happened, what it means, who can fix it, and the status code of the page."""

    what: str
    means: str
    who: str
    status: int = 400


SAME = "Nothing was changed: what was connected before is still connected as it was."
AGAIN = "A firm admin can start again from Settings → Integrations."
FAILURES = {
    "unknown": FailurePage("This return address was not made by CaseHug.", SAME, AGAIN),
    "replayed": FailurePage(
        "This return from {name} was used already.", "It works only once. " + SAME, AGAIN + " Reloading does not help."
    ),
    "expired": FailurePage("The connection took longer than ten minutes.", "The attempt has ended. " + SAME, AGAIN),
    "foreign": FailurePage(
        "This attempt was started in another browser or by another person.",
        SAME, "Sign in here as the admin who started it, or start again.", 403,
    ),
    "not_admin": FailurePage(
        "Your role in the firm no longer allows connecting.", SAME, "Another firm admin can start again.", 403
    ),
    "denied": FailurePage("{name} was told not to give CaseHug access.", SAME, AGAIN),
    "refused": FailurePage(
        "{name} did not accept the answer we brought back.", SAME,
        AGAIN + " If it happens again, the operator checks client id, secret and callback address.", 502,
    ),
    "unreachable": FailurePage(
        "{name} did not answer when we asked for the access.", SAME, AGAIN + " In a few minutes.", 502
    ),
    "unverified": FailurePage(
        "{name} gave access, but not whose account it is.",
        "Nothing is sent until that is known; waiting matters keep waiting.", AGAIN, 502,
    ),
    "replaced": FailurePage(
        "Meanwhile somebody disconnected or connected again.", "This attempt was given up; the other one counts.", AGAIN
    ),
    "not_configured": FailurePage(
        "This installation has no client id and secret for {name} yet.", "Nothing was sent to {name}.",
        "The operator enters them in the environment (see the README).", 503,
    ),
}  # fmt: skip


def connect_causes(*, name: str) -> list[tuple[str, Message]]:
    """Return every way connecting can fail, as paragraphs of help."""
    return [
        (kind, Message(page.what.format(name=name), page.means.format(name=name), page.who.format(name=name), "", ""))
        for kind, page in FAILURES.items()
    ]


@require_GET
@firm_page("integrations.manage", fresh="always")
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """Store a state and send the browser to the provider's consent page."""
    declared = declared_or_404(provider)
    if not isinstance(declared.auth, OAuth2):
        return redirect("integration", provider=provider)
    person = member(request)
    try:
        url = services.start_connect(
            provider_key=provider, user_id=person.user_id, session_key=request.session.session_key or ""
        )
    except services.NotConfigured:
        return _failed(request, provider, "not_configured")
    return HttpResponseRedirect(url)


@require_GET
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """The provider sends the browser back here. No login of its own: the stored state names firm and user."""
    declared = declared_or_404(provider)
    user_id = request.user.pk if request.user.is_authenticated else None
    try:
        connected = services.complete_connect(
            provider_key=provider,
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            error=request.GET.get("error", ""),
            session_key=request.session.session_key or "",
            user_id=user_id,
        )
    except services.ConnectFailed as failure:
        return _failed(request, provider, failure.kind, failure.code)
    if connected.other_account:
        return redirect("integration_account", provider=provider)
    ready = prepare_now(connected)
    with firm_scope(connected.firm_id):
        row = Connection.objects.get(id=connected.connection_id)
    text = f"{declared.name} is connected: {row.remote_firm_name}, {row.remote_email or row.remote_user}."
    extra = "" if ready else " Its pipelines are still being read; mappings follow in a moment."
    messages.success(request, text + extra)
    return redirect("dashboard")


def _failed(request: HttpRequest, key: str, kind: str, code: str = "") -> HttpResponse:
    page, declared = FAILURES[kind], declared_or_404(key)
    context = {
        "provider": declared,
        "what": page.what.format(name=declared.name),
        "means": page.means.format(name=declared.name),
        "who": page.who,
        "code": f"connect.{kind}",
        "raw": code[:60],
        "back": reverse("integration", args=[key]),
    }
    return render(request, "integrations/connect_failed.html", context, status=page.status)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", own_scopes=True, fresh=True)
def disconnect(request: HttpRequest, provider: str) -> HttpResponse:
    """Name the consequences first, then end the access."""
    declared, firm_id = declared_or_404(provider), member(request).firm_id
    with firm_scope(firm_id):
        row = connection_or_404(provider)
        waiting = figures(row).waiting
    if request.method == "POST":
        if services.disconnect(connection_id=row.id, firm_id=firm_id):
            rest = "" if isinstance(declared.auth, ApiKey) else f" Please remove the app in {declared.name} too."
            messages.success(request, f"{declared.name} is disconnected.{rest}")
        return redirect("integration", provider=provider)
    where = row.remote_firm_name or declared.name
    there = (
        f"What was set up in {declared.name} stays there. Delete the subscriptions of CaseHug there to stop them."
        if isinstance(declared.auth, ApiKey)
        else f"{declared.name} offers no way to withdraw the access there: please remove the app there too."
    )
    confirm = {
        "title": f"Disconnect {declared.name}?",
        "intro": f"CaseHug loses its access to {where} at once.",
        "consequences": [
            "The stored access is deleted here for good; a copy in a backup can no longer be opened either.",
            f"Nothing more is sent. {waiting} waiting syncs stop and continue only after a reconnect.",
            there,
        ],
        "stays": [
            "Matters, clients and documents in both systems.",
            "The links between them, so that reconnecting the same account makes no duplicates.",
            "Mappings, switches and the whole log.",
        ],
        "verb": "Disconnect",
        "danger": True,
        "action_url": reverse("integration_disconnect", args=[provider]),
        "safe_label": "Stay connected",
        "safe_url": reverse("integration", args=[provider]),
    }
    with firm_scope(firm_id):
        return render(request, "base_confirm.html", page_context(request, declared, confirm=confirm))


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", fresh=True)
def account(request: HttpRequest, provider: str) -> HttpResponse:
    """Another account was authorised: show both, and use the new one or disconnect."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    if row.state != Connection.State.OTHER_ACCOUNT:
        return redirect("integration", provider=provider)
    if request.method == "POST":
        services.use_this_account(connection_id=row.id)
        messages.success(
            request,
            f"{row.remote_firm_name} is used from now on. Its pipelines are being read; waiting matters continue then.",
        )
        return redirect("integration_case_types", provider=provider)
    context = page_context(
        request, declared, connection=row, held=figures(row).held, links=reads.link_count(row, row.links_account)
    )
    return render(request, "integrations/account.html", context)

"""Pull Matters: what exists at the provider and what of it is linked, why, and how a link ends. Nothing is imported."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from integrations.connections.checkup import explain
from integrations.connections.endpoints import endpoints_for
from integrations.connections.matters import read_one, read_page
from integrations.contract.errors import NotFound, ProviderError, Throttled
from integrations.contract.matters import MatterPage, RemoteMatters
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink
from integrations.selectors import pull as reads
from integrations.selectors.connections import matter_titles
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.sync import by_hand
from integrations.views.common import member, page_context

MOST_PAGES = 10_000


def with_matters(key: str) -> tuple[Provider, RemoteMatters]:
    """Return a provider whose matters can be looked at, or raise 404."""
    declared = declared_or_404(key)
    if declared.matters is None:
        raise Http404(key)
    return declared, declared.matters


def typed(request: HttpRequest, name: str) -> str:
    """Return a search text from the address, without marks that no title can hold."""
    return "".join(filter(str.isprintable, request.GET.get(name, "")))[:100].strip()


def page_number(text: str) -> int:
    """Return the number of a page; anything else is the first one."""
    return min(int(text), MOST_PAGES) if text.isascii() and text.isdigit() and 0 < int(text[:9]) else 1


def trouble_of(problem: ProviderError, name: str) -> dict[str, Any]:
    """Return in words why a read did not work, and for a used-up budget when to try again."""
    what, fix = explain(problem, name)
    until: datetime | None = None
    if isinstance(problem, Throttled):
        until = timezone.now() + timedelta(seconds=max(1.0, problem.seconds))
    return {"what": what, "means": "Nothing was changed by looking.", "who": fix, "until": until,
            "code": f"{problem.error_class}."}  # fmt: skip


@require_GET
@firm_page("integrations.view", own_scopes=True)
def pull(request: HttpRequest, provider: str) -> HttpResponse:
    """Read one page of the matters there and show which are linked. One call from the shared budget."""
    declared, source = with_matters(provider)
    firm_id, search = member(request).firm_id, typed(request, "q")
    with firm_scope(firm_id):
        row = connection_or_404(provider)
    page: MatterPage | None = None
    trouble: dict[str, Any] | None = None
    if row.state == Connection.State.CONNECTED:
        try:
            number = page_number(request.GET.get("page", ""))
            page = read_page(connection=row, reads=source, number=number, search=search)
        except ProviderError as problem:
            trouble = trouble_of(problem, declared.name)
    with firm_scope(firm_id):
        counts = reads.link_counts(row)
        total = page.total if page and not search else None
        context = page_context(
            request, declared, connection=row, page=page, trouble=trouble, search=search, counts=counts, total=total,
            not_linked=reads.not_linked(total, counts), counted_at=timezone.now() if total is not None else None,
            again_url=request.get_full_path(),
            rows=reads.rows_of(row, page) if page else [], **_neighbours(provider, page, search),
        )  # fmt: skip
        return render(request, "integrations/pull.html", context)


def _neighbours(key: str, page: MatterPage | None, search: str) -> dict[str, str]:
    here = reverse("integration_pull", args=[key])
    kept = {"q": search} if search else {}
    newer = page is not None and page.number > 1
    return {
        "clear_url": here,
        "newer_url": f"{here}?{urlencode(kept | {'page': page.number - 1})}" if page and newer else "",
        "older_url": f"{here}?{urlencode(kept | {'page': page.number + 1})}" if page and page.more else "",
    }


@require_GET
@firm_page("integrations.view")
def pull_links(request: HttpRequest, provider: str) -> HttpResponse:
    """List the links themselves, without any call: those in use, or those whose matter is gone there."""
    declared, _ = with_matters(provider)
    row, gone = connection_or_404(provider), request.GET.get("gone") == "1"
    try:
        after = uuid.UUID(request.GET["after"]) if request.GET.get("after") else None
    except ValueError:
        after = None
    shown, following = reads.local_links(row, gone=gone, after=after)
    here = reverse("integration_pull_links", args=[provider])
    kept = {"gone": "1"} if gone else {}
    context = page_context(
        request, declared, connection=row, rows=shown, gone=gone, counts=reads.link_counts(row),
        older_url=f"{here}?{urlencode(kept | {'after': following})}" if following else "",
        first_url=f"{here}?{urlencode(kept)}" if after else "",
    )  # fmt: skip
    return render(request, "integrations/pull_links.html", context)


@require_GET
@firm_page("integrations.view")
def pull_why(request: HttpRequest, provider: str, link_id: uuid.UUID) -> HttpResponse:
    """Explain one link: which two records, why, since when, and what may be done with it."""
    declared, _ = with_matters(provider)
    row = connection_or_404(provider)
    link = link_or_404(row, link_id)
    web = endpoints_for(provider).web_url
    context = page_context(
        request, declared, connection=row,
        row=reads.linked_row(link, matter_titles([link.local_id]).get(link.local_id, "")),
        record_url=declared.record_url(web, "matter", link.external_id),
    )  # fmt: skip
    return render(request, "integrations/pull_why.html", context)


def link_or_404(row: Connection, link_id: uuid.UUID) -> ExternalLink:
    """Return a matter link of the connected account or raise 404. In the firm scope."""
    found: ExternalLink | None = reads.matter_links(row).filter(id=link_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
@firm_page("integrations.manage", own_scopes=True)
def pull_look(request: HttpRequest, provider: str, link_id: uuid.UUID) -> HttpResponse:
    """Look whether the linked matter is still there; a link whose matter is gone is not used any more."""
    declared, source = with_matters(provider)
    firm_id = member(request).firm_id
    with firm_scope(firm_id):
        row = connection_or_404(provider)
        link = link_or_404(row, link_id)
    try:
        found = read_one(connection=row, reads=source, external_id=link.external_id)
    except NotFound:
        with firm_scope(firm_id):
            by_hand.mark_gone(connection=row, link_id=link.id)
        messages.warning(request, f"It is not in {declared.name} any more. The link is kept, but not used.")
    except ProviderError as problem:
        words = trouble_of(problem, declared.name)
        messages.error(request, f"{words['what']} {words['who']}")
    else:
        messages.success(request, f"It is there: {found.title}.")
    return redirect("integration_pull_why", provider=provider, link_id=link_id)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage")
def pull_unlink(request: HttpRequest, provider: str, link_id: uuid.UUID) -> HttpResponse:
    """Name the consequences first, then end the link."""
    declared, _ = with_matters(provider)
    row = connection_or_404(provider)
    link = link_or_404(row, link_id)
    title, error = matter_titles([link.local_id]).get(link.local_id, "this matter"), ""
    if request.method == "POST":
        try:
            by_hand.unlink(connection=row, link_id=link.id)
        except by_hand.LinkRefused as refused:
            error = str(refused)
        else:
            messages.success(request, f"{title} is no longer linked. Nothing was changed in {declared.name}.")
            return redirect("integration_pull", provider=provider)
    confirm = _unlink_words(declared.name, provider, link, title) | {"error": error}
    context = page_context(request, declared, confirm=confirm)
    return render(request, "base_confirm.html", context, status=409 if error else 200)


def _unlink_words(name: str, key: str, link: ExternalLink, title: str) -> dict[str, Any]:
    there = link.label or f"matter {link.external_id}"
    return {
        "title": f"Unlink {title}?",
        "intro": f"It is linked to {there} in {name} (id {link.external_id}).",
        "consequences": [
            f"CaseHug forgets that the two belong together. Stage changes in {name} no longer reach this matter.",
            f"The next sync of this matter, by hand or by itself, makes a new matter in {name}, unless you link it"
            " by hand before.",
            "You are recorded as the person who unlinked it.",
        ],
        "stays": [f"The matter in {name} with its notes and documents.", "The matter in CaseHug and its log.",
                  "The link between client and contact."],
        "verb": "Unlink",
        "danger": True,
        "action_url": reverse("integration_pull_unlink", args=[key, link.id]),
        "safe_label": "Stay linked",
        "safe_url": reverse("integration_pull_why", args=[key, link.id]),
    }  # fmt: skip

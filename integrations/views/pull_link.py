"""Linking by hand: choose the matter here, compare the two side by side, confirm. Nothing is sent by it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from casehug.common.ids import parse_public_id
from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.intake.models import Matter
from integrations.connections.matters import read_one
from integrations.contract.errors import AuthRejected, NotFound, ProviderError
from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.matters import RemoteMatter
from integrations.contract.operations import RemoteRef
from integrations.models import Connection
from integrations.selectors import pull as reads
from integrations.selectors.lookups import connection_or_404
from integrations.selectors.panel import matter_or_none
from integrations.sync import by_hand
from integrations.views.common import member, page_context
from integrations.views.pull import trouble_of, typed, with_matters

MOST_ID = 80


@dataclass(frozen=True)
class Line:
    """One line of the comparison; `same` is None where the two cannot be compared."""

    label: str
    there: str
    here: str
    same: bool | None


def compare(remote: RemoteMatter, matter: Matter) -> list[Line]:
    """Return what a person needs to see to know that the two are the same case."""
    client = matter.client
    name = f"{client.first_name} {client.last_name}".strip() if client else ""
    email = client.email if client else ""
    people = bool(name and remote.person)
    mails = bool(email and remote.email)
    return [
        Line("Title", remote.title, matter.title, normalise_name(remote.title, "") == normalise_name(matter.title, "")),
        Line("Client", remote.person, name,
             normalise_name(remote.person, "") == normalise_name(name, "") if people else None),
        Line("E-mail", remote.email, email, normalise_email(remote.email) == normalise_email(email) if mails else None),
        Line("Status", remote.status, matter.get_status_display(), None),
        Line("Made on", remote.created, matter.created_at.date().isoformat(), None),
    ]  # fmt: skip


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", own_scopes=True)
def pull_link(request: HttpRequest, provider: str, external_id: str) -> HttpResponse:
    """Link a matter there to one here, after both were shown; each step reads the matter there afresh (one call)."""
    declared, source = with_matters(provider)
    firm_id = member(request).firm_id
    if len(external_id) > MOST_ID:
        raise Http404(external_id)
    with firm_scope(firm_id):
        row = connection_or_404(provider)
    try:
        if row.state != Connection.State.CONNECTED:
            raise AuthRejected
        remote = read_one(connection=row, reads=source, external_id=external_id)
    except NotFound:
        messages.error(request, f"This matter is not in {declared.name} any more. Nothing was linked.")
        return redirect("integration_pull", provider=provider)
    except ProviderError as problem:
        words = trouble_of(problem, declared.name)
        messages.error(request, f"{words['what']} {words['who']} Nothing was linked.")
        return redirect("integration_pull", provider=provider)
    with firm_scope(firm_id):
        return (
            _link(request, provider, row, remote) if request.method == "POST" else _show(request, provider, row, remote)
        )


def _show(request: HttpRequest, key: str, row: Connection, remote: RemoteMatter, error: str = "") -> HttpResponse:
    declared, _ = with_matters(key)
    step = _step(request, row, remote)
    context = page_context(request, declared, connection=row, remote=remote, error=error, **step)
    return render(request, "integrations/pull_link.html", context, status=409 if error else 200)


def _link(request: HttpRequest, key: str, row: Connection, remote: RemoteMatter) -> HttpResponse:
    matter = _chosen(request.POST.get("matter", ""))
    ref = RemoteRef(by_hand.MATTER, remote.id, remote.title)
    try:
        link = by_hand.link_by_hand(connection=row, matter_id=matter.id, ref=ref)
    except by_hand.LinkRefused as refused:
        return _show(request, key, row, remote, error=str(refused))
    messages.success(request, f"{matter.title} is linked to {remote.title}. Nothing was sent.")
    return redirect("integration_pull_why", provider=key, link_id=link.id)


def _chosen(text: str) -> Matter:
    matter_id = parse_public_id("mat", text)
    matter = matter_or_none(matter_id) if matter_id else None
    if matter is None:
        raise Http404(text)
    return matter


def _step(request: HttpRequest, row: Connection, remote: RemoteMatter) -> dict[str, Any]:
    """Return what the present step shows: the link that is there, the comparison, or matters to choose from."""
    taken = by_hand.link_of_remote(row, remote.id)
    wanted = request.POST.get("matter", "") or request.GET.get("matter", "")
    if wanted:
        matter = _chosen(wanted)
        return {"taken": taken, "matter": matter, "lines": compare(remote, matter)}
    search = typed(request, "q")
    found: list[Matter] = []
    for text in [search] if search else [remote.email, remote.title]:
        found = found or (reads.candidates(row, text) if text.strip() else [])
    return {"taken": taken, "matter": None, "search": search, "found": found, "most": reads.CANDIDATES}

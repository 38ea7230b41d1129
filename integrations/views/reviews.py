"""Matches to review: the list, one match side by side, and what a person decides about it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.intake.models import Client, Matter
from integrations.connections.contacts import Looked, Record, look, reader_of
from integrations.connections.endpoints import endpoints_for
from integrations.contract.contacts import RemoteContact
from integrations.contract.errors import AuthRejected, ProviderError
from integrations.contract.identity import normalise_email
from integrations.contract.operations import RemoteRef
from integrations.contract.provider import Provider
from integrations.models import Connection, ExternalLink
from integrations.selectors import reviews as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.panel import matter_or_none
from integrations.sync import reviews
from integrations.views import review_sides
from integrations.views.common import member, page_context, reason_unless
from integrations.views.pull import trouble_of

ALREADY = "This match was decided before; nothing was done twice."
NOT_AMONG = "This record is none of those that came into question. Nothing was decided."
DONE = {
    reviews.KEEP: "Kept. Nothing was sent.",
    reviews.OTHER: "Another record is used from now on. Nothing was sent; the next sync goes there.",
    reviews.STRANGER: "This contact is no longer used. The next sync makes a new one, without the e-mail address.",
    reviews.AGAIN: "This contact is no longer used. The next sync looks for the client again.",
}


@dataclass(frozen=True)
class Match:
    """One match with what stands here: the client of a contact, or the matter."""

    declared: Provider
    connection: Connection
    link: ExternalLink
    client: Client | None
    matter: Matter | None

    @property
    def email(self) -> str:
        """The client's address, by which other contacts there are found."""
        return self.client.email if self.client else ""

    def ids(self) -> list[str]:
        """Return the records that came into question, the one in use first."""
        return list(dict.fromkeys([self.link.external_id, *(str(one) for one in self.link.review_ids)]))

    def look(self, *ids: str) -> Looked:
        """Read these records there, outside any transaction; without ids all that come into question."""
        if self.connection.state != Connection.State.CONNECTED:
            raise AuthRejected
        return look(connection=self.connection, declared=self.declared, kind=self.link.local_type,
                    ids=ids or self.ids(), email="" if ids else self.email)  # fmt: skip


def _match_or_404(key: str, link_id: uuid.UUID) -> Match:
    declared, row = declared_or_404(key), connection_or_404(key)
    link = ExternalLink.objects.filter(connection=row, remote_firm=row.remote_firm, id=link_id).first()
    if link is None:
        raise Http404
    return Match(declared, row, link, reads.client_of(link), matter_or_none(link.local_id))


def _context(request: HttpRequest, declared: Provider, **more: Any) -> dict[str, Any]:
    """Return the context of these pages; who may not open the other pages of the provider gets no tabs to them."""
    context = page_context(request, declared, why_not=reason_unless(request, "clients.edit"), **more)
    if reason_unless(request, "integrations.view"):
        context["parts"] = []
    return context


@require_GET
@firm_page("clients.view")
def matches(request: HttpRequest, provider: str) -> HttpResponse:
    """List what waits for a person, longest first, and the last decisions. No call."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    context = _context(
        request, declared, connection=row, rows=reads.reviews_of(row, declared), total=reads.waiting(row).count(),
        decided=reads.decided_lately(row),
    )  # fmt: skip
    return render(request, "integrations/matches.html", context)


@require_GET
@firm_page("clients.view", own_scopes=True)
def match(request: HttpRequest, provider: str, link_id: uuid.UUID) -> HttpResponse:
    """Show one match side by side; what stands there is read now and not kept."""
    with firm_scope(member(request).firm_id):
        found = _match_or_404(provider, link_id)
    if not found.link.needs_review:
        messages.info(request, ALREADY)
        return redirect("integration_matches", provider=provider)
    looked, trouble = Looked(), None
    try:
        looked = found.look()
    except ProviderError as problem:
        trouble = trouble_of(problem, found.declared.name)
    with firm_scope(member(request).firm_id):
        return _show(request, found, looked, trouble=trouble)


def _show(request: HttpRequest, found: Match, looked: Looked, **more: Any) -> HttpResponse:
    kind, web = found.link.local_type, endpoints_for(found.declared.key).web_url
    here: list[review_sides.Cell] = []
    if found.client:
        here = review_sides.of_client(found.client)
    elif found.matter and kind == reviews.MATTER:
        here = review_sides.of_matter(found.matter)
    there = review_sides.sides(
        here, used=found.link.external_id, others=found.ids(), found=looked.found.values(), gone=looked.gone,
        url=lambda one: found.declared.record_url(web, kind, one),
    )  # fmt: skip
    context = _context(
        request, found.declared, connection=found.connection, row=reads.review_of(found.link, found.declared),
        here=here, there=there, offered=reviews.offered(found.link), seen=reviews.seen_of(found.link),
        readable=reader_of(found.declared, kind) is not None, client=found.client,
        linked_matters=reads.linked_matters(found.link),
        again=found.link.needs_review == "deleted_there" or found.link.external_id in looked.gone, **more,
    )  # fmt: skip
    return render(request, "integrations/match.html", context)


@require_POST
@firm_page("clients.edit", own_scopes=True)
def match_decide(request: HttpRequest, provider: str, link_id: uuid.UUID) -> HttpResponse:
    """Take one decision about a match; a second press does nothing."""
    decision, chosen = request.POST.get("decision", ""), request.POST.get("record", "")
    with firm_scope(member(request).firm_id):
        found = _match_or_404(provider, link_id)
    try:
        ref = _chosen(found, chosen) if decision == reviews.OTHER and found.link.needs_review else None
        with firm_scope(member(request).firm_id):
            decided = reviews.decide(
                connection=found.connection, link_id=link_id, seen=request.POST.get("seen", ""), decision=decision,
                ref=ref,
            )  # fmt: skip
    except reviews.DecisionRefused as refused:
        messages.error(request, str(refused))
        return redirect("integration_match", provider=provider, link_id=link_id)
    except ProviderError as problem:
        words = trouble_of(problem, found.declared.name)
        messages.error(request, f"{words['what']} {words['who']} Nothing was decided.")
        return redirect("integration_match", provider=provider, link_id=link_id)
    if decided:
        messages.success(request, DONE[decision])
    else:
        messages.info(request, ALREADY)
    return redirect("integration_matches", provider=provider)


def _chosen(found: Match, external_id: str) -> RemoteRef:
    """Read the chosen record there: it must exist, and be one of those that came into question."""
    if not external_id or len(external_id) > review_sides.MOST_ID:
        raise reviews.DecisionRefused(NOT_AMONG)
    there: Record | None = found.look(external_id).found.get(external_id)
    if there is None:
        raise reviews.DecisionRefused(f"This record is not in {found.declared.name} any more. Nothing was decided.")
    same_address = isinstance(there, RemoteContact) and bool(found.email)
    same_address = same_address and normalise_email(there.email) == normalise_email(found.email)
    if external_id not in found.ids() and not same_address:
        raise reviews.DecisionRefused(NOT_AMONG)
    label = there.name if isinstance(there, RemoteContact) else there.title
    return RemoteRef(found.link.local_type, there.id, label)

"""Connecting with keys: entering and replacing them, choosing how to work, and setting the account up again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from integrations.connections import keys, ways
from integrations.connections.open_api import ENVIRONMENT
from integrations.contract.auth import ApiKey
from integrations.contract.errors import Refused
from integrations.contract.provider import Provider
from integrations.mappings.services import prepare_now
from integrations.models import Connection
from integrations.selectors import connections as reads
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.views.common import member, page_context
from integrations.views.key_forms import KeysForm, WaysForm


def _auth(provider: str) -> tuple[Provider, ApiKey]:
    declared = declared_or_404(provider)
    if not isinstance(declared.auth, ApiKey):
        raise Http404
    return declared, declared.auth


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", own_scopes=True, fresh=True)
def enter_keys(request: HttpRequest, provider: str) -> HttpResponse:
    """Enter keys for the first time, or replace them; they are tested before they are saved."""
    declared, auth = _auth(provider)
    person = member(request)
    with firm_scope(person.firm_id):
        row = reads.connection_for(provider)
        stored = keys.stored_values(row) if row else {}
        environment = str(row.settings.get(ENVIRONMENT, "")) if row else ""
    data = request.POST if request.method == "POST" else None
    form = KeysForm(auth, stored=stored, environment=environment or next(iter(auth.hosts), ""), data=data)
    if request.method == "POST" and form.is_valid():
        try:
            connected = keys.connect_with_keys(
                provider_key=provider, values=form.values(), environment=form.cleaned_data.get(ENVIRONMENT, ""),
                user_id=person.user_id, firm_id=person.firm_id,
            )  # fmt: skip
        except keys.KeysRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
        else:
            if connected.other_account:
                return redirect("integration_account", provider=provider)
            prepare_now(connected)
            messages.success(request, f"{declared.name} accepts the keys. They are stored and never shown again.")
            return _after(provider, connected.connection_id, person.firm_id)
    with firm_scope(person.firm_id):
        context = page_context(request, declared, connection=row, form=form, replaces=any(stored.values()))
        return render(request, "integrations/keys.html", context, status=422 if form.errors else 200)


def _after(provider: str, connection_id: Any, firm_id: Any) -> HttpResponse:
    """Go on to the choice of patterns; where it was made before, mend the account for the new keys."""
    with firm_scope(firm_id):
        row = Connection.objects.get(id=connection_id)
        if ways.onboarding_of(row) is None:
            return redirect("integration", provider=provider)
        if ways.choice_of(row, "") is None:
            return redirect("integration_ways", provider=provider)
        ways.ask_for_onboarding(row)
    return redirect("integration", provider=provider)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage")
def choose_ways(request: HttpRequest, provider: str) -> HttpResponse:
    """Choose patterns, webhooks or polling, and the interval; setting up begins at once."""
    declared, row = declared_or_404(provider), connection_or_404(provider)
    onboarding = ways.onboarding_of(row)
    if onboarding is None or row.state == Connection.State.NOT_CONNECTED:
        return redirect("integration", provider=provider)
    form = WaysForm(onboarding, data=request.POST if request.method == "POST" else None, settings=row.settings)
    if request.method == "POST" and form.is_valid():
        try:
            row = ways.choose_ways(
                connection_id=row.id, patterns=form.patterns(), mode=form.cleaned_data[ways.MODE],
                minutes=form.cleaned_data[ways.MINUTES], actor_id=member(request).user_id,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.code if refused.code in form.fields else None, refused.detail)
        else:
            if slow := ways.warning(row, row.settings):
                messages.warning(request, slow)
            messages.success(request, f"Saved. {declared.name} is being set up for this; it takes some seconds.")
            return redirect("integration", provider=provider)
    context = page_context(request, declared, connection=row, form=form)
    return render(request, "integrations/ways.html", context, status=422 if form.errors else 200)


@require_POST
@firm_page("integrations.manage")
def set_up_again(request: HttpRequest, provider: str) -> HttpResponse:
    """Compare the account with what is wanted and mend it."""
    row = connection_or_404(provider)
    if ways.choice_of(row, "") is None:
        return redirect("integration", provider=provider)
    ways.ask_for_onboarding(row, actor_id=member(request).user_id)
    messages.success(request, "The account is being compared and mended. Reload in a moment.")
    return redirect("integration", provider=provider)

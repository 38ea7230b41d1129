"""The public lead form, its settings, and sending one such case by hand."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from casehug.common import throttle
from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.firms.models import Firm
from casehug.firms.page_reads import own_firm
from casehug.firms.views import settings_tabs
from casehug.intake.errors import Invalid
from casehug.intake.views.acting import attempt, form_page, posted
from casehug.referrals.choices import choices
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.forms import LeadPageForm, LeadSettingsForm
from casehug.referrals.models import LeadForm
from casehug.referrals.services import lead_forms as leads
from casehug.referrals.views.common import or_404, why_not

TRIES, WINDOW_SECONDS = 20, 3600
BAIT = "website"  # a field people do not see; whoever fills it in is a machine
View = Callable[..., HttpResponse]


def lead_door(view: View) -> View:
    """Decorate a public page: the address names firm and form; off, unknown and wrong all look the same."""

    @wraps(view)
    def page(request: HttpRequest, firm_slug: str, form_slug: str) -> HttpResponse:
        request.membership = None  # type: ignore[attr-defined]  # whoever is signed in is a visitor here
        firm_id = leads.firm_of(firm_slug)
        if firm_id is None:
            raise Http404
        address = request.META.get("REMOTE_ADDR", "")
        with actor_context(source="lead_form", address=address), firm_scope(firm_id):
            found = leads.open_lead_form(form_slug)
            if found is None:
                raise Http404
            return view(request, Firm.objects.get(), found)

    return page


def _frame(firm: Firm, found: LeadForm) -> dict[str, Any]:
    contact = {"phone": firm.phone, "email": firm.email}
    portal = {"firm_name": firm.name, "colour": firm.brand_color, "contact": contact if any(contact.values()) else {}}
    return {"portal": portal, "lead": found, "bait": BAIT}


@lead_door
def lead_page(request: HttpRequest, firm: Firm, found: LeadForm) -> HttpResponse:
    """Ask a person about their case; what they send becomes a case that is referred out."""
    form, thanks = (
        LeadPageForm(posted(request), offered=leads.offered(found)),
        redirect("lead_thanks", firm.slug, found.slug),
    )
    if request.method == "POST":
        if request.POST.get(BAIT):
            return thanks  # says nothing to the machine
        key = f"{firm.id}:{request.META.get('REMOTE_ADDR', '')}"
        if throttle.hit(name="lead", key=key, limit=TRIES, window_seconds=WINDOW_SECONDS):
            return render(request, "referrals/lead_busy.html", _frame(firm, found), status=429)
        if form.is_valid():
            try:
                leads.take_lead(form=found, lead=leads.Lead(**form.cleaned_data))
            except Invalid as error:
                form.take_errors(error)
            else:
                return thanks
    return form_page(request, "referrals/lead.html", form, **_frame(firm, found))


@require_safe
@lead_door
def lead_thanks(request: HttpRequest, firm: Firm, found: LeadForm) -> HttpResponse:
    """Say that it arrived and what happens next."""
    return render(request, "referrals/lead_thanks.html", _frame(firm, found))


@firm_page("firm.view")
def lead_settings(request: HttpRequest) -> HttpResponse:
    """Show and save the form's settings; firm admins save."""
    row, words, why = leads.lead_form(), choices().vocabulary, why_not(request, "referrals.manage")
    names = ("enabled", "slug", "title", "intro", "consent_text", "case_types")
    form = LeadSettingsForm(posted(request), vocabulary=words, initial={name: getattr(row, name) for name in names})
    if request.method == "POST" and why:
        return render(request, "403.html", {"who_can": why, "has_membership": True}, status=403)
    if request.method == "POST" and form.is_valid():
        try:
            leads.save_lead_form(**form.cleaned_data)
        except Invalid as error:
            form.take_errors(error)
        else:
            messages.success(request, "Saved.")
            return redirect("settings_lead_form")
    here = reverse("lead_form", args=[own_firm().slug, row.slug])
    context = {
        "tabs": settings_tabs(request, "settings_referrals"), "why_not": why, "words": words,
        "is_open": row.enabled and bool(leads.offered(row)), "address": request.build_absolute_uri(here),
        "exchange": connected_exchange(),
    }  # fmt: skip
    return form_page(request, "referrals/lead_settings.html", form, **context)


@require_POST
@firm_page("referrals.work")
def lead_send(request: HttpRequest, referral_id: uuid.UUID) -> HttpResponse:
    """Send a case that waited, or note that a person has looked at it."""
    if request.POST.get("act") == "seen":
        or_404(lambda one: leads.lead_seen(referral_id=one), referral_id)
        messages.success(request, "Noted. It no longer stands under “Needs you”.")
    else:
        attempt(request, lambda: leads.send_lead(referral_id=referral_id), done="The case is on its way.")
    return redirect("referral", referral_id)

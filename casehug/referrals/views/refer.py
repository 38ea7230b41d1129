"""Refer a matter out, the address book, and the firm's choices."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from casehug.firms.access import firm_page
from casehug.firms.views import settings_tabs
from casehug.intake.errors import IntakeError, Invalid
from casehug.intake.views.acting import attempt, form_page, posted
from casehug.intake.views.matter import detail_or_404
from casehug.referrals.choices import choices, save_choices
from casehug.referrals.forms import ChoicesForm, PartnerForm, ReferForm
from casehug.referrals.models import PartnerFirm, Referral
from casehug.referrals.selectors.cases import partners, unmapped_words
from casehug.referrals.services.matters import make_waiting_matters
from casehug.referrals.services.partners import remove_partner, save_partner
from casehug.referrals.services.sending import NOT_AT_WORK, Offer, missing, refer_out
from casehug.referrals.views.common import sections, status_table, why_not


@firm_page("referrals.decide")
def matter_refer(request: HttpRequest, matter_id: uuid.UUID) -> HttpResponse:
    """Show what would be sent and what is missing; send it."""
    matter = detail_or_404(matter_id).matter
    words = choices().vocabulary
    form = ReferForm(posted(request), vocabulary=words, initial={"place": matter.state})
    if request.method == "POST" and form.is_valid():
        try:
            referral = refer_out(matter_id=matter_id, offer=Offer(**form.cleaned_data))
        except Invalid as error:
            form.take_errors(error)
        except IntakeError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The case is on its way to the exchange.")
            return redirect("referral", referral.id)
    empty = Offer(case_type=words[0] if words else "", summary="x", place="NY", incident_date=None, consent=True)
    lacks = {name: text for name, text in missing(matter, empty).items() if name in ("client", "case_type")}
    at_work = Referral.objects.filter(matter=matter, direction="out").exclude(state__in=NOT_AT_WORK).first()
    why = why_not(request, "referrals.decide", sends=True)
    return form_page(
        request, "referrals/refer.html", form, matter=matter, lacks=lacks, at_work=at_work, why_not=why
    )  # fmt: skip


@firm_page("referrals.view")
def partner_list(request: HttpRequest) -> HttpResponse:
    """Show the address book; enter a firm."""
    form, refused = PartnerForm.of(None, posted(request)), why_not(request, "referrals.work")
    if request.method == "POST" and refused:
        return render(request, "403.html", {"who_can": refused, "has_membership": True}, status=403)
    if request.method == "POST" and form.is_valid() and _save(request, form, None):
        return redirect("referrals_partners")
    context = {"rows": partners(), "sections": sections("Partner firms"), "why_not": refused}
    return form_page(request, "referrals/partners.html", form, **context)


def _save(request: HttpRequest, form: PartnerForm, partner_id: uuid.UUID | None) -> bool:
    try:
        save_partner(partner_id=partner_id, **form.cleaned_data)
    except Invalid as error:
        form.take_errors(error)
        return False
    messages.success(request, "Saved.")
    return True


@firm_page("referrals.work")
def partner_page(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Change one firm of the address book."""
    row = PartnerFirm.objects.filter(id=partner_id).first()
    if row is None:
        raise Http404
    form = PartnerForm.of(row, posted(request))
    if request.method == "POST" and form.is_valid() and _save(request, form, partner_id):
        return redirect("referrals_partners")
    return form_page(request, "referrals/partner.html", form, partner=row)


@require_POST
@firm_page("referrals.work")
def partner_remove(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Take one firm out of the address book."""
    if not PartnerFirm.objects.filter(id=partner_id).exists():
        raise Http404
    attempt(request, lambda: remove_partner(partner_id=partner_id), done="Removed from the address book.")
    return redirect("referrals_partners")


@require_safe
@firm_page("firm.view")
def choices_page(request: HttpRequest) -> HttpResponse:
    """Show the firm's choices for referrals."""
    return show_choices(request)


@require_POST
@firm_page("referrals.manage")
def choices_save(request: HttpRequest) -> HttpResponse:
    """Save the firm's choices."""
    form = _choices_form(request)
    if not form.is_valid():
        return show_choices(request, form)
    save_choices(form.wanted())
    opened = make_waiting_matters()
    more = f" {opened} waiting case{'s were' if opened > 1 else ' was'} opened as a matter." if opened else ""
    messages.success(request, f"Saved.{more}")
    return redirect("settings_referrals")


def _choices_form(request: HttpRequest, *, blank: bool = False) -> ChoicesForm:
    chosen = choices()
    words = list(dict.fromkeys([*chosen.vocabulary, *chosen.case_types, *unmapped_words()]))
    return ChoicesForm(None if blank else posted(request), chosen=chosen, words=words)


def show_choices(request: HttpRequest, form: ChoicesForm | None = None, *, wrong: str = "") -> HttpResponse:
    """Show the page; `wrong` says why the table of statuses was not saved, and what was chosen stays drawn."""
    form = form or _choices_form(request, blank=True)
    why = why_not(request, "referrals.manage")
    tabs = settings_tabs(request, "settings_referrals")
    shown = {"tabs": tabs, "why_not": why, "unmapped": unmapped_words(), **status_table(request, wrong)}
    answer = form_page(request, "referrals/choices.html", form, **shown)
    answer.status_code = 422 if wrong else answer.status_code
    return answer

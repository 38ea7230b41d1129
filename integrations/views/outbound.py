"""Outgoing webhooks: the list, adding and changing a receiver, its page, its secret, switching it off and on."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from casehug.common.scope import firm_scope
from casehug.firms.access import firm_page
from casehug.intake.views.once import first_time
from integrations.contract.errors import Refused
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound import services
from integrations.selectors import outbound as reads
from integrations.views.common import member, page_context
from integrations.views.outbound_forms import OffForm, ReceiverForm, SinceForm, initial_of

PAGES = "integrations/outbound"


def receiver_or_404(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """Return a receiver of the scope's firm that is not removed, or raise 404."""
    found: WebhookEndpoint | None = WebhookEndpoint.objects.filter(id=endpoint_id, deleted_at__isnull=True).first()
    if found is None:
        raise Http404
    return found


@require_GET
@firm_page("integrations.view")
def receivers(request: HttpRequest) -> HttpResponse:
    """Show every receiver with its state and the success of 7 days."""
    return render(request, f"{PAGES}/list.html", page_context(request, rows=reads.receiver_rows()))


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", own_scopes=True, fresh=True)
def new_receiver(request: HttpRequest) -> HttpResponse:
    """Add a receiver; its secret is shown on the answer to this form and nowhere else."""
    form = ReceiverForm(request.POST or None)
    valid = request.method == "POST" and form.is_valid()  # asks a name server: no transaction is open yet
    with firm_scope(member(request).firm_id):
        if valid and not first_time(request):
            return redirect("outgoing_webhooks")
        if valid:
            try:
                made, secret = services.subscribe(**form.wishes())
            except Refused as refused:
                form.add_error(refused.code if refused.code in form.fields else None, refused.detail)
            else:
                return _show_secret(request, made, secret.reveal(), fresh=True)
        status = 422 if request.method == "POST" else 200
        return render(request, f"{PAGES}/form.html", page_context(request, form=form), status=status)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", own_scopes=True, fresh=True)
def edit_receiver(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Change a receiver."""
    with firm_scope(member(request).firm_id):
        form = ReceiverForm(request.POST or None, initial=initial_of(receiver_or_404(endpoint_id)))
    valid = request.method == "POST" and form.is_valid()
    with firm_scope(member(request).firm_id):
        endpoint = receiver_or_404(endpoint_id)
        if valid:
            try:
                services.change(endpoint_id=endpoint_id, **form.wishes())
            except Refused as refused:
                form.add_error(refused.code if refused.code in form.fields else None, refused.detail)
            else:
                messages.success(request, "The receiver is saved. What was waiting already is sent as it was.")
                return redirect("outgoing_webhook", endpoint_id=endpoint_id)
        status = 422 if request.method == "POST" else 200
        return render(request, f"{PAGES}/form.html", page_context(request, form=form, endpoint=endpoint), status=status)


def _show_secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str, *, fresh: bool) -> HttpResponse:
    context = page_context(request, row=reads.receiver_row(endpoint), endpoint=endpoint, secret=secret, fresh=fresh)
    return render(request, f"{PAGES}/secret.html", context)


@require_GET
@firm_page("integrations.view")
def receiver(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Show one receiver: state, secret, deliveries."""
    return draw_receiver(request, endpoint_id)


def draw_receiver(request: HttpRequest, endpoint_id: uuid.UUID, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page of a receiver; `more` replaces its forms."""
    endpoint = receiver_or_404(endpoint_id)
    wanted = request.GET.get("status", "")
    wanted = wanted if wanted in WebhookDelivery.Status.values else ""
    page = reads.deliveries(
        endpoint, status=wanted, before=request.GET.get("before", ""), after=request.GET.get("after", "")
    )
    here = reverse("outgoing_webhook", args=[endpoint_id])
    kept = {"status": wanted} if wanted else {}
    context = page_context(
        request, row=reads.receiver_row(endpoint), endpoint=endpoint, page=page, secrets=reads.secrets(endpoint),
        failed=reads.failed_count(endpoint), chosen=wanted, statuses=WebhookDelivery.Status.choices, here=here,
        filter_words=f"State is {WebhookDelivery.Status(wanted).label}" if wanted else "",
        older_url=f"{here}?{urlencode(kept | {'before': page.older})}#deliveries" if page.older else "",
        newer_url=f"{here}?{urlencode(kept | {'after': page.newer})}#deliveries" if page.newer else "",
        **({"since_form": SinceForm(), "off_form": OffForm()} | more),
    )  # fmt: skip
    if not context["why_not_manage"]:
        context["url"] = reads.url_of(endpoint)
    return render(request, f"{PAGES}/receiver.html", context, status=status)


@require_POST
@firm_page("integrations.manage", fresh=True)
def rotate(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Make a new secret and show it this once; the one before signs along for 24 hours."""
    endpoint = receiver_or_404(endpoint_id)
    if not first_time(request):
        return redirect("outgoing_webhook", endpoint_id=endpoint_id)
    return _show_secret(request, endpoint, services.rotate(endpoint_id=endpoint_id).reveal(), fresh=False)


@require_POST
@firm_page("integrations.manage")
def end_old_secrets(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Let only the newest secret sign."""
    receiver_or_404(endpoint_id)
    if services.end_old_secrets(endpoint_id=endpoint_id):
        messages.success(request, "Only the newest secret signs now.")
    return redirect("outgoing_webhook", endpoint_id=endpoint_id)


@require_POST
@firm_page("integrations.manage")
def switch(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Switch a receiver off with a reason, or on (`on` = 1)."""
    receiver_or_404(endpoint_id)
    if request.POST.get("on") == "1":
        if services.switch_on(endpoint_id=endpoint_id):
            messages.success(request, "The receiver is on. What failed meanwhile can be sent again below.")
        return redirect("outgoing_webhook", endpoint_id=endpoint_id)
    form = OffForm(request.POST)
    if not form.is_valid():
        return draw_receiver(request, endpoint_id, 422, off_form=form)
    if services.switch_off(endpoint_id=endpoint_id, reason=form.cleaned_data["reason"]):
        messages.success(request, "The receiver is off. Nothing is sent to it, and nothing is kept for it.")
    return redirect("outgoing_webhook", endpoint_id=endpoint_id)


@require_http_methods(["GET", "POST"])
@firm_page("integrations.manage", fresh=True)
def remove(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Say what removing means, then remove."""
    endpoint = receiver_or_404(endpoint_id)
    if request.method == "POST":
        services.remove(endpoint_id=endpoint_id)
        messages.success(request, "The receiver is removed.")
        return redirect("outgoing_webhooks")
    here = reverse("outgoing_webhook", args=[endpoint_id])
    confirm = {
        "title": "Remove this receiver?", "intro": reads.place_of(endpoint), "verb": "Remove", "danger": True,
        "consequences": ["Nothing is sent to it any more, also not what is waiting.",
                         "Its address and its secrets are destroyed at once.",
                         "A Zap that uses it stops until it is switched off and on again."],
        "stays": ["The audit log keeps who added and removed it."],
        "action_url": reverse("outgoing_webhook_remove", args=[endpoint_id]), "safe_url": here,
        "safe_label": "Keep it",
    }  # fmt: skip
    return render(request, "base_confirm.html", page_context(request, confirm=confirm))

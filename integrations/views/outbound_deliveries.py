"""Deliveries of outgoing webhooks: one with its attempts, a test, sending one or all failed ones again."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from casehug.firms.access import firm_page
from casehug.intake.views.once import first_time
from integrations.contract.errors import Refused
from integrations.models import WebhookDelivery
from integrations.outbound import sending
from integrations.selectors import outbound as reads
from integrations.views.common import page_context
from integrations.views.outbound import PAGES, draw_receiver, receiver_or_404
from integrations.views.outbound_forms import SinceForm


def _delivery_or_404(endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> WebhookDelivery:
    endpoint = receiver_or_404(endpoint_id)
    found: WebhookDelivery | None = WebhookDelivery.objects.filter(endpoint=endpoint, id=delivery_id).first()
    if found is None:
        raise Http404
    return found


@require_GET
@firm_page("integrations.view")
def delivery(request: HttpRequest, endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Show one delivery: what left, every attempt, the first part of each answer."""
    found = _delivery_or_404(endpoint_id, delivery_id)
    context = page_context(
        request, endpoint=found.endpoint, receiver=reads.receiver_row(found.endpoint), row=reads.delivery_row(found),
        delivery=found, attempts=reads.attempts(found), waits=found.status in WebhookDelivery.OPEN,
    )  # fmt: skip
    return render(request, f"{PAGES}/delivery.html", context)


@require_POST
@firm_page("integrations.manage")
def send_test(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Send a test and lead to it."""
    receiver_or_404(endpoint_id)
    if not first_time(request):
        return redirect("outgoing_webhook", endpoint_id=endpoint_id)
    try:
        made = sending.send_test(endpoint_id=endpoint_id)
    except Refused as refused:
        messages.error(request, refused.detail)
        return redirect("outgoing_webhook", endpoint_id=endpoint_id)
    messages.success(request, "A test is on its way. Reload in a moment to see the answer.")
    return redirect("outgoing_webhook_delivery", endpoint_id=endpoint_id, delivery_id=made.id)


@require_POST
@firm_page("integrations.manage")
def resend(request: HttpRequest, endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Send one delivery again."""
    _delivery_or_404(endpoint_id, delivery_id)
    try:
        if sending.resend(delivery_id=delivery_id):
            messages.success(request, "It is sent again, with the same id: a receiver can tell that it is a repeat.")
        else:
            messages.info(request, "It is waiting to be sent already, or its content is no longer kept.")
    except Refused as refused:
        messages.error(request, refused.detail)
    return redirect("outgoing_webhook_delivery", endpoint_id=endpoint_id, delivery_id=delivery_id)


@require_POST
@firm_page("integrations.manage")
def resend_failed(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Send again everything that failed since a time."""
    receiver_or_404(endpoint_id)
    form = SinceForm(request.POST)
    if not form.is_valid():
        return draw_receiver(request, endpoint_id, 422, since_form=form)
    try:
        count, more = sending.resend_failed(endpoint_id=endpoint_id, since=form.cleaned_data["since"])
    except Refused as refused:
        messages.error(request, refused.detail)
    else:
        words = "One delivery is" if count == 1 else f"{count} deliveries are"
        rest = f" More are left: {sending.MOST_AGAIN} is the most at once, press again." if more else ""
        messages.success(request, f"{words} sent again.{rest}")
    return redirect(reverse("outgoing_webhook", args=[endpoint_id]) + "#deliveries")

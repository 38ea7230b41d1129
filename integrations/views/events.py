"""Webhook events: the address to copy, secrets, the list with its filter, unverified deliveries, and replays."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from casehug.audit.services import record
from casehug.common.encryption import DecryptionError
from casehug.common.secret import Secret
from casehug.common.work import database_now
from casehug.firms.access import firm_page
from casehug.firms.page_reads import page_now
from integrations.contract.errors import Refused
from integrations.inbound import endpoints, poller, quarantine, store, wake
from integrations.models import Connection, InboundEndpoint, InboundEvent, QuarantinedEvent
from integrations.selectors import events as reads
from integrations.selectors.health import alarms_of
from integrations.selectors.lookups import connection_or_404, declared_or_404
from integrations.selectors.subscriptions import minutes_now, subscriptions
from integrations.views.common import member, page_context
from integrations.views.event_forms import EventFilterForm, ReadingForm, ReplayForm, SecretForm, shown_body

MOST_REPLAYED = 500


def _endpoint(key: str) -> tuple[Connection, InboundEndpoint]:
    """Return connection and endpoint of an address; 404 without a connection or a way in."""
    if declared_or_404(key).inbound is None:
        raise Http404(key)
    row = connection_or_404(key)
    return row, endpoints.ensure_endpoint(row)


@require_GET
@firm_page("integrations.view")
def webhook_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Show address, secrets and events."""
    return render(request, "integrations/webhooks.html", _page(request, provider))


def _page(request: HttpRequest, key: str, **more: Any) -> dict[str, Any]:
    declared, (row, endpoint) = declared_or_404(key), _endpoint(key)
    figures = reads.event_figures(row, endpoint)
    form = EventFilterForm(figures.types, request.GET)
    wanted = form.wanted()
    page = reads.event_page(
        reads.filtered(row, **wanted), before=request.GET.get("before", ""), after=request.GET.get("after", "")
    )
    here, kept = reverse("integration_webhooks", args=[key]), form.kept()
    return page_context(
        request, declared, connection=row, endpoint=endpoint, inbound=declared.inbound, form=form, page=page,
        address=endpoints.address(endpoint, key), secrets=reads.secret_rows(endpoint),
        rotating=endpoint.rotating_until is not None and endpoint.rotating_until > page_now(),
        alarms=alarms_of(endpoint) if figures.alarm else [], missed=figures.missed, waiting=figures.waiting,
        unverified=reads.unverified_rows(endpoint) if figures.unverified else [],
        subscriptions=subscriptions(row), minutes_now=minutes_now(row, endpoint),
        filter_words=form.words(), clear_url=here, most_replayed=MOST_REPLAYED,
        older_url=f"{here}?{urlencode(kept | {'before': page.older})}#events" if page.older else "",
        newer_url=f"{here}?{urlencode(kept | {'after': page.newer})}#events" if page.newer else "",
        **({"secret_form": SecretForm(), "reading_form": ReadingForm(initial={"minutes": endpoint.poll_minutes}),
            "replay_form": ReplayForm()} | more),
    )  # fmt: skip


@require_POST
@firm_page("integrations.manage", fresh=True)
def save_secret(request: HttpRequest, provider: str) -> HttpResponse:
    """Store a webhook's secret; what is unverified is checked with it."""
    _, endpoint = _endpoint(provider)
    form = SecretForm(request.POST)
    if form.is_valid():
        try:
            endpoints.save_secret(
                endpoint_id=endpoint.id, label=form.cleaned_data["label"],
                value=Secret(form.cleaned_data["value"]), actor_id=member(request).user_id,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.code, refused.detail)
        else:
            messages.success(request, "The secret is stored. Unverified events are being checked with it.")
            return redirect("integration_webhooks", provider=provider)
    context = _page(request, provider, secret_form=form)
    return render(request, "integrations/webhooks.html", context, status=422)


@require_POST
@firm_page("integrations.manage", fresh=True)
def end_secret(request: HttpRequest, provider: str, secret_id: uuid.UUID) -> HttpResponse:
    """End one secret at once."""
    _, endpoint = _endpoint(provider)
    if not endpoints.end_secret(endpoint_id=endpoint.id, secret_id=secret_id):
        raise Http404
    messages.success(request, "The secret is gone. Events signed with it are no longer accepted.")
    return redirect("integration_webhooks", provider=provider)


@require_POST
@firm_page("integrations.manage")
def rotation(request: HttpRequest, provider: str) -> HttpResponse:
    """Declare a rotation, or end it."""
    _, endpoint = _endpoint(provider)
    on = request.POST.get("on") == "1"
    endpoints.declare_rotation(endpoint_id=endpoint.id, on=on)
    words = "For 24 hours, what cannot be verified is asked for again." if on else "The rotation has ended."
    messages.success(request, words)
    return redirect("integration_webhooks", provider=provider)


@require_POST
@firm_page("integrations.manage")
def check_again(request: HttpRequest, provider: str) -> HttpResponse:
    """Check everything unverified once more."""
    _, endpoint = _endpoint(provider)
    wake.ask_for_recheck(endpoint)
    messages.success(request, "Unverified events are being checked again. Reload in a moment.")
    return redirect(reverse("integration_webhooks", args=[provider]) + "#unverified")


@require_POST
@firm_page("integrations.manage")
def reading(request: HttpRequest, provider: str) -> HttpResponse:
    """Change how often changes are read without webhooks, or read them now."""
    row, endpoint = _endpoint(provider)
    if request.POST.get("now") and row.paused_in:
        messages.error(request, "Receiving is paused; changes are read again when it is resumed.")
        return redirect("integration_webhooks", provider=provider)
    if request.POST.get("now"):
        poller.ask_now(endpoint)
        messages.success(request, "Changes are being read.")
        return redirect("integration_webhooks", provider=provider)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return render(request, "integrations/webhooks.html", _page(request, provider, reading_form=form), status=422)
    before, minutes = endpoint.poll_minutes, form.cleaned_data["minutes"]
    InboundEndpoint.objects.filter(id=endpoint.id).update(poll_minutes=minutes, next_poll_at=database_now())
    record(action="webhook_reading.changed", object_type="connection", object_id=row.id,
           changes={"minutes": [before, minutes]})  # fmt: skip
    messages.success(request, f"Changed matters are read every {minutes} minutes.")
    return redirect("integration_webhooks", provider=provider)


@require_POST
@firm_page("integrations.manage")
def replay_range(request: HttpRequest, provider: str) -> HttpResponse:
    """Process again what arrived in a span of time."""
    row, _ = _endpoint(provider)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return render(request, "integrations/webhooks.html", _page(request, provider, replay_form=form), status=422)
    rows = InboundEvent.objects.select_for_update().filter(
        connection=row, received_at__gte=form.cleaned_data["since"], received_at__lte=form.cleaned_data["until"]
    )
    chosen = list(rows.exclude(result="").order_by("received_at", "id")[:MOST_REPLAYED])
    count = sum(store.replay(event, row) for event in chosen)
    record(action="inbound_event.replayed", object_type="connection", object_id=row.id, changes={"count": count})
    messages.success(request, f"{count} events are processed again." if count != 1 else "One event is processed again.")
    return redirect(reverse("integration_webhooks", args=[provider]) + "#events")


def _event(key: str, event_id: uuid.UUID) -> tuple[Connection, InboundEvent]:
    row, _ = _endpoint(key)
    found = InboundEvent.objects.filter(connection=row, id=event_id).first()
    if found is None:
        raise Http404
    return row, found


@require_GET
@firm_page("integrations.view")
def event(request: HttpRequest, provider: str, event_id: uuid.UUID) -> HttpResponse:
    """Show one event without its content."""
    return _draw_event(request, provider, event_id)


def _draw_event(request: HttpRequest, key: str, event_id: uuid.UUID, content: str | None = None) -> HttpResponse:
    row, found = _event(key, event_id)
    stage, decided_by = reads.decision_words(row, found)
    context = page_context(
        request, declared_or_404(key), connection=row, event=found, row=reads.with_states([found])[0], content=content,
        stage=stage, decided_by=decided_by,
    )  # fmt: skip
    return render(request, "integrations/webhook_event.html", context)


@require_POST
@firm_page("integrations.manage")
def event_content(request: HttpRequest, provider: str, event_id: uuid.UUID) -> HttpResponse:
    """Open the content of one event; who looked is recorded."""
    _, found = _event(provider, event_id)
    try:
        body = store.open_payload(found)
    except DecryptionError:
        body = None
    record(action="inbound_event.content_viewed", object_type="inbound_event", object_id=found.id,
           outcome="ok" if body is not None else "gone")  # fmt: skip
    return _draw_event(request, provider, event_id, shown_body(body))


@require_POST
@firm_page("integrations.manage")
def replay_one(request: HttpRequest, provider: str, event_id: uuid.UUID) -> HttpResponse:
    """Process one event again."""
    row, found = _event(provider, event_id)
    if store.replay(found, row):
        record(action="inbound_event.replayed", object_type="inbound_event", object_id=found.id)
        messages.success(request, "The event is processed again.")
    else:
        messages.error(request, "This event cannot be processed again: it still waits, or its content is gone.")
    return redirect("integration_webhook_event", provider=provider, event_id=event_id)


@require_GET
@firm_page("integrations.view")
def unverified(request: HttpRequest, provider: str, row_id: uuid.UUID) -> HttpResponse:
    """Show one unverified delivery without its content."""
    return _draw_unverified(request, provider, row_id)


def _unverified(key: str, row_id: uuid.UUID) -> QuarantinedEvent:
    _, endpoint = _endpoint(key)
    found: QuarantinedEvent | None = QuarantinedEvent.objects.filter(endpoint=endpoint, id=row_id).first()
    if found is None:
        raise Http404
    return found


def _draw_unverified(request: HttpRequest, key: str, row_id: uuid.UUID, content: str | None = None) -> HttpResponse:
    context = page_context(
        request, declared_or_404(key), connection=connection_or_404(key), row=_unverified(key, row_id), content=content
    )
    return render(request, "integrations/webhook_unverified.html", context)


@require_POST
@firm_page("integrations.manage")
def unverified_content(request: HttpRequest, provider: str, row_id: uuid.UUID) -> HttpResponse:
    """Open the content of one unverified delivery; who looked is recorded."""
    found = _unverified(provider, row_id)
    try:
        body = quarantine.open_body(found)
    except DecryptionError:
        body = None
    record(action="quarantined_event.content_viewed", object_type="quarantined_event", object_id=found.id)
    return _draw_unverified(request, provider, row_id, shown_body(body))

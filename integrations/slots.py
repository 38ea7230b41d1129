"""What this app puts into the product's pages: matter panel, states, dashboard card, banner, timeline, attention."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from casehug.common.wording import absolute_words
from casehug.firms.page_reads import fact
from casehug.intake.models import Matter
from integrations.contract.provider import Provider
from integrations.mappings.defaults import AREA
from integrations.models import Connection, InboundEvent, SyncLog
from integrations.registry import name_of, providers
from integrations.selectors import connections as reads
from integrations.selectors.figures import failing, figures
from integrations.selectors.health import light_of, pauses_of
from integrations.selectors.runs import LINE_STATES, action_words
from integrations.selectors.states import state_of_matter
from integrations.sync.states import sync_state
from integrations.views.common import reason_unless
from integrations.views.matters import render_panel

TIMELINE_LINES = 60
INBOUND_WORDS = {
    "matter_stage": "stage or status changed",
    "matter_created": "matter created",
    "contact_created": "contact created",
    "contact_changed": "contact changed",
    "form_submitted": "form submitted",
    "envelope_completed": "document signed",
    "matter_activity": "note or task",
    "invoice": "invoice",
}
ROLES = {"done": "done", "failed": "failed", "unknown": "unknown", "unchanged": "done", "noted": "attention"}
ICONS = {"done": "tick", "failed": "octagon", "unknown": "question", "unchanged": "equals", "noted": "note"}


def matter_panel(*, request: HttpRequest, matter: Matter) -> SafeString:
    """Return the panel of every provider that can sync a matter."""
    keys = [one.key for one in providers() if "sync_matter" in one.operations]
    return format_html_join("", "{}", ((render_panel(request, matter, key),) for key in keys))


def matter_states(*, matter_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Return state name and words per matter for lists; nothing while the firm never connected."""
    wanted = list(matter_ids)
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for declared, connection in reads.connection_pairs():
        if connection is not None and "sync_matter" in declared.operations:
            for matter_id, one in sync_state(wanted, provider_key=declared.key, connection=connection).items():
                state = state_of_matter(one)
                found.setdefault(matter_id, (state.state, state.label))
    return found


def dashboard_card(*, request: HttpRequest) -> SafeString:
    """Return one card per provider: connection, sync, last success, waiting and failing."""
    cards = [_card(request, declared, row) for declared, row in reads.connection_pairs()]
    return format_html_join("", "{}", ((card,) for card in cards))


def _card(request: HttpRequest, declared: Provider, row: Connection | None) -> SafeString:
    context = {
        "provider": declared,
        "connection": row,
        "figures": figures(row) if row else None,
        "sync": reads.sync_switch(row) if row else None,
        "light": light_of(row) if row else None,
        "why_not_view": reason_unless(request, "integrations.view"),
        "why_not_log": reason_unless(request, "sync_log.view"),
    }
    return render_to_string("integrations/_dashboard_card.html", context, request=request)


def frame_facts() -> dict[str, Any]:
    """Filler of `frame_facts`: whether a connection may need a person (`banner` says which, and for what)."""
    return {"connection_needs_person": Exists(reads.in_trouble())}


def banner(*, request: HttpRequest) -> dict[str, Any] | None:
    """Return the most urgent thing a person must do for a connection, None when there is none."""
    if not fact("connection_needs_person"):
        return None
    rows = [row for _, row in reads.connection_pairs() if row is not None]
    offers = [offer for row in rows if (offer := _offer(request, row)) is not None]
    return min(offers, key=lambda offer: offer["urgency"]) if offers else None


def _offer(request: HttpRequest, row: Connection) -> dict[str, Any] | None:
    name, page = name_of(row.provider), reverse("integration", args=[row.provider])
    if row.state == Connection.State.NEEDS_RECONNECT:
        text = f"{name} no longer accepts our access. {_waiting(row)} after a firm admin reconnects."
        return _banner(request, 10, text, "Reconnect", page)
    if row.state == Connection.State.OTHER_ACCOUNT:
        text = (
            f"This is another {name} account ({row.remote_firm_name}). Links to the old account are kept but not used, "
            "and nothing is sent until a firm admin chooses."
        )
        return _banner(request, 15, text, "Compare and decide", reverse("integration_account", args=[row.provider]))
    if row.state != Connection.State.CONNECTED:
        return None
    if row.paused or row.paused_in:
        return _banner(request, 30, _paused_words(row, name), "Open", page)
    gone = reads.gone_stage(row)
    if gone is None:
        return None
    label = reads.case_type_label(gone[0].removeprefix(AREA))
    text = (
        f"The stage {gone[1]} no longer exists in {name}. {label} matters wait until a firm admin chooses another; "
        "everything else goes on."
    )
    return _banner(request, 40, text, "Choose a stage", reverse("integration_case_types", args=[row.provider]))


def _paused_words(row: Connection, name: str) -> str:
    pause = pauses_of(row)["out" if row.paused else "in"]
    by = f" by {pause.by}" if pause.by else ""
    zone = timezone.get_current_timezone()
    since = f" since {absolute_words(pause.since, zone, timezone.now())}" if pause.since else ""
    if row.paused:
        return f"Sync to {name} is paused{by}{since}. {_waiting(row)} when a firm admin resumes."
    return f"Receiving from {name} is paused{by}{since}. What arrives is kept until a firm admin resumes."


def _waiting(row: Connection) -> str:
    count = figures(row).held
    if not count:
        return "New syncs wait and continue by themselves"
    if count == 1:
        return "One matter is waiting and continues by itself"
    return f"{count} matters are waiting and continue by themselves"


def _banner(request: HttpRequest, urgency: int, text: str, label: str, url: str) -> dict[str, Any]:
    allowed = not reason_unless(request, "integrations.manage")
    return {
        "kind": "attention",
        "text": text,
        "button_label": label if allowed else "",
        "button_url": url if allowed else "",
        "urgency": urgency,
    }


def timeline(*, matter: Matter) -> list[dict[str, Any]]:
    """Return what was done at the providers for one matter, newest first."""
    lines = SyncLog.objects.filter(matter_id=matter.id).exclude(status=SyncLog.Status.NOTHING)
    entries: list[dict[str, Any]] = []
    for line in lines.select_related("connection").order_by("-created_at", "-id")[:TIMELINE_LINES]:
        name = name_of(line.connection.provider)
        state, words = LINE_STATES.get(line.status, ("noted", line.status))
        sentence = format_html("{}: {}", name, action_words(line.action))
        if line.status != SyncLog.Status.SUCCESS:
            sentence = format_html("{} ({})", sentence, words.lower())
        entries.append(
            {"sentence": sentence, "at": line.created_at, "icon": ICONS.get(state, "dot"),
             "role": ROLES.get(state, "neutral"), "source": name}
        )  # fmt: skip
    return entries + _inbound_entries(matter)


def _inbound_entries(matter: Matter) -> list[dict[str, Any]]:
    """Return what came in about a matter or its client, except events that changed nothing."""
    about = Q(matter_id=matter.id) | (Q(client_id=matter.client_id) if matter.client_id else Q(pk__in=[]))
    rows = InboundEvent.objects.filter(about, result__in=("applied", "logged", "failed")).select_related("connection")
    entries: list[dict[str, Any]] = []
    for event in rows.order_by("-received_at", "-id")[:TIMELINE_LINES]:
        name = name_of(event.connection.provider)
        words = INBOUND_WORDS.get(event.kind, "event received")
        sentence = format_html("{}: {}", name, words)
        if event.reason:
            sentence = format_html("{}. {}", sentence, event.reason)
        failed = event.result == "failed"
        entries.append(
            {"sentence": sentence, "at": event.received_at, "icon": "octagon" if failed else "note",
             "role": "failed" if failed else "neutral", "source": name}
        )  # fmt: skip
    return entries


def attention(*, request: HttpRequest) -> list[dict[str, Any]]:
    """Return what needs a person: failed syncs, matches, mappings without a stage; each leads to where it is solved."""
    found: list[dict[str, Any]] = []
    for declared, row in reads.connection_pairs():
        if row is None:
            continue
        may_log = not reason_unless(request, "sync_log.view")
        count = figures(row).failing
        if count:
            url = reverse("integration_log", args=[declared.key]) + "?status=failed"
            url = url if may_log else reverse("matter", args=[failing(row)[0].subject_id])
            words = "syncs" if count != 1 else "sync"
            found.append({"text": f"{declared.name}: {count} failed {words}", "url": url, "count": count})
        count = figures(row).matches
        if count:
            words = "matches" if count != 1 else "match"
            url = reverse("integration_matches", args=[declared.key])
            found.append({"text": f"{declared.name}: {count} {words} to review", "url": url, "count": count})
        if row.state == Connection.State.CONNECTED and not reason_unless(request, "mappings.manage"):
            count = reads.open_mapping_count(row)
            if count:
                url = reverse("integration_case_types", args=[declared.key])
                found.append({"text": f"{declared.name}: case types need a stage", "url": url, "count": count})
    return found

"""What the referrals put into other pages: count in the navigation, banner, matter panel, timeline, attention."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from casehug.common.wording import absolute_words, countdown_words
from casehug.firms.access import can
from casehug.firms.page_reads import fact, once_a_page
from casehug.intake.models import Matter
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.models import CaseUpdate, Referral
from casehug.referrals.selectors.inbox import most_urgent, waiting_count
from casehug.referrals.services.following import ARCHIVED, LATER, SET, followed
from casehug.referrals.services.sending import NOT_AT_WORK
from casehug.referrals.statuses import RESULT, RESULTS, WORDS
from casehug.referrals.views.common import why_not

FOLLOWED = {
    SET: "the matter was set to {} here.", ARCHIVED: "{} was not set, the matter is archived.",
    LATER: "{} was not set, because the status was changed here after that.",
}  # fmt: skip


def nav_counts() -> dict[str, int]:
    """Filler of `nav_counts`: what waits for a decision."""
    return {"referrals": waiting_count()}


def banner(*, request: HttpRequest) -> dict[str, Any] | None:
    """Filler of `banner`: the invitation with an unheard alarm that runs out first."""
    found, membership = most_urgent(), request.membership  # type: ignore[attr-defined]
    if found is None:
        return None
    now = timezone.now()
    text = "An invitation has no deadline we know of. Nobody has acknowledged it."
    if found.expires_at is not None:
        left = countdown_words(found.expires_at, now)[0]
        until = absolute_words(found.expires_at, timezone.get_current_timezone(), now)
        text = f"{left} to answer an invitation, until {until}. Nobody has acknowledged it; after that the sender may "
        text += "choose another firm."
    label = "Open the invitation" if can(membership, "referrals.view") else ""
    return {"kind": "attention", "text": text, "button_label": label, "urgency": 20,
            "button_url": reverse("invitation", args=[found.invitation_id])}  # fmt: skip


@once_a_page
def _rows(matter_id: uuid.UUID) -> list[Referral]:
    return list(Referral.objects.filter(matter_id=matter_id).order_by("-created_at"))


def matter_panel(*, request: HttpRequest, matter: Matter) -> str:
    """Filler of `matter_panel`: where the matter came from or went to; nothing without exchange and referral."""
    rows = _rows(matter.id)
    exchange = connected_exchange()
    if not rows and exchange is None:
        return ""
    at_work = any(row.direction == "out" and row.state not in NOT_AT_WORK for row in rows)
    why = why_not(request, "referrals.decide", sends=True)
    why = why or ("This matter is archived. Restore it to refer it out." if matter.is_archived else "")
    context = {"rows": rows, "matter": matter, "may_refer": exchange is not None and not at_work, "why_not": why}
    return render_to_string("referrals/_matter_panel.html", context, request=request)


def timeline(*, matter: Matter) -> list[dict[str, Any]]:
    """Filler of `timeline`: the referral and its updates on the matter."""
    entries: list[dict[str, Any]] = []
    rows = _rows(matter.id)
    for row in rows:
        words = "Received as a referral" if row.direction == "in" else f"Referral: {row.get_state_display().lower()}"
        partner = f", {row.partner_name}" if row.partner_name else ""
        at = row.created_at if row.direction == "in" else row.updated_at
        entries.append({"sentence": format_html("{}{}", words, partner), "at": at, "icon": "referrals",
                        "role": "neutral", "source": "Referrals"})  # fmt: skip
        entries.extend(_followed(row))
    told = CaseUpdate.objects.filter(referral__in=rows, state__in=("sent", "received"))
    for update in told if rows else ():
        words = "Update sent" if update.direction == "out" else "Update received"
        entries.append({"sentence": format_html("{}: {}", words, update.title or "without a title"),
                        "at": update.happened_at, "icon": "note", "role": "neutral",
                        "source": "Referrals"})  # fmt: skip
    return entries


def _followed(row: Referral) -> list[dict[str, Any]]:
    """Say why the status of the matter followed the other side, or why it did not."""
    found = []
    for one in followed(row):
        sentence = FOLLOWED.get(one["result"])
        if sentence:
            kind, _, word = one["line"].partition(":")
            cause = RESULTS.get(word, word) if kind == RESULT else f"The other firm's stage is “{word.capitalize()}”"
            text = f"{cause}: {sentence.format(WORDS[one['to']])}"
            found.append({"sentence": format_html("{}", text), "at": datetime.fromisoformat(one["at"]),
                          "icon": "edit", "role": "neutral", "source": "Referrals"})  # fmt: skip
    return found


def attention(*, request: HttpRequest) -> list[dict[str, Any]]:
    """Filler of `attention`: cases whose 90-day update is due."""
    count = fact("case_updates_due") if not why_not(request, "referrals.work") else 0
    words = "Referred cases: updates are due" if count != 1 else "Referred cases: an update is due"
    return [{"text": words, "url": reverse("referrals_due"), "count": count}] if count else []

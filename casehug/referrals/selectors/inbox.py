"""The inbox: invitations by deadline, and what waits for a decision."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from casehug.firms.page_reads import count_of, fact
from casehug.referrals.errors import NotFound
from casehug.referrals.models import DeadlineAlarm, Invitation, InvitationAnswer, Referral

SHOWN = 200
TABS = {
    "new": ("New", ("new",)),
    "evaluating": ("Evaluating", ("evaluating",)),
    "answered": ("Answered", ("accepted", "declined")),
    "expired": ("Expired", ("expired", "cancelled")),
}
UPDATE_WARNING = timedelta(days=3)


def _under_way() -> Any:
    given = InvitationAnswer.objects.filter(invitation=OuterRef("pk"), action__in=InvitationAnswer.FINAL)
    return Exists(given.filter(state__in=("queued", "unknown")))


def invitations(tab: str) -> list[Any]:
    """Return the invitations of one tab: open ones by deadline (none told first), closed ones newest first."""
    rows = Invitation.objects.filter(state__in=TABS[tab][1]).select_related("referral")
    unheard = DeadlineAlarm.objects.filter(
        invitation=OuterRef("pk"), raised_at__isnull=False, acknowledged_at__isnull=True
    )
    rows = rows.annotate(has_alarm=Exists(unheard), under_way=_under_way())
    order = [F("expires_at").asc(nulls_first=True), "id"] if tab in ("new", "evaluating") else ["-resolved_at", "-id"]
    return list(rows.order_by(*order)[:SHOWN])


def frame_facts() -> dict[str, Any]:
    """Filler of the slot `frame_facts`: what waits for the firm, and whether an alarm is unheard."""
    open_ones = Invitation.objects.annotate(under_way=_under_way()).filter(under_way=False)
    return {
        "invitations_new": count_of(open_ones.filter(state="new")),
        "invitations_evaluating": count_of(open_ones.filter(state="evaluating")),
        "cases_without_matter": count_of(accepted_without_matter()),
        "case_updates_due": count_of(updates_due()),
        "alarm_of": Subquery(_unheard().values("invitation_id")[:1]),
        "alarm_ends": Subquery(_unheard().values("invitation__expires_at")[:1]),
    }


def counts() -> dict[str, int]:
    """Return how many open invitations wait for a decision, by tab; one whose answer is on its way does not wait."""
    return {"new": fact("invitations_new"), "evaluating": fact("invitations_evaluating")}


def accepted_without_matter() -> QuerySet[Referral]:
    """Return accepted cases whose matter a person has to make (case type unmapped, or somebody alike)."""
    rows: QuerySet[Referral] = Referral.objects.filter(direction="in", state="accepted", matter=None)
    return rows.order_by("created_at", "id")


def to_make() -> list[Referral]:
    """Return the first accepted cases without a matter, the longest waiting first."""
    return list(accepted_without_matter()[:20]) if fact("cases_without_matter") else []


def waiting_count() -> int:
    """Return the count beside “Referrals” in the navigation."""
    return sum(counts().values()) + int(fact("cases_without_matter"))


def updates_due() -> QuerySet[Referral]:
    """Return cases whose 90-day update is due within three days or overdue, the longest first."""
    rows: QuerySet[Referral] = Referral.objects.filter(
        state__in=("accepted", "following"), update_due_at__lte=Now() + UPDATE_WARNING
    )
    return rows.order_by("update_due_at", "id")


def _unheard() -> QuerySet[DeadlineAlarm]:
    rows: QuerySet[DeadlineAlarm] = DeadlineAlarm.objects.filter(
        raised_at__isnull=False, acknowledged_at=None, invitation__state__in=Invitation.OPEN
    )
    return rows.order_by(F("invitation__expires_at").asc(nulls_first=True), "invitation_id")


@dataclass(frozen=True)
class Unheard:
    """An open invitation whose raised alarm nobody has acknowledged, and its deadline."""

    invitation_id: uuid.UUID
    expires_at: datetime | None


def most_urgent() -> Unheard | None:
    """Return the invitation with an unheard alarm and the nearest deadline, None when every alarm was heard."""
    found: uuid.UUID | None = fact("alarm_of")
    return Unheard(found, fact("alarm_ends")) if found else None


def invitation_detail(invitation_id: uuid.UUID) -> Invitation:
    """Return one invitation with its case. Raises NotFound."""
    found: Invitation | None = (
        Invitation.objects.select_related("referral__matter", "referral__partner").filter(id=invitation_id).first()
    )
    if found is None:
        raise NotFound("invitation")
    return found

"""The deadline radar: planned alarms of an invitation, raised when due, heard by a person or passed on."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.firms.models import Membership, Notice, Role
from casehug.firms.notices import clear_notice, raise_notice
from casehug.referrals import events
from casehug.referrals.choices import THRESHOLDS, choices, time_before
from casehug.referrals.errors import Refused
from casehug.referrals.models import DeadlineAlarm, Invitation, InvitationAnswer
from casehug.referrals.notices import ARRIVED, DEADLINE, ESCALATED, EXPIRED
from casehug.referrals.services.locking import lock_invitation

NO_DEADLINE = "none"
LEAST_PATIENCE = timedelta(minutes=1)


def plan_alarms(invitation: Invitation) -> None:
    """Write down when the alarms of an invitation are due; those already raised stay as they are."""
    planned = {NO_DEADLINE: invitation.received_at}
    if invitation.expires_at is not None:
        life = invitation.expires_at - invitation.received_at
        before = {one: time_before(one, life) for one in choices().alarms}
        # A threshold before the invitation came (2 h before the end of a life of 1 h) says nothing.
        planned = {one: invitation.expires_at - lead for one, lead in before.items() if lead < life}
        if not planned:
            planned = {"90%": invitation.expires_at - life / 10}
    DeadlineAlarm.objects.filter(invitation=invitation, raised_at=None).delete()
    rows = [DeadlineAlarm(invitation=invitation, threshold=one, due_at=due) for one, due in planned.items()]
    DeadlineAlarm.objects.bulk_create(rows, ignore_conflicts=True)


def page_of(invitation: Invitation) -> str:
    """Return the path of an invitation's page."""
    return reverse("invitation", args=[invitation.id])


def say_arrived(invitation: Invitation) -> None:
    """Tell people that an invitation has arrived (mail and “Needs you”)."""
    raise_notice(
        kind=ARRIVED, subject_id=invitation.id, title="A firm has offered you a case", url=page_of(invitation),
        text="A new invitation waits for an answer. Whoever looks after it presses “I'll take it”.",
    )  # fmt: skip


def silence(invitation: Invitation) -> None:
    """Clear every notice about an invitation: somebody has it, or nothing is left to decide."""
    raised = DeadlineAlarm.objects.filter(invitation=invitation, raised_at__isnull=False).values("id")
    about = Q(kind__in=(DEADLINE, ESCALATED), subject_id__in=raised)
    about |= Q(kind__in=(ARRIVED, EXPIRED), subject_id=invitation.id)
    for kind, subject_id in Notice.objects.filter(about, cleared_at=None).values_list("kind", "subject_id"):
        clear_notice(kind=kind, subject_id=subject_id)


def mark_heard(invitation: Invitation, *, now: datetime) -> int:
    """Note that the acting person has seen the raised alarms; returns how many were still unheard."""
    unheard = DeadlineAlarm.objects.filter(invitation=invitation, raised_at__isnull=False, acknowledged_at=None)
    count: int = unheard.update(acknowledged_at=now, acknowledged_by_id=current_actor_id(), updated_at=now)
    silence(invitation)
    return count


@transaction.atomic
def acknowledge_alarm(*, invitation_id: uuid.UUID, now: datetime | None = None) -> Invitation:
    """The acting person takes care of an invitation: raised alarms are heard; it is theirs when it was nobody's.

    A second press changes nothing; of an expired one it says that it was seen. Returns the row.
    Raises NotFound, Refused (no longer open).
    """
    invitation, moment = lock_invitation(invitation_id), now or timezone.now()
    if invitation.state == Invitation.State.EXPIRED:
        mark_heard(invitation, now=moment)
        return invitation
    if not invitation.is_open:
        raise Refused("invitation_closed", f"This invitation is {invitation.get_state_display().lower()} already.")
    heard = mark_heard(invitation, now=moment)
    if invitation.assigned_to_id is None:
        invitation.assigned_to_id = current_actor_id()
    if heard or invitation.acknowledged_at is None:
        invitation.acknowledged_at, invitation.acknowledged_by_id = moment, current_actor_id()
        record(action="invitation.acknowledged", object_type="invitation", object_id=invitation.id)
    invitation.save()
    return invitation


def left_words(alarm: DeadlineAlarm) -> str:
    """Return in words how much time is left, or over, when an alarm is due."""
    if alarm.threshold == NO_DEADLINE:
        return "No deadline was told for this invitation"
    return THRESHOLDS[alarm.threshold][0].upper() + THRESHOLDS[alarm.threshold][1:]


def _under_way(invitation: Invitation) -> bool:
    given = InvitationAnswer.objects.filter(invitation=invitation, action__in=InvitationAnswer.FINAL)
    return bool(given.filter(state__in=("queued", "unknown")).exists())


def _raise_one(alarm: DeadlineAlarm, now: datetime) -> None:
    invitation = alarm.invitation
    DeadlineAlarm.objects.filter(id=alarm.id).update(raised_at=now, updated_at=now)
    silence(invitation)  # the newest alarm replaces what stood
    title, text = "An invitation is running out", f"{left_words(alarm)} to answer."
    if _under_way(invitation):
        title = "Your answer to an invitation is not confirmed yet"
        text = f"{left_words(alarm)}, and your answer has not been confirmed. Its page shows what it waits for."
    raise_notice(
        kind=DEADLINE, subject_id=alarm.id, title=title, url=page_of(invitation),
        text=f"{text} After the deadline the sender may choose another firm.",
    )  # fmt: skip
    events.about_invitation("deadline_near", invitation, threshold=alarm.threshold)


def raise_due_alarms(*, now: datetime | None = None) -> int:
    """Raise what is due for the firm of the scope, then pass on what nobody heard. Returns how many were raised.

    Several that are due at once (after a standstill) are all noted; people are told of the last one only.
    """
    moment, raised = now or timezone.now(), 0
    due = DeadlineAlarm.objects.select_for_update(of=("self",)).filter(
        raised_at=None, due_at__lte=moment, invitation__state__in=Invitation.OPEN
    )
    for alarm in due.select_related("invitation__referral").order_by("due_at", "id"):
        _raise_one(alarm, moment)
        raised += 1
    escalate_unheard(now=moment)
    return raised


def escalate_unheard(*, now: datetime) -> int:
    """Pass on alarms that nobody acknowledged in time: from the assigned person to a firm admin. Returns how many."""
    patience, count = timedelta(minutes=choices().escalate_minutes), 0
    waiting = DeadlineAlarm.objects.select_for_update(of=("self",)).filter(
        raised_at__isnull=False, acknowledged_at=None, escalated_at=None, invitation__state__in=Invitation.OPEN
    )
    for alarm in waiting.select_related("invitation__referral").order_by("raised_at", "id"):
        if now >= alarm.raised_at + _patience(alarm.invitation.expires_at, alarm.raised_at, patience):
            _escalate(alarm, now)
            count += 1
    return count


def _patience(expires: datetime | None, raised: datetime, wanted: timedelta) -> timedelta:
    """Never wait longer than half of what is left: the next person needs time too."""
    if expires is None:
        return wanted
    return max(LEAST_PATIENCE, min(wanted, (expires - raised) / 2))


def _escalate(alarm: DeadlineAlarm, now: datetime) -> None:
    invitation = alarm.invitation
    chosen = choices().escalate_to
    members = Membership.objects.filter(active=True).order_by("created_at", "id").values_list("user_id", "role")
    # The person the firm chose, else a firm admin; whoever has it already was told before.
    by_choice = [one for one, _ in members if str(one) == chosen]
    people = [*by_choice, *(one for one, role in members if role == Role.ADMIN)]
    people = [one for one in people if one != invitation.assigned_to_id]
    target = people[0] if people else invitation.assigned_to_id
    DeadlineAlarm.objects.filter(id=alarm.id).update(escalated_at=now, escalated_to_id=target, updated_at=now)
    silence(invitation)  # one notice per invitation: this one replaces what stood
    raise_notice(
        kind=ESCALATED, subject_id=alarm.id, title="Nobody has taken an invitation that is running out",
        url=page_of(invitation),
        text=f"{left_words(alarm)}, and nobody has acknowledged the alarm. After the deadline the sender may choose "
        "another firm.",
    )  # fmt: skip
    changes = {"threshold": alarm.threshold, "to": str(target)}
    record(action="invitation.escalated", object_type="invitation", object_id=invitation.id, changes=changes)

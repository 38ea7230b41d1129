"""The deadline radar: a simulated month in which no invitation expires without an alarm heard or passed on."""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection

from casehug.common import work
from casehug.common.actor import actor_context
from casehug.common.scope import firm_scope
from casehug.firms.models import Notice, Role
from casehug.intake.errors import Refused
from casehug.referrals.choices import save_choices
from casehug.referrals.facts import InvitationFacts
from casehug.referrals.models import DeadlineAlarm, Invitation
from casehug.referrals.services import alarms
from casehug.referrals.services.alarms import acknowledge_alarm, raise_due_alarms
from casehug.referrals.services.invitations import apply_invitation_state, expire_overdue
from casehug.referrals.ticks import tick
from tests.casehug.referrals.conftest import SETTINGS, invite
from tests.conftest import Person, make_person

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVERY = timedelta(minutes=15)
LIVES = (1, 6, 24, 48, 168)


@pytest.fixture
def http_in_atomic() -> Iterator[None]:
    """Mails may go out although the test's own transaction is open."""
    connection.allow_http_in_atomic = True  # type: ignore[attr-defined]
    yield
    connection.allow_http_in_atomic = False  # type: ignore[attr-defined]


def alarm(invitation: Invitation, threshold: str) -> DeadlineAlarm:
    found: DeadlineAlarm = DeadlineAlarm.objects.get(invitation=invitation, threshold=threshold)
    return found


def test_thresholds_follow_the_life_of_an_invitation(scope: uuid.UUID) -> None:
    week, hour = invite(received=START, hours=168), invite(received=START, hours=1)
    found = {one.threshold: one.due_at for one in week.alarms.all()}
    assert found == {
        "50%": START + timedelta(hours=84), "90%": START + timedelta(hours=151.2),
        "24h": START + timedelta(hours=144), "2h": START + timedelta(hours=166),
        "30min": START + timedelta(hours=167.5),
    }  # fmt: skip
    assert {one.threshold for one in hour.alarms.all()} == {"50%", "90%", "30min"}
    moved = InvitationFacts(expires_at=START + timedelta(hours=4))
    apply_invitation_state(invitation_id=week.id, facts=moved)
    assert alarm(week, "2h").due_at == START + timedelta(hours=2) and not week.alarms.filter(threshold="24h")


def test_an_alarm_is_heard_by_a_person_or_passed_on(scope: uuid.UUID, firm: object) -> None:
    admin = make_person(firm, Role.ADMIN)  # type: ignore[arg-type]
    invitation = invite(received=START)
    assert [row.kind for row in Notice.objects.filter(cleared_at=None)] == ["referral.arrived"]
    half = START + timedelta(hours=24)
    assert (raise_due_alarms(now=half), raise_due_alarms(now=half)) == (2, 0)  # 50 % and 24 h fall together
    acknowledge_alarm(invitation_id=invitation.id, now=half)
    assert not Notice.objects.filter(cleared_at=None).exists()
    late = invitation.expires_at - timedelta(hours=2)  # type: ignore[operator]
    raise_due_alarms(now=late)
    raise_due_alarms(now=late + timedelta(minutes=59))
    assert alarm(invitation, "2h").escalated_at is None
    raise_due_alarms(now=late + timedelta(minutes=60))
    assert alarm(invitation, "2h").escalated_to_id == admin.user.id
    assert Notice.objects.filter(cleared_at=None, kind="referral.escalated").count() == 1
    assert expire_overdue(now=invitation.expires_at) == 1
    with pytest.raises(Refused):
        apply_invitation_state(invitation_id=invitation.id, facts=InvitationFacts(state="accepted"))
        acknowledge_alarm(invitation_id=invitation.id)


def test_the_firm_chooses_who_hears_next(scope: uuid.UUID, firm: object) -> None:
    make_person(firm, Role.ADMIN)  # type: ignore[arg-type]
    chosen = make_person(firm, Role.ATTORNEY)  # type: ignore[arg-type]
    save_choices(replace(SETTINGS, alarms=("75%",), escalate_to=str(chosen.user.id)))
    invitation = invite(received=START, hours=40)
    for hours in (30, 31.1):
        raise_due_alarms(now=START + timedelta(hours=hours))
    assert alarm(invitation, "75%").escalated_to_id == chosen.user.id


def test_without_a_deadline_the_alarm_comes_at_once(scope: uuid.UUID) -> None:
    invitation = invite(received=START)
    DeadlineAlarm.objects.all().delete()
    invitation.expires_at = None
    alarms.plan_alarms(invitation)
    assert raise_due_alarms(now=START) == 1 and alarm(invitation, "none").raised_at == START


def test_the_tick_mails_and_shows_it(
    attorney: Person, settle: Callable[[uuid.UUID], int], mailoutbox: list[EmailMessage], http_in_atomic: None
) -> None:
    with firm_scope(attorney.firm_id):
        invitation = invite(received=work.database_now() - timedelta(hours=47))
    for _ in range(2):
        tick()
    settle(attorney.firm_id)
    assert any("running out" in mail.subject for mail in mailoutbox)
    page = attorney.browser.get("/").content.decode()
    assert "Nobody has acknowledged it" in page and "An invitation is running out" in page
    with firm_scope(attorney.firm_id), actor_context(user_id=attorney.user.id):
        acknowledge_alarm(invitation_id=invitation.id)
    assert "Nobody has acknowledged it" not in attorney.browser.get("/").content.decode()


def month(seed: int, count: int) -> list[str]:
    """Play a month: invitations of all lives come, people sometimes listen. Returns what ran out unseen."""
    dice, now, waiting = random.Random(seed), START, []
    for _ in range(count):
        waiting.append((START + timedelta(minutes=dice.randrange(25 * 24 * 60)), dice.choice(LIVES), dice.random()))
    waiting.sort()
    careful: dict[uuid.UUID, float] = {}
    while now < START + timedelta(days=33):
        now = next_tick(now, [came for came, _, _ in waiting[:1]])
        while waiting and waiting[0][0] <= now:
            came, life, care = waiting.pop(0)
            careful[invite(received=came, hours=life, email="", phone="").id] = care
        if raise_due_alarms(now=now):
            for one in DeadlineAlarm.objects.filter(raised_at=now).values_list("invitation_id", flat=True):
                if dice.random() < careful[one] / 2:
                    acknowledge_alarm(invitation_id=one, now=now)
        expire_overdue(now=now)
    return unseen()


def next_tick(now: datetime, more: list[datetime]) -> datetime:
    """Return the next tick; those before anything can be due are passed over, for they change nothing."""
    waiting = DeadlineAlarm.objects.filter(invitation__state__in=Invitation.OPEN, acknowledged_at=None)
    if waiting.filter(raised_at__isnull=False, escalated_at=None).exists():
        return now + EVERY
    more += waiting.filter(raised_at=None).order_by("due_at").values_list("due_at", flat=True)[:1]
    open_ones = Invitation.objects.filter(state__in=Invitation.OPEN).order_by("expires_at")
    more += open_ones.values_list("expires_at", flat=True)[:1]
    steps = (min(more) - now) // EVERY if more else 10_000
    return now + max(steps, 1) * EVERY


def unseen() -> list[str]:
    """Each planned alarm must have been raised before the end, and heard or passed on before the end."""
    found = []
    for invitation in Invitation.objects.all():
        end = invitation.expires_at
        for one in invitation.alarms.all():
            heard = [at for at in (one.acknowledged_at, one.escalated_at) if at is not None and at < end]
            if one.due_at < end - 2 * EVERY and (one.raised_at is None or one.raised_at >= end or not heard):
                found.append(f"{one.threshold} of {invitation.id}")
        last = [one for one in invitation.alarms.all() if one.acknowledged_at or one.escalated_at]
        if not last:
            found.append(f"nobody heard of {invitation.id}")
    assert not Invitation.objects.filter(state__in=Invitation.OPEN).exists()
    return found


def test_a_month_without_an_unseen_expiry(scope: uuid.UUID) -> None:
    assert month(7, 10) == []
    assert Invitation.objects.filter(state="expired").count() == 10
    assert DeadlineAlarm.objects.filter(acknowledged_at__isnull=False).exists()


def test_sabotage_a_skipped_threshold_is_noticed(scope: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tick forgets the alarms at two hours: the same month reports it."""
    whole = alarms._raise_one
    monkeypatch.setattr(alarms, "_raise_one", lambda one, now: whole(one, now) if one.threshold != "2h" else None)
    assert any(line.startswith("2h of") for line in month(7, 4))

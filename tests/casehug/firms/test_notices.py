"""Notices: raised once, mailed when they change and not per failure, to whom the firm wants, and never lost."""

import smtplib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection as database
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_due
from casehug.firms import notice_mail, notices
from casehug.firms.models import Firm, Notice, Role
from casehug.firms.notices import NoticeKind, Preference, clear_notice, raise_notice
from tests.conftest import Person, make_person

KINDS = (
    NoticeKind("test.broken", "Broken", "Something broke.", remind=timedelta(days=3)),
    NoticeKind("test.alarm", "Alarm", "It comes and goes.", wait=timedelta(hours=4), quiet=timedelta(hours=4),
               tells_end=True, capability="integrations.view", roles=("admin", "staff")),
)  # fmt: skip
SUBJECT = uuid.uuid4()


class RefusingBackend(EmailBackend):
    """A mail server that refuses the first `left` mails."""

    left = 0

    def send_messages(self, messages: Any) -> int:
        if RefusingBackend.left:
            RefusingBackend.left -= 1
            raise smtplib.SMTPServerDisconnected("secret@example.com")
        return int(super().send_messages(messages))


@pytest.fixture(autouse=True)
def kinds(db: None, settings: Settings) -> Iterator[None]:
    """These kinds; mails may be handed over although the test itself is one transaction."""
    database.allow_http_in_atomic = True  # type: ignore[attr-defined]
    settings.NOTICE_KINDS = [f"{__name__}.KINDS"]
    yield
    database.allow_http_in_atomic = False  # type: ignore[attr-defined]


def say(kind: str = "test.broken", text: str = "It broke.") -> bool:
    return raise_notice(kind=kind, subject_id=SUBJECT, title="It is broken", text=text, url="/settings/")


def later(firm: Firm, **span: float) -> int:
    """Let time pass for the waiting mails and for what was told, then run what is due."""
    with firm_scope(firm.id):
        for row in WorkItem.objects.filter(status="ready"):
            row.next_attempt_at -= timedelta(**span)
            row.save()
        for notice in Notice.objects.exclude(mailed_at=None):
            Notice.objects.filter(id=notice.id).update(mailed_at=notice.mailed_at - timedelta(**span))
    return run_due(firm_id=firm.id)


def test_once_at_the_change_then_after_three_days(firm: Firm, admin: Person, staff: Person) -> None:
    other = make_person(firm, Role.ADMIN)
    with firm_scope(firm.id):
        assert say()
        assert not say(text="It still breaks.")
    run_due(firm_id=firm.id)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([admin.user.email, other.user.email])
    first = mail.outbox[0]
    assert first.subject == "CaseHug: It is broken" and "/settings/\n" in first.body
    assert "It still breaks." in first.body, "the newest words"
    assert not any(say_again(firm) for _ in range(5))
    later(firm, hours=71)
    assert len(mail.outbox) == 2
    later(firm, hours=2)
    assert len(mail.outbox) == 4 and "this still stands" in mail.outbox[-1].body
    with firm_scope(firm.id):
        assert clear_notice(kind="test.broken", subject_id=SUBJECT)
        assert not clear_notice(kind="test.broken", subject_id=SUBJECT)
    later(firm, days=30)
    assert len(mail.outbox) == 4, "nothing after it is over"
    with firm_scope(firm.id):
        told = AuditEntry.objects.filter(action="notice.mailed")
        assert [entry.changes["people"] for entry in told] == [2, 2]
        assert say(), "a new state"
    run_due(firm_id=firm.id)
    assert len(mail.outbox) == 6


def say_again(firm: Firm) -> bool:
    with firm_scope(firm.id):
        return say()


def test_an_alarm_that_ends_in_time_is_never_mailed_and_one_that_stands_tells_its_end(
    firm: Firm, admin: Person, staff: Person
) -> None:
    with firm_scope(firm.id):
        say("test.alarm")
    assert run_due(firm_id=firm.id) == 0, "it has to stand first"
    with firm_scope(firm.id):
        clear_notice(kind="test.alarm", subject_id=SUBJECT)
    later(firm, hours=5)
    assert mail.outbox == []
    with firm_scope(firm.id):
        say("test.alarm")
    later(firm, hours=5)
    assert {one.to[0] for one in mail.outbox} == {admin.user.email, staff.user.email}
    with firm_scope(firm.id):
        clear_notice(kind="test.alarm", subject_id=SUBJECT)
    run_due(firm_id=firm.id)
    assert [one.subject for one in mail.outbox[2:]] == ["CaseHug: Solved: It is broken"] * 2
    with firm_scope(firm.id):
        row = Notice.objects.exclude(mailed_at=None).get()
        assert row.mails == 2 and row.cleared_at is not None


def test_a_mail_server_that_fails_loses_nothing_and_doubles_nothing(
    firm: Firm, admin: Person, settings: Settings
) -> None:
    other = make_person(firm, Role.ADMIN)
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    RefusingBackend.left = 1
    with firm_scope(firm.id):
        say()
    run_due(firm_id=firm.id)
    assert len(mail.outbox) == 1, "the other one got it"
    with firm_scope(firm.id):
        row = Notice.objects.get()
        assert "SMTPServerDisconnected" in row.mail_trouble and "example.com" not in row.mail_trouble
        assert row.mailed_at is None
    RefusingBackend.left = 12
    for _ in range(14):
        later(firm, hours=2)
    assert sorted(one.to[0] for one in mail.outbox) == sorted([admin.user.email, other.user.email])
    with firm_scope(firm.id):
        assert Notice.objects.get().mail_trouble == "" and Notice.objects.get().mails == 1
        assert not WorkItem.objects.filter(kind="notice_mail", status="dead").exists()


def test_the_firm_chooses_roles_and_mail(firm: Firm, admin: Person, attorney: Person) -> None:
    with firm_scope(firm.id):
        notices.save_preferences({"test.broken": Preference(("attorney",), False)})
        say()
    run_due(firm_id=firm.id)
    assert mail.outbox == []
    assert b"It is broken" in attorney.browser.get("/").content, "still shown where it is solved"
    assert b"It is broken" not in admin.browser.get("/").content
    with firm_scope(firm.id):
        clear_notice(kind="test.broken", subject_id=SUBJECT)
        assert AuditEntry.objects.filter(action="notifications.changed").count() == 1


def test_the_page(firm: Firm, admin: Person, staff: Person, stranger: Person, auditor: Person) -> None:
    address = "/settings/notifications/"
    with firm_scope(firm.id):
        say("test.alarm")
    page = admin.browser.get(address).content.decode()
    assert "It is broken" in page and 'name="test.broken-roles"' in page and "Save notifications" in page
    assert 'href="/settings/"' not in staff.browser.get(address).content.decode().split('id="standing"')[1][:600]
    assert "It is broken" not in stranger.browser.get(address).content.decode()
    assert "Save notifications" not in auditor.browser.get(address).content.decode()
    form = {"test.broken-roles": ["admin"], "test.alarm-roles": ["staff", "admin"], "test.broken-by_mail": "on"}
    assert staff.browser.post(address, form).status_code == 403
    assert admin.browser.post(address, form | {"test.alarm-roles": []}).status_code == 422
    assert admin.browser.post(address, form | {"test.alarm-roles": ["king"]}).status_code == 422
    assert admin.browser.post(address, form).status_code == 302
    with firm_scope(firm.id):
        wanted = notices.preferences()
        assert wanted["test.broken"] == Preference(("admin",), True)
        assert not wanted["test.alarm"].by_mail and set(wanted["test.alarm"].roles) == {"admin", "staff"}


def test_the_test_mail(firm: Firm, staff: Person, settings: Settings) -> None:
    address = "/settings/notifications/"
    for _ in range(2):  # a double click
        assert staff.browser.post(f"{address}test/").status_code == 302
    assert "On its way" in staff.browser.get(address).content.decode()
    run_due(firm_id=firm.id)
    assert [one.to for one in mail.outbox] == [[staff.user.email]] and "test mail" in mail.outbox[0].body
    assert "Taken by the mail server" in staff.browser.get(address).content.decode()
    settings.EMAIL_BACKEND, RefusingBackend.left = f"{__name__}.RefusingBackend", 1
    staff.browser.post(f"{address}test/")
    run_due(firm_id=firm.id)
    page = staff.browser.get(address).content.decode()
    assert "Failed" in page and "should look at its mail settings" in page


def test_a_mail_row_of_a_gone_notice_ends(firm: Firm) -> None:
    with firm_scope(firm.id):
        item = work.enqueue(kind="notice_mail", queue="maintenance", subject_type="notice", subject_id=uuid.uuid4())
    run_due(firm_id=firm.id)
    with firm_scope(firm.id):
        assert WorkItem.objects.get(id=item.id).status == "done"
        assert notice_mail.last_test(membership_id=uuid.uuid4()) is None

"""Mails of notices: one work row per notice, so that a mail server that fails loses nothing and doubles nothing."""

import smtplib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import assert_no_transaction, current_firm_id, firm_scope
from casehug.common.work import Settlement
from casehug.firms import notices
from casehug.firms.models import Firm, Membership, Notice

log = structlog.get_logger(__name__)
TEST_KIND = "notice_test"
LATER_SECONDS = 3600.0
TROUBLE = "The mail server did not take the mail ({name}). It is tried again."


@dataclass(frozen=True)
class Letter:
    """One mail to one member."""

    member_id: uuid.UUID
    address: str
    subject: str
    body: str


def run_mail(item: WorkItem) -> Settlement:
    """Handler of kind `notice_mail`: tell everybody the firm chose, each once, then wait for the reminder if any."""
    with firm_scope(item.firm_id):
        work.guard(item)
        notice = Notice.objects.filter(id=item.subject_id).first()
        letters = list(_letters(item, notice)) if notice is not None else []
    if notice is None:
        return work.done()
    trouble = _send_all(item, letters)
    with firm_scope(item.firm_id):
        work.guard(item)
        Notice.objects.filter(id=notice.id).update(mail_trouble=trouble[:200])
        if trouble:
            return _again(item, trouble)
        if letters or item.step_state.get("sent"):
            Notice.objects.filter(id=notice.id).update(mailed_at=work.database_now(), mails=F("mails") + 1)
            audit.record(action="notice.mailed", object_type="notice", object_id=notice.id,
                         changes={"kind": notice.kind, "people": len(letters)})  # fmt: skip
        work.save_progress(item, step="told", state={})
    remind = notices.kinds()[notice.kind].remind if notice.cleared_at is None else None
    return work.wait(seconds=remind.total_seconds()) if remind else work.done()


def _letters(item: WorkItem, notice: Notice) -> Iterator[Letter]:
    """Yield what is still to be sent. Nobody is told of the end of something nobody was told of."""
    kind = notices.kinds().get(notice.kind)
    if kind is None or (notice.cleared_at is not None and not (kind.tells_end and notice.mails)):
        return
    wanted = notices.preference(kind)
    if not wanted.by_mail:
        return
    sent = set(item.step_state.get("sent", []))
    for member in Membership.objects.filter(active=True, role__in=wanted.roles).select_related("user").order_by("id"):
        if str(member.id) not in sent and member.user.is_active:
            yield _letter(member, notice)


def _letter(member: Membership, notice: Notice) -> Letter:
    over = notice.cleared_at is not None
    base = settings.CASEHUG_BASE_URL.rstrip("/")
    context = {
        "notice": notice, "over": over, "firm": Firm.objects.get(id=current_firm_id()), "link": base + notice.url,
        "reminder": bool(notice.mails) and not over, "settings_link": base + reverse("settings_notifications"),
    }  # fmt: skip
    subject = f"CaseHug: {'Solved: ' if over else ''}{notice.title}"
    return Letter(member.id, member.user.email, subject, render_to_string("settings/mail/notice.txt", context))


def _send_all(item: WorkItem, letters: list[Letter]) -> str:
    """Send each letter, remembering each at once; returns what went wrong, empty when all were taken."""
    assert_no_transaction()
    trouble = ""
    for letter in letters:
        try:
            send(letter)
        except (OSError, smtplib.SMTPException) as error:
            # Never its text: it may hold the address.
            trouble = TROUBLE.format(name=type(error).__name__)
            log.warning("notice.mail.failed", run=str(item.id), exc_info=True)
            continue
        with firm_scope(item.firm_id):
            sent = [*item.step_state.get("sent", []), str(letter.member_id)]
            work.save_progress(item, step="telling", state={**item.step_state, "sent": sent})
    return trouble


def send(letter: Letter) -> None:
    """Hand one mail to the mail server. Raises `OSError` and `SMTPException`."""
    headers = {"Auto-Submitted": "auto-generated"}
    EmailMessage(letter.subject, letter.body, to=[letter.address], headers=headers).send()


def _again(item: WorkItem, trouble: str) -> Settlement:
    """Back-off first, then hourly for as long as it takes: the notice itself stands on the pages meanwhile."""
    if item.attempts + 2 >= work.MAX_ATTEMPTS:
        return work.wait(seconds=LATER_SECONDS, error_class="network", error_code="mail", error_text=trouble)
    return work.retry(error_class="network", error_code="mail", error_text=trouble)


def ask_for_test(*, membership_id: uuid.UUID) -> WorkItem:
    """Queue a test mail to one member. In the firm scope."""
    return work.enqueue(
        kind=TEST_KIND, queue="maintenance", subject_type="membership", subject_id=membership_id,
        lane=WorkItem.Lane.BUTTON, trigger="test",
    )  # fmt: skip


def run_test(item: WorkItem) -> Settlement:
    """Handler of kind `notice_test`: one mail that says that mails arrive; a failure is shown, not repeated."""
    with firm_scope(item.firm_id):
        work.guard(item)
        member = Membership.objects.select_related("user").filter(id=item.subject_id, active=True).first()
        context = {"link": settings.CASEHUG_BASE_URL.rstrip("/") + reverse("settings_notifications")}
        body = render_to_string("settings/mail/test.txt", context)
    if member is None:
        return work.done()
    try:
        send(Letter(member.id, member.user.email, "CaseHug: test mail", body))
    except (OSError, smtplib.SMTPException) as error:
        text = f"The mail server did not take the mail ({type(error).__name__})."
        return work.dead(error_class="network", error_code="mail", error_text=text)
    return work.done()


def last_test(*, membership_id: uuid.UUID) -> WorkItem | None:
    """Return the newest test mail of a member. In the firm scope."""
    rows = WorkItem.objects.filter(kind=TEST_KIND, subject_id=membership_id)
    found: WorkItem | None = rows.order_by("-created_at", "-id").first()
    return found

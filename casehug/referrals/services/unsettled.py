"""What was sent and nobody can tell about: people are asked, and what they say goes back into the row."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from casehug.audit.services import record
from casehug.firms.notices import clear_notice, raise_notice
from casehug.referrals.errors import NotFound
from casehug.referrals.models import Attachment, CaseUpdate, InvitationAnswer, Referral
from casehug.referrals.notices import UNSURE

NEAR = timedelta(hours=24)
SENT_WORDS = {
    "referral": "a case you referred out", "invitation_answer": "your answer to an invitation",
    "case_update": "an update", "attachment": "a file", "attachment_removal": "the removal of a file",
}  # fmt: skip


def ask_people(*, what: str, subject_id: uuid.UUID) -> None:
    """Ask people whether something arrived; `what` is a key of `SENT_WORDS`. In the transaction that knows."""
    words = SENT_WORDS[what]
    text = (
        f"We sent {words}, no answer came back, and nothing we can see says whether it arrived. It is not sent again "
        "by itself. Look at the exchange, then say here whether it is there."
    )
    if what == "invitation_answer":
        text += _deadline_words(subject_id)
    raise_notice(kind=UNSURE, subject_id=subject_id, title=f"Did {words} arrive?", text=text,
                 url=_page(what, subject_id))  # fmt: skip


def settled(subject_id: uuid.UUID) -> None:
    """It is known now: nobody is asked any more."""
    clear_notice(kind=UNSURE, subject_id=subject_id)


def _page(what: str, subject_id: uuid.UUID) -> str:
    if what == "invitation_answer":
        return reverse("invitation", args=[InvitationAnswer.objects.get(id=subject_id).invitation_id])
    if what == "referral":
        return reverse("referral", args=[subject_id])
    model = CaseUpdate if what == "case_update" else Attachment
    return reverse("referral", args=[model.objects.get(id=subject_id).referral_id])


def _deadline_words(answer_id: uuid.UUID) -> str:
    expires = InvitationAnswer.objects.select_related("invitation").get(id=answer_id).invitation.expires_at
    if expires is None or expires - timezone.now() > NEAR:
        return ""
    return " The deadline of this invitation is near or has passed, so do not wait."


@transaction.atomic
def back_in_queue(*, what: str, subject_id: uuid.UUID) -> None:
    """A person has seen that it did not arrive: it is sent once more. One that is settled stays so."""
    rows = {
        "referral": Referral, "invitation_answer": InvitationAnswer, "case_update": CaseUpdate
    }.get(what)  # fmt: skip
    if rows is not None:
        rows.objects.filter(id=subject_id, state="unknown").update(state="queued", updated_at=timezone.now())
    elif what == "attachment":
        Attachment.objects.filter(id=subject_id).update(trouble="", updated_at=timezone.now())
    settled(subject_id)
    record(action="referral.sent_again", object_type=what, object_id=subject_id)


@transaction.atomic
def note_file(*, attachment_id: uuid.UUID, key: str = "", trouble: str = "") -> None:
    """Note what is known of a file without changing where it stands: its id at the exchange, or a trouble in words.

    Raises NotFound.
    """
    row: Attachment | None = Attachment.objects.select_for_update().filter(id=attachment_id).first()
    if row is None:
        raise NotFound("attachment")
    row.own_key, row.trouble = row.own_key or key[:120], trouble[:300]
    row.save(update_fields=["own_key", "trouble", "updated_at"])

"""What the product itself holds of a client, and how it goes: referrals, intake, and what every engine shares."""

from typing import Any
from urllib.parse import unquote_plus

from django.db.models import Q, TextField
from django.db.models.functions import Cast, Lower

from casehug.common.encryption import DecryptionError, unseal
from casehug.common.models import WorkItem
from casehug.common.work import database_now
from casehug.data_duties.erasure.subject import Result, Subject, holds
from casehug.data_duties.models import FirmExport
from casehug.firms.models import IdempotentRequest, Notice
from casehug.intake.models import (
    Answer,
    Client,
    Document,
    ImportRow,
    IntakeLink,
    Matter,
    Note,
    SavedView,
    StatusChange,
    Submission,
    Upload,
    UploadSlot,
)
from casehug.referrals.models import (
    Attachment,
    CaseUpdate,
    DeadlineAlarm,
    Invitation,
    InvitationAnswer,
    Referral,
    Settlement,
)
from casehug.referrals.models.imports import CaseImportRow


def erase_shared(subject: Subject, result: Result) -> None:
    """Cancel the client's pending work and blank its words; drop notices, kept answers of the API, views, exports."""
    ids, marks = subject.everything(), subject.marks()
    work = WorkItem.objects.filter(subject_id__in=ids)
    waiting = work.filter(status__in=("ready", "held"))
    result.note("Pending work cancelled", waiting.update(status="cancelled", finished_at=database_now()))
    work.update(last_error_text="", step_state={})
    result.delete("Notices", Notice.objects.filter(subject_id__in=ids))
    answers = [row.id for row in IdempotentRequest.objects.exclude(answer=None) if _answer_holds(row, marks)]
    result.delete("Kept answers of the API", IdempotentRequest.objects.filter(id__in=answers))
    views = [row.id for row in SavedView.objects.all() if holds(unquote_plus(row.query), subject.words())
             or holds(row.name, subject.words())]  # fmt: skip
    result.delete("Saved views", SavedView.objects.filter(id__in=views))
    exports = FirmExport.objects.exclude(path="")
    result.files += exports.values_list("path", flat=True)
    result.note("Exports of the firm", exports.update(state=FirmExport.State.GONE, path="", contents={}))


def _answer_holds(row: Any, marks: list[str]) -> bool:
    try:
        text = unseal(row.answer, table="firms_idempotentrequest", column="answer", row_id=row.id).reveal()
    except DecryptionError:
        return False
    return holds(text, marks)


def erase_referrals(subject: Subject, result: Result) -> None:
    """Delete the cases shared with other firms, with our copies of their files."""
    cases, invitations = subject.of("referral"), subject.of("invitation")
    files = Attachment.objects.filter(referral_id__in=cases)
    result.files += files.exclude(path="").values_list("path", flat=True)
    result.delete("Rows of imported cases", _case_rows(subject))
    result.delete("Deadline alarms", DeadlineAlarm.objects.filter(invitation_id__in=invitations))
    result.delete("Answers to invitations", InvitationAnswer.objects.filter(invitation_id__in=invitations))
    result.delete("Invitations", Invitation.objects.filter(id__in=invitations))
    result.delete("Files of referrals", files)
    result.delete("Case updates", CaseUpdate.objects.filter(referral_id__in=cases))
    result.delete("Settlements", Settlement.objects.filter(referral_id__in=cases))
    result.delete("Referrals", Referral.objects.filter(id__in=cases))


def _case_rows(subject: Subject) -> Any:
    """The rows that named the matters or cases, and others that name the person."""
    about = Q(matter_id__in=subject.of("matter")) | Q(referral_id__in=subject.of("referral"))
    for word in subject.words():
        about |= Q(text__contains=word) | Q(label__icontains=word)
    rows = CaseImportRow.objects.annotate(text=Lower(Cast("values", TextField())))
    return CaseImportRow.objects.filter(id__in=list(rows.filter(about).values_list("id", flat=True)))


def erase_intake(subject: Subject, result: Result) -> None:
    """Delete the client, the matters, and all that was given for them."""
    matters, documents, submissions = subject.of("matter"), subject.of("document"), subject.of("submission")
    for rows in (
        Upload.objects.filter(document_id__in=documents),
        UploadSlot.objects.filter(document_id__in=documents),
    ):
        result.files += rows.values_list("path", flat=True)
    result.delete("Rows of imported files", _import_rows(subject))
    result.delete("Answers", Answer.objects.filter(submission_id__in=submissions))
    result.delete("Submissions", Submission.objects.filter(id__in=submissions))
    result.delete("Intake links", IntakeLink.objects.filter(matter_id__in=matters))
    result.delete("Internal notes", Note.objects.filter(matter_id__in=matters))
    result.delete("Announced uploads", UploadSlot.objects.filter(document_id__in=documents))
    result.delete("Uploaded files", Upload.objects.filter(document_id__in=documents))
    result.delete("Documents", Document.objects.filter(id__in=documents))
    result.delete("Status changes", StatusChange.objects.filter(matter_id__in=matters))
    result.delete("Matters", Matter.objects.filter(id__in=matters))
    result.delete("Client", Client.objects.filter(id=subject.client.id))


def _import_rows(subject: Subject) -> Any:
    """The rows the matters came from, and others that name the person (refused ones, repeats)."""
    references = [one for one in Matter.objects.filter(id__in=subject.of("matter")).values_list(
        "source_reference", flat=True) if one]  # fmt: skip
    about = Q(matter_id__in=subject.of("matter")) | Q(source_reference__in=references)
    for word in subject.words():
        about |= Q(text__contains=word)
    rows = ImportRow.objects.annotate(text=Lower(Cast("raw", TextField())))
    return ImportRow.objects.filter(id__in=list(rows.filter(about).values_list("id", flat=True)))

"""The operations of an exchange of cases (settings `OUTGOING_OPERATIONS`): how each is read, who hears how it ended."""

import uuid
from collections.abc import Callable

from casehug.common.models import WorkItem
from casehug.referrals.models import Attachment, CaseUpdate, InvitationAnswer, Referral
from casehug.referrals.services import answers, files, sending, unsettled, updates
from integrations.models import Connection, ExternalLink
from integrations.referrals import readers
from integrations.registry import provider
from integrations.sync.operations import Outgoing
from integrations.sync.outgoing.prepared import SendableRecord

MAYBE = "It is not known yet whether this reached the exchange."


def origin_of(connection: Connection) -> str:
    """Return what marks news of a connection, so that they are not sent back to it."""
    return f"connection:{connection.id}"


def _case_sent(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
    sending.mark_sent(referral_id=subject_id, origin=origin_of(connection))


def _answer_taken(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
    answers.confirm_answer(answer_id=subject_id, origin=origin_of(connection))


def _update_sent(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
    updates.update_sent(update_id=subject_id, key=remote_id)


def _file_taken(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
    """One that the exchange fetches by its address stays pending until an event says that it is there."""
    terms, size = provider(connection.provider).referrals, Attachment.objects.get(id=subject_id).size_bytes
    if terms is not None and size > terms.most_upload_bytes:
        unsettled.note_file(attachment_id=subject_id, key=remote_id)
    else:
        files.file_shared(attachment_id=subject_id, key=remote_id)


def _file_removed(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
    files.file_removed(attachment_id=subject_id)


def _case_proven(subject_id: uuid.UUID) -> str | None:
    if not Referral.objects.filter(id=subject_id, sent_at__isnull=False).exists():
        return None
    known = ExternalLink.objects.filter(local_type=readers.REFERRAL, local_id=subject_id, broken_at__isnull=True)
    return known.values_list("external_id", flat=True).first() or ""


def _operation(
    local_type: str,
    *,
    read: Callable[[Connection, WorkItem], SendableRecord],
    confirmed: Callable[[Connection, uuid.UUID, str], None],
    refused: Callable[[uuid.UUID, str], object],
    unknown: Callable[[uuid.UUID], object],
    proven: Callable[[uuid.UUID], str | None],
    subject_type: str = "",
    names_record: bool = True,
) -> Outgoing:
    def known(connection: Connection, subject_id: uuid.UUID, remote_id: str) -> None:
        confirmed(connection, subject_id, remote_id)
        unsettled.settled(subject_id)

    def not_taken(subject_id: uuid.UUID, words: str) -> None:
        refused(subject_id, words)
        unsettled.settled(subject_id)

    return Outgoing(
        local_type=local_type, subject_type=subject_type or local_type, read=read, confirmed=known,
        refused=not_taken, unknown=unknown, undecided=lambda one: unsettled.ask_people(what=local_type, subject_id=one),
        again=lambda one: unsettled.back_in_queue(what=local_type, subject_id=one),
        proven=lambda connection, one: proven(one), names_record=names_record,
    )  # fmt: skip


def _file_unknown(subject_id: uuid.UUID) -> None:
    unsettled.note_file(attachment_id=subject_id, trouble=MAYBE)


SEND_REFERRAL = _operation(
    readers.REFERRAL, read=readers.read_referral, confirmed=_case_sent,
    refused=lambda one, words: sending.mark_failed(referral_id=one, trouble=words),
    unknown=lambda one: sending.mark_unknown(referral_id=one), proven=_case_proven,
)  # fmt: skip
ANSWER_INVITATION = _operation(
    readers.ANSWER, read=readers.read_answer, confirmed=_answer_taken,
    refused=lambda one, words: answers.refuse_answer(answer_id=one, refusal=words),
    unknown=lambda one: answers.answer_unknown(answer_id=one), names_record=False,
    proven=lambda one: "" if InvitationAnswer.objects.filter(id=one, state="confirmed").exists() else None,
)  # fmt: skip
POST_UPDATE = _operation(
    readers.UPDATE, read=readers.read_update, confirmed=_update_sent,
    refused=lambda one, words: updates.update_refused(update_id=one, refusal=words),
    unknown=lambda one: updates.update_unknown(update_id=one),
    proven=lambda one: CaseUpdate.objects.filter(id=one, state="sent").values_list("own_key", flat=True).first(),
)  # fmt: skip
PUSH_FILE = _operation(
    readers.ATTACHMENT, read=readers.read_file, confirmed=_file_taken,
    refused=lambda one, words: files.file_failed(attachment_id=one, trouble=words), unknown=_file_unknown,
    proven=lambda one: Attachment.objects.filter(id=one, state="shared").values_list("own_key", flat=True).first(),
)  # fmt: skip
REMOVE_FILE = _operation(
    readers.REMOVAL, read=readers.read_removal, confirmed=_file_removed, subject_type=readers.ATTACHMENT,
    refused=lambda one, words: unsettled.note_file(attachment_id=one, trouble=words), unknown=_file_unknown,
    proven=lambda one: Attachment.objects.filter(id=one, state="removed").values_list("own_key", flat=True).first(),
)  # fmt: skip

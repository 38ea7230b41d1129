"""The only readers of referrals for what goes out: one sealed record per operation, every value with its source."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePath

from django.utils import timezone

from casehug.common.models import WorkItem
from casehug.intake.errors import IntakeError
from casehug.referrals.models import Attachment, CaseUpdate, InvitationAnswer, Referral
from casehug.referrals.services.files import attachment_path
from casehug.referrals.services.handout import handout_url
from integrations.contract.http import OutgoingFile
from integrations.contract.records import Leaf, Source
from integrations.contract.referrals import (
    EXISTING,
    SEND,
    SUGGESTIONS,
    AnswerRecord,
    FileRecord,
    OutgoingRecord,
    ReferralRecord,
    ReferralTerms,
    RemovalRecord,
    UpdateRecord,
    snapshot_of,
)
from integrations.models import Connection
from integrations.registry import provider
from integrations.sync.operations import NotSendable, NotYet
from integrations.sync.outgoing.prepared import NO_MATTER, SendableRecord
from integrations.sync.records import links

WAIT_SECONDS = 2.0
PATIENCE = timedelta(seconds=60)
"""How long an answer lets an earlier one of the same invitation go first; a deadline waits for nobody."""
REFERRAL, INVITATION = "referral", "invitation"
ANSWER, UPDATE, ATTACHMENT, REMOVAL = "invitation_answer", "case_update", "attachment", "attachment_removal"
GONE = "This no longer exists in CaseHug. Nothing was sent."


def _sendable(record: OutgoingRecord, referral: Referral, subject_id: uuid.UUID) -> SendableRecord:
    return SendableRecord(referral.matter_id or NO_MATTER, snapshot_of(record), subject_id)


def _remote(connection: Connection, local_type: str, local_id: uuid.UUID, words: str) -> Leaf:
    """Return the id there of a case or an invitation. Raises `NotSendable` while it is not known."""
    known = links.find(connection=connection, local_type=local_type, local_id=local_id)
    if known is None or not known.external_id:
        name = provider(connection.provider).name
        raise NotSendable(
            f"{local_type}_unknown", f"It is not known which {words} this is in {name}. Nothing was sent."
        )
    return Leaf(known.external_id, Source.SYSTEM)


def _terms(connection: Connection) -> ReferralTerms:
    terms = provider(connection.provider).referrals
    if terms is None:
        raise NotSendable("no_terms", "This exchange takes no referrals. Nothing was sent.")
    return terms


def read_referral(connection: Connection, item: WorkItem) -> SendableRecord:
    """Read a case that goes out. What it tells of the client is the copy the person has read before sending it."""
    row = Referral.objects.select_related("partner").filter(id=item.subject_id, direction="out").first()
    if row is None:
        raise NotSendable("gone", GONE)
    if row.sent_at is None and row.state not in (Referral.State.QUEUED, Referral.State.UNKNOWN):
        raise NotSendable("not_wanted", "This case is not to be sent any more. Nothing was sent.")
    mode = SEND if not row.is_import else SUGGESTIONS if row.suggestions else EXISTING
    partner = row.partner.remote_id if row.partner is not None and mode == EXISTING else None
    record = ReferralRecord(str(row.id), mode, _told(row), Leaf(partner, Source.SYSTEM))
    return _sendable(record, row, row.id)


def _told(row: Referral) -> Mapping[str, Leaf]:
    written = Source.COMPOSED if row.created_by_id else Source.CLIENT_SUBMISSION
    day = row.incident_date.isoformat() if row.incident_date else None
    identity = {name: Leaf(getattr(row, name), Source.IDENTITY)
                for name in ("first_name", "last_name", "email", "phone")}  # fmt: skip
    return {
        **identity, "place": Leaf(row.place, Source.CASE), "case_type": Leaf(row.case_type, Source.CASE),
        "incident_date": Leaf(day, Source.CASE), "summary": Leaf(row.summary, written, str(row.id)),
    }  # fmt: skip


def read_answer(connection: Connection, item: WorkItem) -> SendableRecord:
    """Read an answer. Answers to one invitation leave in the order in which they were given."""
    row = InvitationAnswer.objects.select_related("invitation__referral").filter(id=item.subject_id).first()
    if row is None:
        raise NotSendable("gone", GONE)
    if row.state == InvitationAnswer.State.REFUSED:
        raise NotSendable("not_wanted", row.refusal)
    invitation = row.invitation
    earlier = InvitationAnswer.objects.filter(invitation=invitation, state="queued", at__lt=row.at).exclude(id=row.id)
    if earlier.exists() and timezone.now() < row.at + PATIENCE:
        raise NotYet(WAIT_SECONDS)
    key = _remote(connection, INVITATION, invitation.id, "invitation")
    composed = {"reason": Leaf(_reason(row), Source.COMPOSED), "note": Leaf(row.text, Source.COMPOSED)}
    return _sendable(AnswerRecord(str(row.id), key, row.action, **composed), invitation.referral, row.id)


def _reason(row: InvitationAnswer) -> str:
    return f"{row.reason}: {row.text}" if row.reason and row.text else row.reason


def read_update(connection: Connection, item: WorkItem) -> SendableRecord:
    """Read a message about a case."""
    row = CaseUpdate.objects.select_related("referral").filter(id=item.subject_id, direction="out").first()
    if row is None:
        raise NotSendable("gone", GONE)
    texts = {name: Leaf(getattr(row, name), Source.COMPOSED) for name in ("title", "content", "stage")}
    values = {**texts, "happened_at": Leaf(row.happened_at.isoformat(), Source.SYSTEM)}
    key = _remote(connection, REFERRAL, row.referral_id, "case")
    return _sendable(UpdateRecord(str(row.id), key, values), row.referral, row.id)


def _attachment(item: WorkItem) -> Attachment:
    row = Attachment.objects.select_related("referral").filter(id=item.subject_id, direction="out").first()
    if row is None:
        raise NotSendable("gone", GONE)
    found: Attachment = row
    return found


def read_file(connection: Connection, item: WorkItem) -> SendableRecord:
    """Read a file that a person chose for the case: its content, or for a large one its address here."""
    row, terms = _attachment(item), _terms(connection)
    if row.state == Attachment.State.REMOVED:
        raise NotSendable("not_wanted", "This file was removed. Nothing was sent.")
    if PurePath(row.name).suffix.lower().lstrip(".") not in {one.lower().lstrip(".") for one in terms.file_types}:
        raise NotSendable("file_type", terms.refusals.get("file_type", "The exchange does not take this type of file."))
    key, name = _remote(connection, REFERRAL, row.referral_id, "case"), Leaf(row.name, Source.COMPOSED)
    try:
        path = attachment_path(row)
        if row.size_bytes > terms.most_upload_bytes:
            address = Leaf(handout_url(row), Source.SYSTEM)
            return _sendable(FileRecord(str(row.id), key, name, url=address), row.referral, row.id)
    except IntakeError as refusal:
        raise NotSendable("no_file", refusal.message) from refusal
    file = OutgoingFile(row.name, row.content_type, row.size_bytes, lambda: path.open("rb"))
    return _sendable(FileRecord(str(row.id), key, name, file), row.referral, row.id)


def read_removal(connection: Connection, item: WorkItem) -> SendableRecord:
    """Read a file that is to be taken off the case."""
    row = _attachment(item)
    if not row.own_key:
        raise NotSendable("file_unknown", "It is not known which file this is at the exchange. Nothing was sent.")
    key = _remote(connection, REFERRAL, row.referral_id, "case")
    return _sendable(RemovalRecord(str(row.id), key, Leaf(row.own_key, Source.SYSTEM)), row.referral, row.id)

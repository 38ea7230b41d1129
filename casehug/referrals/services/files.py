"""Files of referred cases: taken by the rules of the intake's uploads, kept in the firm's own folder."""

import uuid
from pathlib import Path

from django.db import transaction

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.intake.data.document_kinds import PDF
from casehug.intake.files import ACCEPTABLE, declared_fits, detect_kind, kinds_in_words, safe_filename
from casehug.intake.services.documents import request_document
from casehug.intake.services.uploads import MEGABYTE, Readable, media_root, stored_file, upload_document
from casehug.intake.text import single_line
from casehug.referrals import events
from casehug.referrals.errors import Invalid, NotFound, Refused
from casehug.referrals.exchanges import require_exchange
from casehug.referrals.facts import FileFacts
from casehug.referrals.models import Attachment, Referral
from casehug.referrals.services.locking import lock_referral

FOLDER = "referrals/"
LIMIT_MB = 100


def _keep(attachment: Attachment, file: Readable, *, declared: str, kinds: list[str]) -> None:
    """Store the content and save the row in one step. Raises Invalid (`file`: empty, too large, kind)."""
    with stored_file(file, LIMIT_MB * MEGABYTE, folder=FOLDER) as stored:
        kind = detect_kind(stored.path, attachment.name)
        if kind is None or kind not in kinds:
            raise Invalid({"file": f"We cannot take this kind of file. It has to be a {kinds_in_words(kinds)}."})
        if not declared_fits(declared, kind):
            raise Invalid({"file": "The content of this file does not fit its name. Please check it and try again."})
        attachment.name = safe_filename(attachment.name, kind)
        attachment.content_type, attachment.path = kind, stored.relative
        attachment.size_bytes, attachment.sha256 = stored.size, stored.sha256
        attachment.save()


def attachment_path(attachment: Attachment) -> Path:
    """Return where our copy is. Serve it only as a download. Raises NotFound when there is none."""
    root = media_root().resolve()
    path = (root / attachment.path).resolve()
    if not attachment.path or not path.is_relative_to(root / str(attachment.firm_id) / "referrals"):
        raise NotFound("attachment")
    return path


@transaction.atomic
def receive_file(
    *, referral_id: uuid.UUID, facts: FileFacts, file: Readable | None = None, origin: str = ""
) -> Attachment:
    """Note a file of a case and keep a copy of its content; the same key again is the same row.

    Without `file` it stays pending. A kind we do not take, an empty or a too large file is kept as a refused row with
    the reason. Returns the row; publishes `referral.file_received` once it is stored. Raises NotFound.
    """
    referral = lock_referral(referral_id)
    row = Attachment.objects.select_for_update().filter(referral=referral, own_key=facts.key[:120]).first()
    direction = Referral.Direction.OUT if facts.ours else Referral.Direction.IN
    row = row or Attachment(referral=referral, own_key=facts.key[:120], direction=direction)
    if row.path or row.state in (Attachment.State.REMOVED, Attachment.State.REFUSED):
        return row
    row.name = row.name or single_line(facts.name)[:255] or "file"
    if facts.size is not None and facts.size > LIMIT_MB * MEGABYTE:
        row.state, row.trouble = Attachment.State.REFUSED, f"It is larger than {LIMIT_MB} MB. It can be read there."
    row.save()
    if file is None or row.state == Attachment.State.REFUSED:
        return row
    try:
        _keep(row, file, declared=facts.content_type, kinds=list(ACCEPTABLE))
    except Invalid as error:
        row.state, row.trouble = Attachment.State.REFUSED, " ".join(error.fields.values())[:300]
    else:
        row.state, row.trouble = Attachment.State.STORED, ""
        events.about_file("file_received", row, origin=origin)
    row.save()
    if row.path:
        _copy_if_possible(referral)
    record(action="referral.file_received", object_type="attachment", object_id=row.id, changes={"state": row.state})
    return row


def _copy_if_possible(referral: Referral) -> None:
    """Copy to the matter, if it takes files: an archived matter is no reason to lose the file here."""
    try:
        with transaction.atomic():
            copy_files(referral=referral)
    except (Invalid, Refused, NotFound):
        return


@transaction.atomic
def own_file_came_back(*, referral_id: uuid.UUID, facts: FileFacts) -> Attachment | None:
    """The exchange tells of a file this firm gave: confirm the row it is, None when it was not given from here.

    Raises NotFound.
    """
    referral = lock_referral(referral_id)
    rows = Attachment.objects.select_for_update().filter(referral=referral, direction=Referral.Direction.OUT)
    found: Attachment | None = rows.filter(own_key=facts.key[:120]).first()
    waiting = rows.filter(own_key="", name=facts.name).exclude(state__in=("removed", "refused")).order_by("created_at")
    same = [row for row in waiting if facts.size is None or row.size_bytes == facts.size]
    found = found or (same[0] if same else None)
    if found is not None and found.state != Attachment.State.REMOVED and found.path:
        file_shared(attachment_id=found.id, key=facts.key)
        found.refresh_from_db()
    return found


@transaction.atomic
def fetching_trouble(*, attachment_id: uuid.UUID, trouble: str, final: bool) -> None:
    """Note why the content of a file could not be fetched: it is tried again, or never. Raises NotFound."""
    row: Attachment | None = Attachment.objects.select_for_update().filter(id=attachment_id).first()
    if row is None:
        raise NotFound("attachment")
    if row.path or row.state == Attachment.State.REMOVED:
        return
    if final:
        _set_state(attachment_id, Attachment.State.FAILED, trouble)
    else:
        row.trouble = trouble[:300]
        row.save(update_fields=["trouble", "updated_at"])


@transaction.atomic
def file_failed(*, attachment_id: uuid.UUID, trouble: str) -> None:
    """Note why a file could not be fetched or shared, in words. Raises NotFound."""
    _set_state(attachment_id, Attachment.State.FAILED, trouble)


@transaction.atomic
def file_shared(*, attachment_id: uuid.UUID, key: str = "") -> None:
    """The exchange has a file we gave; `key` is its id there. Raises NotFound."""
    row = _set_state(attachment_id, Attachment.State.SHARED)
    if key and not row.own_key:
        Attachment.objects.filter(id=row.id).update(own_key=key[:120])


@transaction.atomic
def file_removed(*, attachment_id: uuid.UUID) -> None:
    """A file is gone at the exchange; our copy of a received one stays. Raises NotFound."""
    _set_state(attachment_id, Attachment.State.REMOVED)


def _set_state(attachment_id: uuid.UUID, state: str, trouble: str = "") -> Attachment:
    row: Attachment | None = Attachment.objects.select_for_update().filter(id=attachment_id).first()
    if row is None:
        raise NotFound("attachment")
    row.state, row.trouble = state, trouble[:300]
    row.save(update_fields=["state", "trouble", "updated_at"])
    record(action="referral.file_state", object_type="attachment", object_id=row.id, changes={"state": state})
    return row


@transaction.atomic
def share_file(*, referral_id: uuid.UUID, file: Readable, filename: str, content_type: str = "") -> Attachment:
    """Give a file to every firm on the case; the same content again returns the row there is.

    Publishes `referral.file_requested`. Raises NotFound, Invalid (`file`), Refused (`no_exchange`, not sent yet).
    """
    require_exchange()
    referral = lock_referral(referral_id)
    if referral.state not in (Referral.State.ACCEPTED, Referral.State.FOLLOWING, Referral.State.INVITED):
        raise Refused("case_not_shared", "There is no other firm on this case yet.")
    row = own_file(referral=referral, file=file, filename=filename, content_type=content_type)
    if row.state == Attachment.State.PENDING:
        events.about_file("file_requested", row, act="push")
        record(action="referral.file_shared", object_type="attachment", object_id=row.id)
    return row


def own_file(
    *, referral: Referral, file: Readable, filename: str, content_type: str = "", purpose: str = ""
) -> Attachment:
    """Store a file that the acting person chose for the other firm; a retainer has to be a PDF. Raises Invalid."""
    row = Attachment(
        referral=referral, direction=Referral.Direction.OUT, purpose=purpose, created_by_id=current_actor_id(),
        name=single_line(filename)[:255] or "file",
    )  # fmt: skip
    kinds = [PDF] if purpose == "retainer" else list(ACCEPTABLE)
    _keep(row, file, declared=content_type, kinds=kinds)
    same = Attachment.objects.filter(referral=referral, sha256=row.sha256, direction=row.direction, purpose=purpose)
    first: Attachment | None = same.exclude(id=row.id).exclude(state__in=("removed", "failed")).first()
    if first is None:
        return row
    attachment_path(row).unlink(missing_ok=True)
    row.delete()
    return first


def copy_files(*, referral: Referral) -> int:
    """Copy the stored files of a case to its matter, each once. Returns how many were copied."""
    if referral.matter_id is None:
        return 0
    waiting = Attachment.objects.filter(referral=referral, copied_upload_id=None, state="stored").order_by("created_at")
    count = 0
    for attachment in waiting:
        document = request_document(
            matter_id=referral.matter_id, name=attachment.name[:200], category="Other", required=False, max_size_mb=100,
            description="Came with the referral.", accepted_types=list(ACCEPTABLE),
        )  # fmt: skip
        with attachment_path(attachment).open("rb") as stream:
            upload = upload_document(
                document_id=document.id, file=stream, filename=attachment.name, content_type=attachment.content_type,
                source="staff",
            )  # fmt: skip
        attachment.copied_upload_id = upload.id
        attachment.save(update_fields=["copied_upload_id", "updated_at"])
        count += 1
    return count

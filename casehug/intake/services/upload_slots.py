"""Uploads in three steps (casehug.md §7.5): announce a file, send its bytes straight to the storage, confirm it."""

import os
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from casehug.common.ids import uuid7
from casehug.common.scope import current_firm_id, firm_scope
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.files import declared_fits, kinds_in_words
from casehug.intake.models import DocumentStatus, Upload, UploadSlot
from casehug.intake.services.locking import lock_document
from casehug.intake.services.uploads import CHUNK, MEGABYTE, Readable, media_root, upload_document
from casehug.intake.text import single_line

STORAGE_PATH = "/storage/uploads/"
VALID_SECONDS = 15 * 60
CONFIRM_WITHIN = timedelta(hours=24)
_SALT = "casehug.upload-slot"


@dataclass(frozen=True)
class Announced:
    """A place for a file and the address that takes its bytes; the address is the whole credential."""

    slot: UploadSlot
    url: str


@transaction.atomic
def announce_upload(*, document_id: uuid.UUID, filename: str, content_type: str, size_bytes: int) -> Announced:
    """Make a place for one file of an item; its address takes a PUT for 15 minutes.

    Raises Invalid (name, kind, size), NotFound, Refused (approved, archived).
    """
    _, document = lock_document(document_id)
    if document.status == DocumentStatus.APPROVED:
        raise Refused("already_approved", "This item has been accepted. There is nothing more to add here.")
    errors: dict[str, str] = {}
    name = single_line(filename)
    if not name or len(name) > 255:
        errors["filename"] = "Give a name of up to 255 characters."
    if not any(declared_fits(content_type, kind) for kind in document.accepted_types):
        errors["content_type"] = f"This item takes {kinds_in_words(document.accepted_types)}."
    if not 0 < size_bytes <= document.max_size_mb * MEGABYTE:
        errors["file_size_bytes"] = f"This item takes files of up to {document.max_size_mb} MB."
    if errors:
        raise Invalid(errors)
    random, slot_id = secrets.token_hex(20), uuid7()
    slot: UploadSlot = UploadSlot.objects.create(
        id=slot_id,
        document=document,
        path=f"{current_firm_id()}/{random[:2]}/{random}",
        filename=name,
        content_type=content_type[:120],
        size_bytes=size_bytes,
        expires_at=timezone.now() + timedelta(seconds=VALID_SECONDS),
    )
    token = signing.dumps({"firm": current_firm_id().hex, "slot": slot_id.hex}, salt=_SALT)
    return Announced(slot, f"{settings.CASEHUG_BASE_URL.rstrip('/')}{STORAGE_PATH}{token}")


def receive_bytes(*, token: str, file: Readable) -> None:
    """Take the bytes for an announced file; call it outside any scope. Sending again before the confirmation replaces.

    Raises NotFound (unknown, expired), Invalid (`file`: other size than announced), Refused (confirmed already).
    """
    try:
        told = signing.loads(token, salt=_SALT, max_age=VALID_SECONDS)
        firm_id, slot_id = uuid.UUID(told["firm"]), uuid.UUID(told["slot"])
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise NotFound("upload") from error
    with firm_scope(firm_id):
        slot = UploadSlot.objects.filter(id=slot_id).first()
    if slot is None:
        raise NotFound("upload")
    if slot.made_upload_id is not None:
        raise Refused("already_confirmed", "This upload was confirmed already.")
    target = media_root() / slot.path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A stray part is swept with the orphans; only a whole file gets the name that is confirmed.
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        size = 0
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            while size <= slot.size_bytes and (chunk := file.read(CHUNK)):
                size += len(chunk)
                sink.write(chunk)
        if size != slot.size_bytes:
            raise Invalid({"file": f"{slot.size_bytes} bytes were announced."})
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    with firm_scope(firm_id):
        UploadSlot.objects.filter(id=slot_id).update(received_at=timezone.now())


@transaction.atomic
def confirm_upload(*, slot_id: uuid.UUID) -> Upload:
    """Make the announced file an upload of its item; a second call returns the same. Checks kind and size as ever.

    Raises NotFound, Refused (`not_uploaded`, approved, archived), Invalid (`file`).
    """
    document_id = UploadSlot.objects.filter(id=slot_id).values_list("document_id", flat=True).first()
    if document_id is None:
        raise NotFound("upload")
    lock_document(document_id)
    slot: UploadSlot = UploadSlot.objects.select_for_update().get(id=slot_id)
    if slot.made_upload_id is not None:
        made = Upload.objects.filter(id=slot.made_upload_id).first()
        if made is None:
            raise NotFound("upload")
        return made  # type: ignore[no-any-return]
    path = media_root() / slot.path
    if slot.received_at is None or not path.is_file():
        raise Refused("not_uploaded", "The bytes of this file have not arrived.")
    with path.open("rb") as file:
        upload = upload_document(
            document_id=document_id, file=file, filename=slot.filename, content_type=slot.content_type,
            source=Upload.Source.STAFF, upload_id=slot.id,
        )  # fmt: skip
    slot.made_upload_id = upload.id
    slot.save(update_fields=["made_upload_id", "updated_at"])
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return upload


def remove_old_slots() -> None:
    """Delete this firm's places that were never confirmed in time; their files go with the orphans."""
    UploadSlot.objects.filter(made_upload_id=None, created_at__lt=timezone.now() - CONFIRM_WITHIN).delete()

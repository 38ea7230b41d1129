"""Take a file for a checklist item: stored first, then its row; nothing is lost and nothing is left over."""

import hashlib
import os
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from casehug.audit.services import record
from casehug.common.actor import current_actor_id
from casehug.common.ids import uuid7
from casehug.common.scope import current_firm_id
from casehug.intake import events
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.files import declared_fits, detect_kind, kinds_in_words, safe_filename
from casehug.intake.models import Document, DocumentStatus, Upload
from casehug.intake.services.locking import lock_document

CHUNK = MEGABYTE = 1 << 20
MAX_PAGES = 50
ORPHAN_AFTER_SECONDS = 24 * 3600


class Readable(Protocol):
    """A binary stream: an open file or what a form sent."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


@dataclass(frozen=True)
class StoredFile:
    """A file in its place, not yet named by a row."""

    path: Path
    relative: str
    size: int
    sha256: str


def media_root() -> Path:
    """Return the folder of all uploads."""
    return Path(settings.CASEHUG_MEDIA_DIR)


def _copy(file: Readable, target: Path, limit: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise Invalid({"file": f"This file is larger than {limit // MEGABYTE} MB."})
            digest.update(chunk)
            sink.write(chunk)
        sink.flush()
        os.fsync(sink.fileno())
    return size, digest.hexdigest()


@contextmanager
def stored_file(file: Readable, limit: int, *, folder: str = "") -> Iterator[StoredFile]:
    """Write the file to its random place (below `folder`); take it away again when the block fails."""
    name = secrets.token_hex(20)
    relative = f"{current_firm_id()}/{folder}{name[:2]}/{name}"
    path = media_root() / relative
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        size, digest = _copy(file, path, limit)
        if size == 0:
            raise Invalid({"file": "This file is empty."})
        yield StoredFile(path, relative, size, digest)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _check_open(document: Document) -> None:
    if document.status == DocumentStatus.APPROVED:
        raise Refused("already_approved", "This item has been accepted. There is nothing more to add here.")
    if Upload.objects.filter(document=document, current=True).count() >= MAX_PAGES and document.status != "rejected":
        raise Refused("too_many_pages", f"This item already has {MAX_PAGES} files.")


def _kind_of(stored: StoredFile, document: Document, filename: str, declared: str) -> str:
    found = detect_kind(stored.path, filename)
    if found is None or found not in document.accepted_types:
        wanted = kinds_in_words(document.accepted_types)
        raise Invalid({"file": f"We cannot take this kind of file here. Please send it as {wanted}."})
    if not declared_fits(declared, found):
        raise Invalid({"file": "The content of this file does not fit its name. Please check it and try again."})
    return found


@transaction.atomic
def upload_document(
    *,
    document_id: uuid.UUID,
    file: Readable,
    filename: str,
    content_type: str = "",
    source: str = Upload.Source.PORTAL,
    upload_id: uuid.UUID | None = None,
) -> Upload:
    """Take one file for an item. Further files are further pages; after “sent back” the first one starts anew.

    Takes a readable binary stream; `upload_id` is the id a new row gets. The same file again returns the upload there
    is. Returns the row; publishes `document.uploaded`. Raises Invalid (`file`: size, kind, empty), NotFound, Refused
    (approved, archived).
    """
    matter, document = lock_document(document_id)
    _check_open(document)
    with stored_file(file, document.max_size_mb * MEGABYTE) as stored:
        kind = _kind_of(stored, document, filename, content_type)
        current = Upload.objects.filter(document=document, current=True)
        if document.status == DocumentStatus.REJECTED:
            current.update(current=False)
        same = current.filter(sha256=stored.sha256).first()
        if same is not None:
            stored.path.unlink(missing_ok=True)
            return same  # type: ignore[no-any-return]
        now = timezone.now()
        upload = Upload.objects.create(
            id=upload_id or uuid7(),
            document=document,
            path=stored.relative,
            filename=safe_filename(filename, kind),
            content_type=kind,
            size_bytes=stored.size,
            sha256=stored.sha256,
            source=source,
            uploaded_by_id=current_actor_id(),
            uploaded_at=now,
            page=(current.aggregate(last=Max("page"))["last"] or 0) + 1,
        )
        document.status, document.uploaded_at, document.reason = DocumentStatus.UPLOADED, now, ""
        document.decided_at, document.decided_by_id = None, None
        document.save()
        matter.save(update_fields=["updated_at"])
        events.document_uploaded(document, upload)
        change = {"upload_id": str(upload.id)}
        record(action="document.uploaded", object_type="document", object_id=document.id, changes=change)
    return upload  # type: ignore[no-any-return]


@transaction.atomic
def remove_upload(*, upload_id: uuid.UUID) -> None:
    """Take back one page before the firm has looked at it (a wrong photo). Raises NotFound, Refused."""
    found = Upload.objects.filter(id=upload_id, current=True).values_list("document_id", flat=True).first()
    if found is None:
        raise NotFound("upload")
    matter, document = lock_document(found)
    if document.status != DocumentStatus.UPLOADED:
        raise Refused("already_decided", "The firm has already looked at this item.")
    upload = Upload.objects.get(id=upload_id)
    path = upload_path(upload)
    upload.delete()
    if not Upload.objects.filter(document=document, current=True).exists():
        document.status, document.uploaded_at = DocumentStatus.PENDING, None
        document.save(update_fields=["status", "uploaded_at", "updated_at"])
    matter.save(update_fields=["updated_at"])
    change = {"upload_id": str(upload_id)}
    record(action="document.upload_removed", object_type="document", object_id=document.id, changes=change)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def upload_path(upload: Upload) -> Path:
    """Return where an upload's file is. Serve it only as a download (`Content-Disposition: attachment`)."""
    root = media_root().resolve()
    path = (root / upload.path).resolve()
    if not path.is_relative_to(root / str(upload.firm_id)):
        raise NotFound("upload")
    return path


def remove_orphans(*, older_than_seconds: float = ORPHAN_AFTER_SECONDS) -> int:
    """Delete this firm's files that no row names (their transaction was rolled back); returns how many."""
    folder = media_root() / str(current_firm_id())
    known = set(Upload.objects.values_list("path", flat=True))
    removed = 0
    for path in folder.glob("*/*"):
        if path.relative_to(media_root()).as_posix() in known:
            continue
        if path.is_file() and path.stat().st_mtime < time.time() - older_than_seconds:
            path.unlink(missing_ok=True)
            removed += 1
    return removed

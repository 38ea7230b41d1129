"""What goes into an export, piece by piece: rows of the firm's tables, the firm and its people, its files."""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from casehug.common.encryption import DecryptionError, unseal
from casehug.common.models import FirmModel
from casehug.firms.models import Firm, Membership, User
from casehug.intake.models import Upload
from casehug.intake.services.uploads import upload_path
from casehug.referrals.models import Attachment
from casehug.referrals.services.files import attachment_path

CHUNK = 10_000
PEOPLE = ("id", "email", "name", "last_login", "date_joined")


@dataclass(frozen=True)
class Piece:
    """One member of the file: its name and content; `after` is the last id of a part of a table."""

    name: str
    rows: int
    data: bytes = b""
    path: Path | None = None
    after: str = ""


def firm_models() -> list[type[models.Model]]:
    """Return the models whose rows belong to a firm, in the order of their tables."""
    found = [model for model in apps.get_models() if issubclass(model, FirmModel)]
    return sorted(found, key=lambda model: model._meta.db_table)


def left_out() -> dict[str, list[str]]:
    """Return the columns that no export has, per table: keys, tokens, secrets and digests."""
    found = {}
    for model in firm_models():
        sealed = [one.attname for one in model._meta.concrete_fields if isinstance(one, models.BinaryField)]
        names = [column for column in sealed if _place(model, column) not in settings.EXPORT_UNSEALED]
        if names:
            found[model._meta.db_table] = names
    return found


def total() -> int:
    """Return how many rows and files an export has now. In the firm scope."""
    rows = sum(model._default_manager.count() for model in firm_models())
    return rows + Upload.objects.count() + Attachment.objects.exclude(path="").count()


def _place(model: type[models.Model], column: str) -> str:
    return f"{model._meta.db_table}.{column}"


def firm_piece() -> Piece:
    """The firm itself and the people who belong to it, without passwords and factors."""
    firm = Firm.objects.values().get()
    ids = list(Membership.objects.values_list("user_id", flat=True))
    people = list(User.objects.filter(id__in=ids).order_by("id").values(*PEOPLE))
    return Piece("firm.json", 1, _json({"firm": firm, "people": people}).encode())


def table_piece(model: type[models.Model], *, after: str, part: int) -> Piece | None:
    """Return the next rows of a table as JSON lines, None when it has no more. In the firm scope."""
    rows = model._default_manager.order_by("id")
    found = list((rows.filter(id__gt=uuid.UUID(after)) if after else rows)[:CHUNK])
    if not found:
        return None
    lines = "".join(f"{_json(_row(row))}\n" for row in found)
    suffix = f".{part}" if part > 1 else ""
    return Piece(f"tables/{model._meta.db_table}{suffix}.jsonl", len(found), lines.encode(), after=str(found[-1].pk))


def _row(row: models.Model) -> dict[str, Any]:
    found = {}
    for one in row._meta.concrete_fields:
        value = getattr(row, one.attname)
        if isinstance(one, models.BinaryField):
            way = settings.EXPORT_UNSEALED.get(_place(type(row), one.attname))
            if way is None:
                continue
            value = None if value is None else _opened(row, one.attname, value, way)
        found[one.attname] = value
    return found


def _opened(row: models.Model, column: str, blob: Any, way: str) -> str | None:
    try:
        text = unseal(blob, table=row._meta.db_table, column=column, row_id=row.pk).reveal()
    except DecryptionError:
        return None
    return base64.b64decode(text).decode("utf-8", "replace") if way == "bytes" else text


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def file_pieces(*, skip: int) -> Iterator[Piece]:
    """Yield the stored files from the given number on; one that is gone from the store is passed over."""
    uploads = Upload.objects.order_by("id")
    number = uploads.count()
    for upload in uploads[skip:] if skip < number else []:
        yield _file(f"files/uploads/{upload.public_id}/{upload.filename}", upload_path(upload))
    kept = Attachment.objects.exclude(path="").order_by("id")
    for attachment in kept[max(0, skip - number) :]:
        yield _file(f"files/referrals/{attachment.id}/{attachment.name}", attachment_path(attachment))


def _file(name: str, path: Path) -> Piece:
    return Piece(name, 1, path=path if path.is_file() else None)

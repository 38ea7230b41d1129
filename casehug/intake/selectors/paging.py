"""Keyset paging: a page starts after a row, never at a number, so that new rows neither repeat nor hide others."""

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page; `next_cursor` and `previous_cursor` are empty at the ends."""

    rows: Sequence[Row]
    next_cursor: str
    previous_cursor: str


def _pack(way: str, moment: datetime, row_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{way}|{moment.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[str, datetime, uuid.UUID] | None:
    try:
        way, moment, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        parsed = datetime.fromisoformat(moment)
        return (way, parsed, uuid.UUID(row_id)) if way in ("n", "p") and parsed.tzinfo else None
    except (ValueError, binascii.Error, UnicodeDecodeError):
        return None


def page_of(rows: QuerySet[Any], *, by: str, cursor: str, size: int, newest_first: bool = True) -> Page[Any]:
    """Return one page of `rows` ordered by the time column `by`, then id. A broken cursor shows the first page."""
    place = _unpack(cursor) if cursor else None
    backwards = place is not None and place[0] == "p"
    descending = newest_first != backwards
    if place is not None:
        word = "lt" if descending else "gt"
        _, moment, row_id = place
        rows = rows.filter(Q(**{f"{by}__{word}": moment}) | Q(**{by: moment, f"id__{word}": row_id}))
    sign = "-" if descending else ""
    found = list(rows.order_by(f"{sign}{by}", f"{sign}id")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    if not found:
        return Page([], "", "")
    first, last = found[0], found[-1]
    return Page(
        found,
        _pack("n", getattr(last, by), last.id) if has_next else "",
        _pack("p", getattr(first, by), first.id) if has_previous else "",
    )

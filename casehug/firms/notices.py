"""Notices: what needs people of a firm. One row per state, raised and cleared; people are mailed when it changes.

`raise_notice` and `clear_notice` are called in the transaction that changes the state, in the firm scope. Kinds come
from settings `NOTICE_KINDS` (dotted paths to sequences of `NoticeKind`), so that the product knows no outside world.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Exists
from django.http import HttpRequest
from django.utils.module_loading import import_string

from casehug.audit import services as audit
from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id
from casehug.firms.access import can
from casehug.firms.models import Firm, Notice, Role
from casehug.firms.page_reads import fact, own_firm

MAIL_KIND = "notice_mail"
PLACE = "notices"  # key in Firm.settings


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice, with what a firm starts with.

    `wait`: it must stand this long before anybody is mailed. `quiet`: least time between two mails about the same
    thing that comes and goes. `remind`: mailed again after this time while it stands. `tells_end`: a mail says when it
    is over (only after one said that it began).
    """

    key: str
    label: str
    explains: str
    capability: str = "firm.view"
    """Who may open the page it leads to; others are mailed if the firm wants it, but see no link."""
    roles: tuple[str, ...] = (Role.ADMIN.value,)
    by_mail: bool = True
    wait: timedelta = timedelta()
    quiet: timedelta = timedelta()
    remind: timedelta | None = None
    tells_end: bool = False


@dataclass(frozen=True)
class Preference:
    """What a firm wants for one kind: which roles, and whether by mail."""

    roles: tuple[str, ...]
    by_mail: bool


@cache
def _loaded(paths: tuple[str, ...]) -> dict[str, NoticeKind]:
    return {kind.key: kind for path in paths for kind in import_string(path)}


def kinds() -> dict[str, NoticeKind]:
    """Return every kind by its key, in settings order."""
    return _loaded(tuple(settings.NOTICE_KINDS))


def preference(kind: NoticeKind) -> Preference:
    """Return what the firm of the scope wants for a kind."""
    return preferences()[kind.key]


def preferences() -> dict[str, Preference]:
    """Return what the firm of the scope wants, by kind."""
    stored: Mapping[str, Any] = own_firm().settings.get(PLACE, {})
    return {key: _preference(kind, stored.get(key, {})) for key, kind in kinds().items()}


def _preference(kind: NoticeKind, stored: Mapping[str, Any]) -> Preference:
    roles = tuple(role for role in stored.get("roles", kind.roles) if role in Role.values)
    return Preference(roles or kind.roles, bool(stored.get("mail", kind.by_mail)))


def save_preferences(wanted: Mapping[str, Preference]) -> None:
    """Store what the firm wants; audits what changed. Raises `KeyError` for an unknown kind."""
    firm = Firm.objects.select_for_update().get(id=current_firm_id())
    stored, changes = dict(firm.settings.get(PLACE, {})), {}
    for key, one in wanted.items():
        before = _preference(kinds()[key], stored.get(key, {}))
        if before != one:
            changes[key] = {"roles": [list(before.roles), list(one.roles)], "mail": [before.by_mail, one.by_mail]}
            stored[key] = {"roles": list(one.roles), "mail": one.by_mail}
    if changes:
        Firm.objects.filter(id=firm.id).update(settings={**firm.settings, PLACE: stored})
        audit.record(action="notifications.changed", object_type="firm", object_id=firm.id, changes=changes)


def raise_notice(*, kind: str, subject_id: uuid.UUID, title: str, text: str, url: str) -> bool:
    """Say that something needs people, once per state; mails go through a work row of this transaction.

    `title`, `text`: plain words without client data. `url`: path of the page where it is solved. While it stands,
    another call only renews the words. Returns whether it is new. Raises `KeyError` for an unknown kind.
    """
    known = kinds()[kind]
    words = {"title": title[:150], "text": text, "url": url[:300]}
    fresh = Notice(kind=kind, subject_id=subject_id, **words)
    Notice.objects.bulk_create([fresh], ignore_conflicts=True)
    if not Notice.objects.filter(id=fresh.id).exists():
        Notice.objects.filter(kind=kind, subject_id=subject_id, cleared_at__isnull=True).update(**words)
        return False
    audit.record(action="notice.raised", object_type="notice", object_id=fresh.id, changes={"kind": kind})
    now = work.database_now()
    _ask_for_mail(fresh, seconds=max(known.wait, _quiet_left(known, fresh, now)).total_seconds())
    return True


def _quiet_left(kind: NoticeKind, fresh: Notice, now: datetime) -> timedelta:
    """Return how long to keep silent about something that comes and goes."""
    told = Notice.objects.filter(kind=kind.key, subject_id=fresh.subject_id, mailed_at__isnull=False)
    last = told.order_by("-mailed_at").values_list("mailed_at", flat=True).first()
    return last + kind.quiet - now if last is not None else timedelta()


def clear_notice(*, kind: str, subject_id: uuid.UUID) -> bool:
    """Say that it is over; a mail that waits is not sent any more. Returns False when nothing stood."""
    row = Notice.objects.select_for_update().filter(kind=kind, subject_id=subject_id, cleared_at__isnull=True).first()
    if row is None:
        return False
    Notice.objects.filter(id=row.id).update(cleared_at=work.database_now(), mail_trouble="")
    waiting = WorkItem.objects.filter(kind=MAIL_KIND, subject_id=row.id, status__in=("ready", "held"))
    waiting.update(status=WorkItem.Status.CANCELLED, finished_at=work.database_now())
    if row.mails and kinds()[kind].tells_end:
        _ask_for_mail(row)
    audit.record(action="notice.cleared", object_type="notice", object_id=row.id, changes={"kind": kind})
    return True


def _ask_for_mail(notice: Notice, *, seconds: float = 0.0) -> None:
    work.enqueue(
        kind=MAIL_KIND, queue="maintenance", subject_type="notice", subject_id=notice.id,
        after_seconds=max(0.0, seconds), trigger=notice.kind[:40],
    )  # fmt: skip


def open_notices(*, subject_id: uuid.UUID | None = None, prefix: str = "") -> Sequence[Notice]:
    """Return what stands now, oldest first; `prefix` of the kind and `subject_id` narrow it."""
    rows = Notice.objects.filter(cleared_at__isnull=True, kind__startswith=prefix)
    if subject_id is not None:
        rows = rows.filter(subject_id=subject_id)
    return [row for row in rows.order_by("created_at", "id") if row.kind in kinds()]


def frame_facts() -> dict[str, Any]:
    """Filler of the slot `frame_facts`: whether anything stands."""
    return {"notices_stand": Exists(Notice.objects.filter(cleared_at__isnull=True))}


def standing_notices() -> Sequence[Notice]:
    """Return what stands now, oldest first, for a page whose frame has asked whether there is anything."""
    return open_notices() if fact("notices_stand") else []


def attention(*, request: HttpRequest) -> list[dict[str, Any]]:
    """Filler of the slot `attention`: what stands and concerns this member's role, with the page that solves it."""
    membership = request.membership  # type: ignore[attr-defined]
    standing = standing_notices()
    wanted = preferences() if standing else {}
    return [
        {"text": row.title, "url": row.url, "count": 0}
        for row in standing
        if membership.role in wanted[row.kind].roles and can(membership, kinds()[row.kind].capability)
    ]

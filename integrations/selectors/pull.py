"""Which matters of the connected account are linked: beside a page that was read there, and as figures."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from casehug.intake.models import Matter
from casehug.intake.selectors.search import matching_matters
from integrations.contract.matters import MatterPage, RemoteMatter
from integrations.mappings.status import STATUS_NAMES
from integrations.models import Connection, ExternalLink

CANDIDATES = 20
LOCAL_PAGE = 50
HOW = {
    "created": "CaseHug created it there.",
    "matched_email": "Found there by the client's e-mail.",
    "inline": "Created together with its contact.",
    "by_hand": "A person linked the two by hand.",
    "reconciled": "CaseHug created it there, the answer was lost, and it was found again.",
}
REVIEW = {
    "ambiguous": "Several records matched; the oldest was linked.",
    "other_name": "The record bears another name.",
    "late_duplicate": "One call left two records behind; the older one is used.",
    "deleted_there": "It was deleted there.",
}
GONE = Q(broken_at__isnull=False) | Q(needs_review="deleted_there")


@dataclass(frozen=True)
class PullRow:
    """One matter there, and its link and matter here if it has them."""

    remote: RemoteMatter
    link: ExternalLink | None
    title: str

    @property
    def status(self) -> str:
        """The main status there in words."""
        return STATUS_NAMES.get(self.remote.status, self.remote.status)

    @property
    def made_on(self) -> date | None:
        """The day it was made there, None when it is not told."""
        return date.fromisoformat(self.remote.created) if self.remote.created else None


@dataclass(frozen=True)
class LinkedRow:
    """One link, with the title of the matter here."""

    link: ExternalLink
    title: str
    how: str
    gone: bool


@dataclass(frozen=True)
class LinkCounts:
    """Links of the connected account: in use, and known to lead to a matter that is gone there."""

    linked: int
    gone: int


def matter_links(connection: Connection) -> "QuerySet[ExternalLink]":
    """Return the matter links of the connected account, gone ones included. In the firm scope."""
    found: QuerySet[ExternalLink] = ExternalLink.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, local_type="matter"
    )
    return found


def link_counts(connection: Connection) -> LinkCounts:
    """Count the links of the connected account."""
    rows = matter_links(connection)
    return LinkCounts(rows.exclude(GONE).count(), rows.filter(GONE).count())


def not_linked(total: int | None, counts: LinkCounts) -> int | None:
    """Return how many matters there have no link, None when the whole number is not told."""
    return None if total is None else max(0, total - counts.linked)


def rows_of(connection: Connection, page: MatterPage) -> list[PullRow]:
    """Put links beside the matters of a page that was read. In the firm scope."""
    wanted = [row.id for row in page.rows]
    found = {link.external_id: link for link in matter_links(connection).filter(external_id__in=wanted)}
    titles = _titles(found.values())
    links = ((row, found.get(row.id)) for row in page.rows)
    return [PullRow(row, link, titles.get(link.local_id, "") if link else "") for row, link in links]


def local_links(connection: Connection, *, gone: bool, after: uuid.UUID | None) -> tuple[list[LinkedRow], str]:
    """Return a page of links, newest first, after one of them, and the id where the next page begins or ""."""
    rows = matter_links(connection)
    rows = rows.filter(GONE) if gone else rows.exclude(GONE)
    if after is not None:
        rows = rows.filter(id__lt=after)  # ids are made in the order of time
    links = list(rows.order_by("-id")[: LOCAL_PAGE + 1])
    shown = links[:LOCAL_PAGE]
    titles = _titles(shown)
    following = str(shown[-1].id) if len(links) > LOCAL_PAGE else ""
    return [linked_row(one, titles.get(one.local_id, "")) for one in shown], following


def linked_row(link: ExternalLink, title: str) -> LinkedRow:
    """Return one link with its reason in words."""
    gone = link.broken_at is not None or link.needs_review == "deleted_there"
    words = [HOW.get(link.how, link.how.replace("_", " ")), REVIEW.get(link.needs_review, "")]
    return LinkedRow(link, title, " ".join(word for word in words if word), gone)


def candidates(connection: Connection, text: str) -> list[Matter]:
    """Return matters here that have no usable link yet and match the words, changed last first; at most twenty."""
    used = matter_links(connection).filter(local_id=OuterRef("id"), broken_at__isnull=True)
    free = Matter.objects.select_related("client", "case_type").filter(~Exists(used))
    return list(matching_matters(free, text).order_by("-updated_at", "-id")[:CANDIDATES])


def _titles(links: Iterable[ExternalLink]) -> dict[uuid.UUID, str]:
    ids = {link.local_id for link in links}
    return dict(Matter.objects.filter(id__in=ids).values_list("id", "title")) if ids else {}

"""Matters as lists and as one page."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from casehug.firms.page_reads import once_a_page
from casehug.intake.errors import NotFound
from casehug.intake.models import Document, IntakeLink, Matter, MatterStatus, PracticeArea, Submission
from casehug.intake.selectors.added_filters import AddedFilter, added_filters
from casehug.intake.selectors.paging import Page, page_of
from casehug.intake.selectors.search import matching_matters

PAGE_SIZE = 50

# Where an intake stands, in the order in which it moves.
PROGRESS: dict[str, str] = {
    "not_started": "Not started",
    "in_progress": "Client is at it",
    "to_review": "To review",
    "waiting_for_client": "Waiting for the client",
    "ready": "Ready to approve",
    "approved": "Approved",
}


@dataclass(frozen=True)
class MatterFilters:
    """Filters of the list, as they stand in the address. Empty means no restriction; unknown values are dropped."""

    text: str = ""
    status: str = ""
    case_type: str = ""
    practice_area: str = ""
    progress: str = ""
    age: str = ""
    added: tuple[tuple[AddedFilter, str], ...] = ()
    """Filters of other apps with the value chosen for each."""

    AGES = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "older": "Older than 90 days"}

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> "MatterFilters":
        """Read filters from a query string: `q`, `status`, `case_type`, `practice_area`, `progress`, `age`, added ones.

        In the firm scope: what other apps add depends on the firm.
        """

        def one_of(name: str, allowed: Any) -> str:
            value = str(query.get(name, ""))
            return value if value in allowed else ""

        return cls(
            text=" ".join(str(query.get("q", "")).split())[:200],
            status=one_of("status", MatterStatus.values),
            case_type=str(query.get("case_type", ""))[:60],
            practice_area=one_of("practice_area", PracticeArea.values),
            progress=one_of("progress", PROGRESS),
            age=one_of("age", cls.AGES),
            added=tuple((each, one_of(each.name, each.options)) for each in added_filters()),
        )

    @property
    def any(self) -> bool:
        """Tell whether anything is filtered."""
        return bool(self.as_query())

    def as_query(self) -> str:
        """Return the query string that leads to this filter; empty when nothing is filtered."""
        own = {"q": self.text, "status": self.status, "case_type": self.case_type, "practice_area": self.practice_area,
               "progress": self.progress, "age": self.age}  # fmt: skip
        chosen = own | {each.name: value for each, value in self.added}
        return urlencode({name: value for name, value in chosen.items() if value})


def with_progress(rows: QuerySet[Matter]) -> QuerySet[Any]:
    """Add what `progress_of` needs to a queryset of matters."""
    here = OuterRef("pk")
    firm = OuterRef("firm_id")
    documents = Document.objects.filter(firm_id=firm, matter=here)
    submissions = Submission.objects.filter(firm_id=firm, matter=here)
    return rows.annotate(
        submitted=Exists(submissions.filter(submitted_at__isnull=False)),
        started=Exists(submissions),
        to_review=Exists(documents.filter(status="uploaded")),
        asked_again=Exists(documents.filter(status="rejected")),
        required_open=Exists(documents.filter(required=True).exclude(status="approved")),
        any_upload=Exists(documents.exclude(status="pending")),
    )


def progress_of(matter: Any) -> str:
    """Return the key of PROGRESS for a matter that came through `with_progress`."""
    if matter.intake_approved_at is not None:
        return "approved"
    if matter.to_review:
        return "to_review"
    if matter.submitted and not matter.required_open:
        return "ready"
    if matter.asked_again or (matter.submitted and matter.required_open):
        return "waiting_for_client"
    return "in_progress" if matter.started or matter.any_upload else "not_started"


def _by_progress(rows: QuerySet[Any], progress: str) -> QuerySet[Any]:
    if progress == "approved":
        return rows.filter(intake_approved_at__isnull=False)
    rows = rows.filter(intake_approved_at=None)
    if progress == "to_review":
        return rows.filter(to_review=True)
    rows = rows.filter(to_review=False)
    ready = Q(submitted=True, required_open=False)
    if progress == "ready":
        return rows.filter(ready)
    waiting = Q(asked_again=True) | Q(submitted=True, required_open=True)
    rows = rows.exclude(ready)
    if progress == "waiting_for_client":
        return rows.filter(waiting)
    begun = Q(started=True) | Q(any_upload=True)
    rows = rows.exclude(waiting)
    return rows.filter(begun) if progress == "in_progress" else rows.exclude(begun)


def filtered_matters(filters: MatterFilters) -> QuerySet[Any]:
    """Return the matters that pass the filters, with their progress. Archived ones only when asked for."""
    rows = Matter.objects.select_related("client", "case_type")
    rows = rows.filter(status=filters.status) if filters.status else rows.exclude(status=MatterStatus.ARCHIVED)
    if filters.case_type:
        rows = rows.filter(case_type__key=filters.case_type)
    if filters.practice_area:
        rows = rows.filter(practice_area=filters.practice_area)
    if filters.age:
        days = 90 if filters.age == "older" else int(filters.age)
        border = timezone.now() - timedelta(days=days)
        rows = rows.filter(created_at__lt=border) if filters.age == "older" else rows.filter(created_at__gte=border)
    if filters.text:
        rows = matching_matters(rows, filters.text)
    for each, value in filters.added:
        rows = each.narrow(rows, value) if value else rows
    rows = with_progress(rows)
    return _by_progress(rows, filters.progress) if filters.progress else rows


def matter_list(*, filters: MatterFilters, cursor: str = "", size: int = PAGE_SIZE) -> Page[Any]:
    """Return one page of matters, changed last first; each row carries `progress` (key of PROGRESS)."""
    page = page_of(filtered_matters(filters), by="updated_at", cursor=cursor, size=size)
    for matter in page.rows:
        matter.progress = progress_of(matter)
    return page


@dataclass(frozen=True)
class MatterDetail:
    """One matter with what its page shows at the top."""

    matter: Any
    progress: str
    link: IntakeLink | None


def matter_detail(matter_id: uuid.UUID) -> MatterDetail:
    """Return one matter for its page. Raises NotFound."""
    rows = with_progress(Matter.objects.select_related("client", "case_type").filter(id=matter_id))
    matter = rows.first()
    if matter is None:
        raise NotFound("matter")
    return MatterDetail(
        matter=matter,
        progress=progress_of(matter),
        link=next(iter(links_of(matter_id)), None),
    )


@once_a_page
def links_of(matter_id: uuid.UUID) -> tuple[IntakeLink, ...]:
    """Return the intake links of a matter, newest first."""
    return tuple(IntakeLink.objects.filter(matter_id=matter_id).order_by("-created_at"))


@once_a_page
def submissions_of(matter_id: uuid.UUID) -> tuple[Submission, ...]:
    """Return what the client sent for a matter or has begun, oldest first."""
    return tuple(Submission.objects.filter(matter_id=matter_id).order_by("created_at"))

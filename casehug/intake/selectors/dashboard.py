"""Counts of what waits for a decision."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists
from django.utils import timezone

from casehug.firms.page_reads import answers, count_of, fact
from casehug.intake.models import Document, DocumentStatus, IntakeLink, Matter, MatterStatus
from casehug.intake.selectors.matters import MatterFilters, filtered_matters

EXPIRES_SOON = timedelta(days=7)


@dataclass(frozen=True)
class IntakeCounts:
    """What waits for the firm or for clients."""

    documents_to_review: int
    ready_to_approve: int
    waiting_for_client: int
    without_client: int
    links_expiring: int
    open_matters: int
    any_matter: bool
    any_link_sent: bool


def _living() -> Any:
    return Matter.objects.exclude(status__in=(MatterStatus.ARCHIVED, MatterStatus.CLOSED))


def frame_facts() -> dict[str, Any]:
    """Filler of the slot `frame_facts`: how many documents wait for review."""
    rows = Document.objects.filter(status=DocumentStatus.UPLOADED).exclude(matter__status=MatterStatus.ARCHIVED)
    return {"documents_to_review": count_of(rows)}


def review_count() -> int:
    """Return how many documents wait for review (for the navigation)."""
    return int(fact("documents_to_review"))


def intake_counts() -> IntakeCounts:
    """Return the counts of the dashboard, each of which leads to a filtered list, and what a firm has at all."""
    now = timezone.now()
    expiring = IntakeLink.objects.filter(
        revoked_at=None,
        expires_at__gt=now,
        expires_at__lt=now + EXPIRES_SOON,
        matter__intake_completed_at=None,
    )
    found = answers(
        ready_to_approve=count_of(filtered_matters(MatterFilters(progress="ready"))),
        waiting_for_client=count_of(filtered_matters(MatterFilters(progress="waiting_for_client"))),
        without_client=count_of(_living().filter(client=None)),
        links_expiring=count_of(expiring),
        open_matters=count_of(_living()),
        any_matter=Exists(Matter.objects.all()),
        any_link_sent=Exists(IntakeLink.objects.filter(sent_at__isnull=False)),
    )
    return IntakeCounts(documents_to_review=review_count(), **found)


def ready_to_approve(*, limit: int = 5) -> list[Any]:
    """Return matters whose intake only waits for the firm's approval, waiting longest first."""
    return list(filtered_matters(MatterFilters(progress="ready")).order_by("updated_at", "id")[:limit])


def nav_counts() -> dict[str, int]:
    """Filler of the slot `nav_counts`: documents that wait for a decision."""
    return {"documents": review_count()}

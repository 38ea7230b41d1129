"""Referred cases: lists and one case with everything that belongs to it."""

import uuid
from typing import Any

from django.db.models import QuerySet

from casehug.firms.page_reads import once_a_page
from casehug.intake.selectors.paging import Page, page_of
from casehug.referrals.choices import choices, unmapped
from casehug.referrals.errors import NotFound
from casehug.referrals.models import Attachment, CaseUpdate, PartnerFirm, Referral

PAGE_SIZE = 50


def cases(direction: str, *, cursor: str = "") -> Page[Any]:
    """Return one page of cases received (`in`) or referred out (`out`), newest first."""
    rows = Referral.objects.filter(direction=direction).select_related("matter", "partner")
    return page_of(rows, by="created_at", cursor=cursor, size=PAGE_SIZE)


def case_detail(referral_id: uuid.UUID) -> Referral:
    """Return one case with matter and partner. Raises NotFound."""
    found: Referral | None = (
        Referral.objects.select_related("matter__case_type", "partner").filter(id=referral_id).first()
    )
    if found is None:
        raise NotFound("referral")
    return found


def attachment_detail(referral_id: uuid.UUID, attachment_id: uuid.UUID) -> Attachment:
    """Return one file of a case. Raises NotFound."""
    found: Attachment | None = Attachment.objects.filter(id=attachment_id, referral_id=referral_id).first()
    if found is None:
        raise NotFound("attachment")
    return found


def thread(referral: Referral) -> list[Any]:
    """Return what was sent and received, newest first; the draft is not part of it."""
    return list(CaseUpdate.objects.filter(referral=referral).exclude(state="draft").order_by("-happened_at", "-id"))


def draft_of(referral: Referral) -> CaseUpdate | None:
    """Return the draft of a case."""
    found: CaseUpdate | None = CaseUpdate.objects.filter(referral=referral, state="draft").first()
    return found


def partners() -> QuerySet[PartnerFirm]:
    """Return the address book by name."""
    rows: QuerySet[PartnerFirm] = PartnerFirm.objects.order_by("name", "id")
    return rows


@once_a_page
def unmapped_words() -> list[str]:
    """Return words of the vocabulary and of received cases that have no case type here."""
    chosen = choices()
    told = Referral.objects.filter(direction="in").exclude(case_type="").values_list("case_type", flat=True).distinct()
    return unmapped([*chosen.vocabulary, *sorted(told)], chosen)

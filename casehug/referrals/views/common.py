"""What the referral pages share: sections, permissions in words, 404 for what this firm does not have."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpRequest
from django.urls import reverse

from casehug.firms.access import can, who_can
from casehug.firms.page_reads import fact, page_reads
from casehug.referrals.errors import NO_EXCHANGE, NotFound
from casehug.referrals.exchanges import connected_exchange
from casehug.referrals.selectors.inbox import counts
from casehug.referrals.selectors.statuses import status_lines, unmapped_stages
from casehug.referrals.statuses import RESULT, STAGE, version

Found = TypeVar("Found")
SECTIONS = (
    ("Invitations", "referrals", ()),
    ("Received cases", "referrals_cases", ("in",)),
    ("Referred out", "referrals_cases", ("out",)),
    ("Updates due", "referrals_due", ()),
    ("Partner firms", "referrals_partners", ()),
    ("Import", "referral_imports", ()),
)


def or_404(read: Callable[..., Found], *ids: Any) -> Found:
    """Return what a selector finds or answer 404."""
    try:
        return read(*ids)
    except NotFound as error:
        raise Http404 from error


def sections(current: str) -> list[dict[str, Any]]:
    """Return the links between the referral pages with what waits on each."""
    with page_reads():
        waiting = {"Invitations": sum(counts().values()), "Updates due": fact("case_updates_due"),
                   "Received cases": fact("cases_without_matter")}  # fmt: skip
    return [
        {"label": label, "url": reverse(name, args=args), "current": label == current, "count": waiting.get(label, 0)}
        for label, name, args in SECTIONS
    ]


def why_not(request: HttpRequest, capability: str, *, sends: bool = False) -> str:
    """Return why the member may not do this, in one sentence; empty when they may. `sends`: needs an exchange."""
    membership = request.membership  # type: ignore[attr-defined]
    if not can(membership, capability):
        return f"Only a {who_can(capability)} may do this."
    return NO_EXCHANGE if sends and connected_exchange() is None else ""


def status_table(request: HttpRequest, wrong: str) -> dict[str, Any]:
    """Return what the table “their news → status here” shows; after a refusal (`wrong`) with what was chosen."""

    def drawn(kind: str) -> list[dict[str, Any]]:
        return [{"line": one, "drawn": request.POST.get(one.key, one.value) if wrong else one.value}
                for one in status_lines(kind)]  # fmt: skip

    groups = [("Stages there", drawn(STAGE)), ("Results and money", drawn(RESULT))]
    return {"status_groups": groups, "status_wrong": wrong, "status_version": version(),
            "unmapped_stages": unmapped_stages()}  # fmt: skip

"""What the operator's acts put into the pages of every firm."""

from typing import Any

from django.db.models import Exists
from django.http import HttpRequest

from casehug.common.models import Standstill
from casehug.firms.page_reads import fact

TEXT = (
    "The operator of CaseHug has paused everything that is sent out. What you do is queued, nothing is lost; "
    "it goes on by itself."
)


def frame_facts() -> dict[str, Any]:
    """Filler of `frame_facts`: whether the operator has paused everything outgoing."""
    return {"everything_paused": Exists(Standstill.objects.all())}


def banner(*, request: HttpRequest) -> dict[str, Any] | None:
    """Return the banner of every page while everything outgoing is paused."""
    if not fact("everything_paused"):
        return None
    return {"kind": "waiting", "text": TEXT, "button_label": "", "button_url": "", "urgency": 0}

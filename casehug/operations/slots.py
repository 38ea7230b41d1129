"""What the operator's acts put into the pages of every firm."""

from typing import Any

from django.http import HttpRequest

from casehug.common.standstill import paused_since

TEXT = (
    "The operator of CaseHug has paused everything that is sent out. What you do is queued, nothing is lost; "
    "it goes on by itself."
)


def banner(*, request: HttpRequest) -> dict[str, Any] | None:
    """Return the banner of every page while everything outgoing is paused."""
    if paused_since() is None:
        return None
    return {"kind": "waiting", "text": TEXT, "button_label": "", "button_url": "", "urgency": 0}

"""States of matters, documents and intakes as badges, in the look of the whole product."""

from typing import Any

from django import template

from casehug.common.templatetags.ui import badge
from casehug.intake.models import MatterStatus
from casehug.intake.selectors.matters import PROGRESS

register = template.Library()

# Icon and colour role per state; the words come from the models.
STATUS = {"pending": ("ring", "neutral"), "active": ("tick", "done"), "closed": ("square", "neutral"),
          "archived": ("slash", "neutral")}  # fmt: skip
INTAKE = {"not_started": ("ring", "neutral"), "in_progress": ("edit", "running"), "to_review": ("eye", "attention"),
          "waiting_for_client": ("hourglass", "waiting"), "ready": ("eye", "attention"),
          "approved": ("tick", "done")}  # fmt: skip
DOCUMENT = {"pending": "requested", "uploaded": "pending", "approved": "approved", "rejected": "rejected"}
ROW = {"ready": ("dot", "neutral"), "imported": ("tick", "done"), "duplicate": ("equals", "neutral"),
       "different": ("warning", "attention"), "refused": ("octagon", "failed"),
       "failed": ("octagon", "failed")}  # fmt: skip
LEVEL = {"note": ("info", "neutral"), "warning": ("warning", "attention"), "error": ("octagon", "failed")}


def _drawn(state: str, look: tuple[str, str], label: str) -> dict[str, Any]:
    icon, role = look
    return badge(state, label=label, icon=icon, role=role)


@register.inclusion_tag("components/_badge.html")
def status_badge(status: str) -> dict[str, Any]:
    """Show the status of a matter."""
    return _drawn(status, STATUS[status], MatterStatus(status).label)


@register.inclusion_tag("components/_badge.html")
def intake_badge(progress: str) -> dict[str, Any]:
    """Show where an intake stands (key of `PROGRESS`)."""
    return _drawn(progress, INTAKE[progress], PROGRESS[progress])


@register.inclusion_tag("components/_badge.html")
def document_badge(document: Any) -> dict[str, Any]:
    """Show the state of a checklist item to staff."""
    return badge(DOCUMENT[document.status])


@register.inclusion_tag("components/_badge.html")
def row_badge(row: Any) -> dict[str, Any]:
    """Show what became of a row of an import."""
    return _drawn(row.outcome, ROW[row.outcome], row.get_outcome_display())


@register.inclusion_tag("components/_badge.html")
def level_badge(level: str) -> dict[str, Any]:
    """Show how serious a message about a row is."""
    return _drawn(level, LEVEL.get(level, LEVEL["note"]), level.title())

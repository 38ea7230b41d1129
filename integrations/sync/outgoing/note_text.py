"""The words of the activity note (CH-3, CH-19): plain text, the firm's link, and our marker in the last line."""

from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from casehug.common.ids import public_id
from casehug.firms.models import Firm
from casehug.intake.selectors.sync import MatterForSync

HEADINGS = {"intake_completed": "Client intake completed", "intake_status": "Client intake under way"}
MOST_ITEMS = 60


def _day(matter: MatterForSync) -> str:
    moment = matter.intake_completed_at or matter.created_at
    try:
        zone = ZoneInfo(Firm.objects.values_list("timezone", flat=True).get())
    except (ZoneInfoNotFoundError, Firm.DoesNotExist, ValueError):
        zone = UTC  # type: ignore[assignment]
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def _listing(title: str, items: tuple[str, ...]) -> list[str]:
    if not items:
        return []
    shown = [f"- {item}" for item in items[:MOST_ITEMS]]
    rest = len(items) - MOST_ITEMS
    return [title, *shown, *([f"- and {rest} more"] if rest > 0 else [])]


def compose(matter: MatterForSync, *, kind: str, marker: str) -> tuple[str, str]:
    """Return name and body of a note. The link needs a login of the firm; it is not the client's own link."""
    matter_key = public_id("mat", matter.matter_id)
    dated = "Completed on" if kind == "intake_completed" else "Started on"
    lines = [
        HEADINGS[kind],
        f"{dated}: {_day(matter)}",
        f"Case type: {matter.case_type_name}",
        *_listing("Completed items:", matter.completed_items),
    ]
    if kind == "intake_status":
        lines += _listing("Still open:", matter.open_items)
    lines += [
        f"Documents (firm sign-in): {settings.CASEHUG_BASE_URL.rstrip('/')}/matters/{matter_key}/",
        f"CaseHug matter {matter_key} {kind} {marker}",
    ]
    return HEADINGS[kind], "\n".join(lines)

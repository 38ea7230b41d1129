"""Badges of the referral pages: state and word of invitations, cases, answers, updates and files."""

from typing import Any

from django import template

from casehug.common.templatetags.ui import badge

register = template.Library()
# state → icon of the sprite, colour role; the word is the model's own.
LOOKS = {
    "new": ("mail", "attention"), "evaluating": ("eye", "waiting"), "accepted": ("tick", "done"),
    "declined": ("slash", "neutral"), "expired": ("clock", "failed"), "cancelled": ("square", "neutral"),
    "draft": ("edit", "neutral"), "queued": ("clock", "neutral"), "unknown": ("question", "unknown"),
    "failed": ("octagon", "failed"), "matching": ("arrows", "running"), "invited": ("mail", "waiting"),
    "following": ("eye", "done"), "no_partner": ("warning", "attention"), "all_declined": ("warning", "attention"),
    "confirmed": ("tick", "done"), "refused": ("octagon", "failed"), "sent": ("tick", "done"),
    "received": ("note", "neutral"), "pending": ("hourglass", "waiting"), "stored": ("tick", "done"),
    "shared": ("tick", "done"), "removed": ("slash", "neutral"),
}  # fmt: skip


@register.inclusion_tag("components/_badge.html")
def referral_badge(row: Any) -> dict[str, Any]:
    """Show the state of a row that has `state`; an invited case names the look."""
    icon, role = LOOKS.get(row.state, ("dot", "neutral"))
    label = row.get_state_display()
    if row.state == "invited" and getattr(row, "looks", 0):
        label = f"{label} (look {row.looks})"
    return badge(row.state, label=label, icon=icon, role=role)


IMPORTS = {"checked": ("eye", "attention"), "running": ("arrows", "running"), "paused": ("hourglass", "waiting"),
           "cancelled": ("square", "neutral"), "done": ("tick", "done")}  # fmt: skip
ROWS = {"ready": ("clock", "neutral"), "draft": ("edit", "neutral"), "known": ("equals", "done"),
        "refused": ("slash", "attention"), "cancelled": ("square", "neutral")}  # fmt: skip


@register.inclusion_tag("components/_badge.html")
def import_badge(row: Any) -> dict[str, Any]:
    """Show where an import of cases stands."""
    icon, role = IMPORTS[row.status]
    return badge(row.status, label=row.get_status_display(), icon=icon, role=role)


@register.inclusion_tag("components/_badge.html")
def case_row_badge(row: Any) -> dict[str, Any]:
    """Show what will become, or became, of a row of an import: once handed over, the state of its case."""
    if row.referral is not None:
        shown: dict[str, Any] = referral_badge(row.referral)
        return shown
    icon, role = ROWS[row.outcome]
    return badge(row.outcome, label=row.get_outcome_display(), icon=icon, role=role)

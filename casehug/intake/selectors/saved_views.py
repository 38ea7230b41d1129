"""The saved views of one member."""

import uuid

from casehug.intake.models import SavedView


def saved_views(membership_id: uuid.UUID) -> list[SavedView]:
    """Return a member's views by name. In the firm scope."""
    return list(SavedView.objects.filter(membership_id=membership_id).order_by("name"))

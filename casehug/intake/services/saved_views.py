"""Saved views: a member names a filter of the list of matters and takes it away again."""

import uuid

from django.db import IntegrityError, transaction

from casehug.audit.services import record
from casehug.intake.errors import Invalid, NotFound, Refused
from casehug.intake.models import SavedView
from casehug.intake.selectors.matters import MatterFilters
from casehug.intake.services.values import Checker

MOST_VIEWS = 30


def save_view(*, membership_id: uuid.UUID, name: str, filters: MatterFilters) -> SavedView:
    """Keep a filter under a name of this member. The same name with the same filter again changes nothing.

    Returns the row. Raises Invalid (no name, too long, taken, nothing filtered), Refused (too many).
    """
    check = Checker()
    name, query = check.line("name", name, limit=60, required=True), filters.as_query()
    if not query:
        check.errors["name"] = "Nothing is filtered, so there is nothing to save. Choose a filter first."
    if check.errors:
        raise Invalid(check.errors)
    own = SavedView.objects.filter(membership_id=membership_id)
    known: SavedView | None = own.filter(name=name).first()
    if known is None:
        if own.count() >= MOST_VIEWS:
            raise Refused("too_many_views", f"You have {MOST_VIEWS} views. Delete one you no longer use first.")
        try:
            with transaction.atomic():
                made: SavedView = SavedView.objects.create(membership_id=membership_id, name=name, query=query)
        except IntegrityError:  # pressed twice at the same moment
            known = own.get(name=name)
        else:
            record(action="view.saved", object_type="saved_view", object_id=made.id)
            return made
    if known.query != query:
        raise Invalid({"name": f"You already have a view called “{name}”. Choose another name, or delete that one."})
    return known


def delete_view(*, membership_id: uuid.UUID, view_id: uuid.UUID) -> str:
    """Delete a view of this member and return its name. Raises NotFound, also for another member's view."""
    view: SavedView | None = SavedView.objects.filter(membership_id=membership_id, id=view_id).first()
    if view is None:
        raise NotFound("view")
    view.delete()
    record(action="view.deleted", object_type="saved_view", object_id=view_id)
    return view.name

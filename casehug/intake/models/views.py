"""Saved views: filters of the list of matters that a member gave a name."""

from django.db import models
from django.db.models import Q

from casehug.common.models import FirmForeignKey, FirmModel
from casehug.firms.models import Membership


class SavedView(FirmModel):
    """One member's named filter. Other members neither see nor change it."""

    membership = FirmForeignKey(Membership, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    """Query string of the list: known filters only, never a place in it."""

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "membership", "name"], name="savedview_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="savedview_has_name"),
        ]

"""Bulk syncs: one run with its sealed plan, and one row per matter with what is planned and what became of it."""

from django.db import models
from django.db.models import Q

from casehug.common.ids import public_id
from casehug.common.models import FirmForeignKey, FirmModel
from integrations.models.connection import Connection


class BulkRun(FirmModel):
    """One bulk sync from its dry run to its summary. The work itself is ordinary sync rows in the bulk lane."""

    class Status(models.TextChoices):
        PLANNING = "planning", "Checking"
        LOOKING = "looking", "Looking up contacts"
        PLANNED = "planned", "Dry run ready"
        TRIAL = "trial", "Trial"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPING = "stopping", "Stopping"
        DONE = "done", "Finished"
        STOPPED = "stopped", "Stopped"
        DISCARDED = "discarded", "Discarded"

    ACTIVE = ("trial", "running", "paused", "stopping")
    """Confirmed and not ended: one per connection (CH-52), kept by the database."""
    FINAL = ("done", "stopped", "discarded")

    connection = FirmForeignKey(Connection)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNING)
    choice = models.CharField(max_length=300)
    """What was chosen, in words: all unsynced, a filter, a selection."""
    matched = models.IntegerField()
    """How many matters the choice had; more than the run has when it was cut at the most a run takes."""
    remote_firm = models.CharField(max_length=80)
    plan_version = models.CharField(max_length=64, blank=True)
    """Keyed hash of the mappings and settings the plan was made with."""
    seal = models.BinaryField(null=True)
    calls_once = models.SmallIntegerField(default=0)
    """Calls that belong to the account and not to a row: the first note inside a contact is looked for once."""
    trial_passed = models.BooleanField(default=False)
    trouble = models.CharField(max_length=500, blank=True)
    created_by_id = models.UUIDField(null=True)
    confirmed_by_id = models.UUIDField(null=True)
    planned_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "connection"],
                condition=Q(status__in=("trial", "running", "paused", "stopping")),
                name="bulkrun_one_active",
            )
        ]
        indexes = [models.Index(fields=["firm_id", "connection", "-created_at"], name="bulkrun_recent")]

    @property
    def public_id(self) -> str:
        """The id people see."""
        return public_id("blk", self.id)


class BulkRow(FirmModel):
    """One matter of a bulk run: what the dry run found, what may be sent (as a keyed hash), and how it ended."""

    class Action(models.TextChoices):
        CREATE = "create", "New"
        LINK = "link", "New for a known contact"
        EITHER = "either", "New, contact looked for first"
        UPDATE = "update", "Update"
        NOTHING = "nothing", "Nothing to change"
        LEFT_OUT = "left_out", "Left out"

    SENDING = ("create", "link", "either", "update")

    run = FirmForeignKey(BulkRun, related_name="rows")
    position = models.IntegerField()
    matter_id = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action.choices, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    """Why it is left out, or what is to be known about it."""
    parts = models.JSONField(default=list)
    """Step keys whose content the plan covers."""
    digest = models.BinaryField(null=True)
    person = models.BinaryField(null=True)
    """Blind index of the client's address and name: one look and one new contact serve all rows of a person."""
    contact_id = models.CharField(max_length=80, blank=True)
    """Contact found by the look-up of the dry run."""
    calls = models.SmallIntegerField(default=0)
    calls_most = models.SmallIntegerField(default=0)
    work_item_id = models.UUIDField(null=True)
    again = models.BooleanField(default=False)
    """Started again after a failure, by a person, with the matter as it is now."""
    result = models.CharField(max_length=10, blank=True)
    """Final outcome, kept when the run ends: done, failed, unsent, left_out, nothing."""
    error_text = models.TextField(blank=True)

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["firm_id", "run", "position"], name="bulkrow_place_once"),
            models.UniqueConstraint(fields=["firm_id", "run", "matter_id"], name="bulkrow_matter_once"),
        ]
        indexes = [models.Index(fields=["firm_id", "run", "person"], name="bulkrow_person")]

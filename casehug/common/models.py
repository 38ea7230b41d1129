"""Base classes of all tables, the data keys of the encryption, and the one work row every engine shares."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from casehug.common.ids import uuid7
from casehug.common.scope import current_firm_id


class BaseModel(models.Model):
    """A row with a time-ordered UUID known before INSERT and its two times."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class FirmManager(models.Manager[Any]):
    """Manager of firm tables: raises outside a firm scope and never returns another firm's rows."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(firm_id=current_firm_id())


class FirmModel(BaseModel):
    """A row that belongs to one firm. Its migration must use `casehug.common.rls.FirmTable`."""

    firm_id = models.UUIDField(default=current_firm_id, editable=False)

    objects = FirmManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


class FirmForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key inside one firm. The database constraint is composite (firm_id, id), made by `FirmTable`:

    a plain foreign key check bypasses row security and would accept another firm's row.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete=on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs


class DataKey(FirmModel):
    """A wrapped data key (AES-256): one per firm, plus one per connection for its tokens."""

    purpose = models.CharField(max_length=60)
    kek_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "purpose"], name="datakey_purpose_once")]


class WorkItem(FirmModel):
    """One piece of pending work. Celery only wakes a worker for it; everything it waits for is written here."""

    class Status(models.TextChoices):
        READY = "ready", "Queued"
        RUNNING = "running", "Syncing"
        HELD = "held", "Waiting"
        DONE = "done", "Synced"
        DEAD = "dead", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Lane(models.IntegerChoices):
        BUTTON = 0
        AUTOMATIC = 1
        BULK = 2

    LIVE = ("ready", "running", "held")

    connection_id = models.UUIDField(null=True)
    queue = models.CharField(max_length=20)
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.AUTOMATIC)
    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    writes = models.BooleanField(default=False)
    generation = models.IntegerField(default=1)
    step = models.CharField(max_length=40, blank=True)
    step_state = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    hold_reason = models.CharField(max_length=30, blank=True)
    next_attempt_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    claims = models.SmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=80, blank=True)
    fence = models.BigIntegerField(default=0)
    rung_at = models.DateTimeField(null=True)
    last_error_class = models.CharField(max_length=20, blank=True)
    last_error_code = models.CharField(max_length=60, blank=True)
    last_error_text = models.TextField(blank=True)
    trigger = models.CharField(max_length=40, blank=True)
    actor_id = models.UUIDField(null=True)
    retry_of = models.UUIDField(null=True)
    cause_event_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)

    @cached_property
    def closing(self) -> list[Callable[[], None]]:
        """What a run still has to write when it lets go: done in the transaction that settles the claimed row."""
        return []

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["firm_id", "kind", "subject_id", "connection_id"],
                condition=Q(status__in=("ready", "running", "held")),
                nulls_distinct=False,
                name="workitem_one_live",
            ),
            # One writer per connection: "bulk operations are serialised" is kept by the database.
            models.UniqueConstraint(
                fields=["firm_id", "connection_id"],
                condition=Q(status="running", writes=True),
                name="workitem_one_writer",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status__in=("ready", "running")), name="workitem_due"),
            models.Index(fields=["firm_id", "subject_id", "-created_at"], name="workitem_subject"),
            models.Index(fields=["firm_id", "-created_at", "-id"], name="workitem_recent"),
            models.Index(fields=["finished_at"], condition=Q(status="dead"), name="workitem_given_up"),
            # Asked after every step of every write: is something more urgent waiting behind a backlog of thousands?
            models.Index(
                fields=["firm_id", "connection_id", "lane", "next_attempt_at"], condition=Q(status="ready"),
                name="workitem_waiting",
            ),
        ]


class Gate(FirmModel):
    """Until when a lane of a connection has no budget: its other due rows are neither rung nor claimed meanwhile."""

    connection_id = models.UUIDField()
    lane = models.SmallIntegerField()
    closed_until = models.DateTimeField()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["firm_id", "connection_id", "lane"], name="gate_once")]


class Throttle(models.Model):
    """Counter of one throttle key (hashed) in its window. Belongs to no firm: it is needed before a firm is known."""

    key = models.BinaryField(primary_key=True)
    window_ends = models.DateTimeField()
    hits = models.IntegerField()


class Canary(models.Model):
    """When each queue's canary last came back. Belongs to no firm; holds queue names only."""

    queue = models.CharField(primary_key=True, max_length=80)
    passed_at = models.DateTimeField()


class Standstill(models.Model):
    """The one row that exists while the operator has paused everything outgoing. Belongs to no firm."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="standstill_one")]


class OperatorEntry(models.Model):
    """What an operator or a command did to the installation. Append-only by grant; never client data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=254)
    """E-mail of the operator, or `command`."""
    action = models.CharField(max_length=60)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["action", "-created_at"], name="operatorentry_last")]

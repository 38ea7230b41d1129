"""Periodic care of bulk runs: one that nobody drives is driven again; old ones go."""

from datetime import timedelta

from django.utils import timezone

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids
from integrations import queue
from integrations.models import BulkRow, BulkRun
from integrations.sync.bulk.drive import wake

KEPT_DAYS = 90
DRIVEN = ("planning", "looking", "trial", "running", "stopping")


def tick() -> None:
    """Wake runs whose work row is gone (it failed ten times, or was lost by a restore); delete what is 90 days old."""
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            _wake_forgotten()
            old = BulkRun.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
            old = old.exclude(status__in=BulkRun.ACTIVE)
            BulkRow.objects.filter(run__in=old).delete()
            old.delete()


def _wake_forgotten() -> None:
    live = WorkItem.objects.filter(kind=queue.BULK, status__in=WorkItem.LIVE).values("subject_id")
    for run in BulkRun.objects.filter(status__in=DRIVEN).exclude(id__in=live):
        wake(run)

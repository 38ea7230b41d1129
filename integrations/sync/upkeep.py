"""What may no longer be kept of the operation log: calls after 30 days, lines after 24 months."""

import uuid
from datetime import datetime, timedelta

from casehug.common import ticks
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.models import CallRecord, SyncLog
from integrations.sync.records.calls import KEPT_DAYS

LINES_DAYS = 730
AT_ONCE = 5000


def purge() -> int:
    """Tick: delete what is too old, per firm, at most 5,000 rows of each kind a time. Returns how many."""
    return sum(_firm(firm_id) for firm_id in ticks.firm_ids())


def _firm(firm_id: uuid.UUID) -> int:
    with firm_scope(firm_id):
        now: datetime = database_now()
        calls = CallRecord.objects.filter(made_at__lt=now - timedelta(days=KEPT_DAYS)).order_by("made_at")
        lines = SyncLog.objects.filter(created_at__lt=now - timedelta(days=LINES_DAYS)).order_by("created_at")
        removed = CallRecord.objects.filter(id__in=calls.values("id")[:AT_ONCE]).delete()[0]
        return int(removed + SyncLog.objects.filter(id__in=lines.values("id")[:AT_ONCE]).delete()[0])

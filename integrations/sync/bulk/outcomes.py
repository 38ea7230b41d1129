"""How each row of a bulk run stands: read from its sync row while it moves, kept on the row when the run has ended."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from casehug.common.models import WorkItem
from integrations.models import BulkRow, BulkRun
from integrations.sync.bulk.seal import CHANGED

LEFT, RUNNING, UNKNOWN, WAITING = "left", "running", "unknown", "waiting"
DONE, FAILED, UNSENT, LEFT_OUT, NOTHING = "done", "failed", "unsent", "left_out", "nothing"
MOVING = (LEFT, RUNNING, UNKNOWN, WAITING)


def with_outcome(run: BulkRun) -> "QuerySet[Any]":
    """Return the rows of a run with `outcome`, `item_error` and `item_code`. In the firm scope."""
    item = WorkItem.objects.filter(id=OuterRef("work_item_id"))
    rows = BulkRow.objects.filter(run=run).annotate(
        item_status=Subquery(item.values("status")[:1]),
        item_hold=Subquery(item.values("hold_reason")[:1]),
        item_code=Subquery(item.values("last_error_code")[:1]),
        item_error=Subquery(item.values("last_error_text")[:1]),
    )
    outcome = Case(
        When(~Q(result=""), then=F("result")),
        When(action="left_out", then=Value(LEFT_OUT)),
        When(action="nothing", then=Value(NOTHING)),
        When(item_status=None, then=Value(LEFT)),
        When(item_status="done", then=Value(DONE)),
        When(item_status="dead", then=Value(FAILED)),
        When(item_status="cancelled", item_code=CHANGED, then=Value(LEFT_OUT)),
        When(item_status="cancelled", then=Value(UNSENT)),
        When(item_status="held", item_hold="checking", then=Value(UNKNOWN)),
        When(item_status="held", then=Value(WAITING)),
        When(item_status="running", then=Value(RUNNING)),
        default=Value(LEFT),
        output_field=CharField(),
    )
    found: QuerySet[Any] = rows.annotate(outcome=outcome)
    return found


@dataclass(frozen=True)
class Counts:
    """How many rows of a run stand how. `left`: queued or not begun; `waiting`: held for a person or the account."""

    total: int = 0
    done: int = 0
    failed: int = 0
    unknown: int = 0
    waiting: int = 0
    running: int = 0
    left: int = 0
    unsent: int = 0
    left_out: int = 0
    nothing: int = 0
    calls_left: int = 0

    @property
    def sending(self) -> int:
        """Rows that are to be sent, whatever became of them."""
        return self.total - self.nothing - self.left_out

    @property
    def ended(self) -> int:
        """Rows to be sent that have ended."""
        return self.done + self.failed + self.unsent

    @property
    def moving(self) -> int:
        """Rows that have not ended."""
        return self.left + self.running + self.unknown + self.waiting


def count(run: BulkRun, *, first: int | None = None) -> Counts:
    """Count the outcomes of a run, or of its `first` rows that are sent. In the firm scope."""
    rows = with_outcome(run)
    if first is not None:
        rows = rows.filter(position__in=trial_positions(run, first))
    found = list(rows.values_list("outcome").annotate(n=Count("id"), calls=Sum("calls_most")).order_by())
    numbers = {outcome: n for outcome, n, _ in found}
    calls = sum(calls or 0 for outcome, _, calls in found if outcome in MOVING)
    return Counts(total=sum(numbers.values()), calls_left=calls, **numbers)


def trial_positions(run: BulkRun, number: int) -> list[int]:
    """Return the places of the first rows that are sent."""
    sent = BulkRow.objects.filter(run=run, action__in=BulkRow.SENDING).order_by("position")
    return list(sent.values_list("position", flat=True)[:number])

"""How long each table is kept and why: one registry (settings `RETENTION`), one tick for what nobody else deletes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from casehug.audit.services import record
from casehug.common import throttle
from casehug.common.scope import current_firm_id, firm_scope
from casehug.common.ticks import firm_ids
from casehug.common.work import database_now

DAY_SECONDS, AT_ONCE = 24 * 3600, 5000
FOREVER = "Until erased"


@dataclass(frozen=True)
class Kept:
    """What is kept together: its tables, for how many days (None: never deleted by age), why, and who deletes it."""

    what: str
    tables: tuple[str, ...]
    why: str
    days: float | None = None
    column: str = ""
    """Age counts from this column; with it the tick below deletes the rows of the first table."""
    where: Q | None = None
    purge: Callable[[datetime], int] | None = None
    """Called by the tick below with the time before which things are too old, in the firm scope."""
    by: str = ""
    """The tick elsewhere that deletes it."""
    until: str = FOREVER
    """What ends it, in words, when age does not."""

    @property
    def period(self) -> str:
        """The time of keeping in words."""
        if self.days is None:
            return self.until
        if self.days < 5:
            return f"{self.days * 24:.0f} hours"
        return f"{self.days / 30.4:.0f} months" if self.days > 360 else f"{self.days:.0f} days"


@cache
def registry() -> tuple[Kept, ...]:
    """Return all rules, in the order of the settings."""
    return tuple(rule for path in settings.RETENTION for rule in import_string(path))


def _old_rows(rule: Kept, before: datetime) -> int:
    model: Any = next(one for one in apps.get_models() if one._meta.db_table == rule.tables[0])
    rows = model._default_manager.filter(**{f"{rule.column}__lt": before})
    rows = rows.filter(rule.where) if rule.where is not None else rows
    ids = list(rows.order_by(rule.column).values_list("id", flat=True)[:AT_ONCE])
    return int(model._default_manager.filter(id__in=ids).delete()[0]) if ids else 0


def apply(now: datetime) -> dict[str, int]:
    """Delete what is too old, at most 5,000 rows a rule. In the firm scope. Returns how many, per rule that did."""
    done = {}
    for rule in registry():
        if rule.days is None or not (rule.column or rule.purge):
            continue
        before = now - timedelta(days=rule.days)
        count = rule.purge(before) if rule.purge else _old_rows(rule, before)
        if count:
            done[rule.what] = count
    if done:
        record(action="retention.applied", object_type="firm", object_id=current_firm_id(), changes=done)
    return done


def tick() -> int:
    """Tick: once an hour and firm, delete what is too old. Returns how many firms had something."""
    found = 0
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            if throttle.hit(name="retention", key=str(firm_id), limit=1, window_seconds=3600) == 0:
                found += bool(apply(database_now()))
    return found

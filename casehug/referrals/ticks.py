"""Periodic work of the referrals (settings `TICKS`): alarms first, then what has expired."""

from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids, tick_lock
from casehug.referrals.services.alarms import raise_due_alarms
from casehug.referrals.services.import_runs import resume_left_behind
from casehug.referrals.services.invitations import expire_overdue


def tick() -> None:
    """Raise due alarms, pass on unheard ones, mark what has expired, wake imports; double ticks change nothing."""
    for firm_id in firm_ids():
        with tick_lock(f"referrals:{firm_id}") as mine:
            if mine:
                with firm_scope(firm_id):
                    raise_due_alarms()
                    expire_overdue()
                    resume_left_behind()

"""After a restore of the database: the provider kept what we forgot, so every create looks for its record first."""

from datetime import timedelta

from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from integrations.contract.operations import Found, Step, Window
from integrations.sync.run import Run

REACHES_BACK = timedelta(days=35)
"""As long as backups are kept; a provider's own bound on how far it scans comes first."""


def look_first(run: Run, step: Step) -> Found | None:
    """Search as after an unanswered write: natural key, then the newest records. None outside the 24 hours, or a miss.

    Outside any transaction. Raises the errors of `contract.errors`.
    """
    until = run.connection.probe_first_until
    if until is None:
        return None
    with firm_scope(run.item.firm_id):
        now = database_now()
    if until < now:
        return None
    found = step.reconcile(run.context(step), Window(since=now - REACHES_BACK), deep=True)
    return found if found.refs else None

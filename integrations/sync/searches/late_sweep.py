"""Whatever was ever in doubt is looked for twice more: a commit after the settle time is found and flagged."""

import time

from casehug.common import work
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.contract.errors import ProviderError
from integrations.contract.operations import Found, StepContext
from integrations.models import RemoteIntent
from integrations.sync.confirm import alert_late_duplicate
from integrations.sync.doubts import scaled
from integrations.sync.patience import open_patiently
from integrations.sync.records import links
from integrations.sync.searches.found import after_error, record_found
from integrations.sync.searches.search import Search, open_search

SWEEPS = (600.0, 86_400.0)
SETTLED = (RemoteIntent.Outcome.APPLIED, RemoteIntent.Outcome.NOT_APPLIED)


def run_late_sweep(item: WorkItem) -> Settlement:
    """Handler of kind `late_sweep`: at ten minutes and at a day, count the records that one write left behind."""
    started = time.monotonic()
    with firm_scope(item.firm_id):
        found = open_search(item, outcomes=SETTLED)
    if isinstance(found, Settlement):
        return found
    if found is None or found.intent.verb == "update":
        return work.done()
    try:
        context = found.context(open_patiently(found.connection, lane=item.lane, started=started))
        hits = found.look(context, deep=True)
    except ProviderError as error:
        return after_error(found, error)
    with firm_scope(item.firm_id):
        work.guard(item)
        _judge(found, context, hits)
        return _next(found)


def _judge(found: Search, context: StepContext, hits: Found) -> None:
    """One record is right; a record without a link is a commit that came too late; more than one is a duplicate."""
    link = found.links.get(found.step.key)
    if not hits.refs:
        return
    if link is None:
        record_found(found, context, hits)
        return
    ids = links.lowest_first([ref.id for ref in hits.refs] + ([link.external_id] if link.external_id else []))
    if len(ids) > 1 and set(ids) != set(link.review_ids):
        links.flag_late_duplicate(link, ids)
        alert_late_duplicate(
            connection=found.connection, item=found.item, intent=found.intent, link=link, action=found.step.action
        )


def _next(found: Search) -> Settlement:
    """Plan the second look; after it nothing of what was sent is kept any more."""
    done = found.intent.sweeps_done + 1
    last = done >= len(SWEEPS)
    rows = RemoteIntent.objects.filter(id=found.intent.id)
    rows.update(sweeps_done=done, **({"frozen": None} if last else {}))
    return work.done() if last else work.wait(seconds=max(1.0, scaled(SWEEPS[done]) - found.elapsed))

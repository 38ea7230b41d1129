"""Checking unverified deliveries again: those that a secret proves enter the pipeline once, in order."""

from datetime import datetime

from casehug.common import work
from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work import Settlement
from integrations.inbound import endpoints, quarantine
from integrations.inbound.store import durable, store
from integrations.models import InboundEndpoint, InboundEvent, QuarantinedEvent

BATCH = 100


def run_recheck(item: WorkItem) -> Settlement:
    """Handler of kind `inbound_recheck`: one batch per claim, in the order of arrival, until all were looked at."""
    with firm_scope(item.firm_id):
        work.guard(item)
        durable()
        endpoint = InboundEndpoint.objects.select_related("connection").filter(id=item.subject_id).first()
        if endpoint is None or endpoints.inbound_of(endpoint.connection.provider) is None:
            return work.done()
        rows = QuarantinedEvent.objects.select_for_update().filter(endpoint=endpoint, body__isnull=False)
        seen = item.step_state.get("after")
        rows = rows.filter(id__gt=seen) if seen else rows
        batch = list(rows.order_by("id")[:BATCH])
        secrets = endpoints.live_secrets(endpoint.id, work.database_now())
        for row in batch:
            _check(endpoint, row, secrets)
        more = len(batch) == BATCH
        work.save_progress(item, step="recheck", state={"after": str(batch[-1].id)} if more else {})
    return work.wait(seconds=0.1) if more else work.done()


def _check(endpoint: InboundEndpoint, row: QuarantinedEvent, secrets: list[str]) -> bool:
    """Check one body with the headers of each of its deliveries, as of the time it arrived."""
    declared = endpoints.inbound_of(endpoint.connection.provider)
    try:
        body = quarantine.open_body(row)
    except DecryptionError:
        return False
    if declared is None or body is None:
        return False
    for attempt in row.attempts:
        arrived = datetime.fromisoformat(attempt["at"])
        verdict = declared.verify(attempt["headers"], body, secrets, arrived)
        if verdict.valid:
            store(
                endpoint=endpoint, connection=endpoint.connection, body=body, headers=attempt["headers"],
                change=declared.change_of(attempt["headers"], body),
                event_id=verdict.event_id or f"body_{bytes(row.digest).hex()}",
                source=InboundEvent.Source.WEBHOOK, verification=InboundEvent.Verification.LATER, received_at=arrived,
            )  # fmt: skip
            quarantine.release(row, work.database_now())
            return True
    return False

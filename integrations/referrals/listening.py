"""What the product announces and this room acts on: a case that became known, a matter whose status moved."""

import uuid

from casehug.common import ticks
from casehug.common.scope import firm_scope
from casehug.intake.models import Matter
from casehug.outbox.models import OutboxEvent
from casehug.referrals.models import Referral
from casehug.referrals.services.milestones import tell_sender
from integrations.models import Connection, ExternalLink, InboundEvent
from integrations.referrals import cases

COMPLETED = "The client has completed the intake."
MOST = 500


def on_event(event: OutboxEvent) -> None:
    """Consumer of the outbox: only writes rows, in the transaction of what happened."""
    if event.type == "referral.sent":
        _known(event.subject_id)
    moved = event.type == "matter.updated" and "status" in event.data.get("fields", ())
    if moved or event.type in ("matter.archived", "intake.completed"):
        _tell(event)


def _known(referral_id: uuid.UUID) -> None:
    """Let news that came before the answer to our own sending be applied."""
    for link in ExternalLink.objects.filter(local_type=cases.CASE, local_id=referral_id).select_related("connection"):
        if link.external_id:
            cases.free(link.connection, link.external_id)


def _tell(event: OutboxEvent) -> None:
    """Tell the sender of a received case how its matter stands; what the exchange itself told is not told back."""
    matter_id = event.data.get("matter_id")
    rows = Referral.objects.filter(matter_id=matter_id, direction="in", state="accepted") if matter_id else ()
    for referral in rows:
        if event.origin and event.origin in _origins(referral.provider):
            continue
        matter = Matter.objects.get(id=matter_id)
        stands = f"The case stands at “{matter.get_status_display()}”."
        content = COMPLETED if event.type == "intake.completed" else stands
        tell_sender(referral_id=referral.id, content=content, origin=event.origin)


def _origins(provider: str) -> set[str]:
    return {cases.origin(row) for row in Connection.objects.filter(provider=provider)}


def tick() -> int:
    """Apply news that still wait although their case is known by now; returns how many. Heals what was overtaken."""
    freed = 0
    for firm_id in ticks.firm_ids():
        with firm_scope(firm_id):
            waiting = InboundEvent.objects.filter(result=InboundEvent.Result.NO_MATTER, payload__isnull=False)
            pairs = waiting.exclude(content="").values_list("connection_id", "matter_external_id").distinct()[:MOST]
            for connection_id, case_id in list(pairs):
                connection = Connection.objects.get(id=connection_id)
                if cases.linked(connection, cases.CASE, case_id) is not None:
                    freed += cases.free(connection, case_id)
    return freed

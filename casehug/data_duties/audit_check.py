"""The verifier as work of a firm: asked for on the page, run by a worker, its verdict kept in the log itself."""

from dataclasses import dataclass
from typing import Any

from casehug.audit.heads import own_heads
from casehug.audit.models import AuditEntry
from casehug.audit.services import record
from casehug.audit.verify import verify_firm
from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id, firm_scope

KIND, VERIFIED = "verify_audit", "audit.verified"


@dataclass(frozen=True)
class SealState:
    """What the page says about the seal: a check under way, the last verdict, how many entries there are now."""

    running: bool
    last: AuditEntry | None
    entries: int

    @property
    def fault(self) -> str:
        """The fault that the last check found, empty when it found none."""
        return str(self.last.changes.get("fault", "")) if self.last else ""


def ask_for_check() -> WorkItem:
    """Queue the verifier for the scope's firm; pressing twice is one check."""
    firm_id = current_firm_id()
    return work.enqueue(
        kind=KIND, queue="maintenance", subject_type="firm", subject_id=firm_id, lane=WorkItem.Lane.BUTTON,
        trigger="person", actor_id=current_actor_id(),
    )  # fmt: skip


def seal_state() -> SealState:
    """Return the state of the firm's seal."""
    running = WorkItem.objects.filter(kind=KIND, status__in=WorkItem.LIVE).exists()
    last = AuditEntry.objects.filter(action=VERIFIED).order_by("-seq").first()
    newest = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    return SealState(running, last, newest or 0)


def run_check(item: Any) -> work.Settlement:
    """Work handler `verify_audit`: walk the chain, compare it with the heads outside, note the verdict."""
    heads = own_heads().get(item.firm_id, [])
    with firm_scope(item.firm_id):
        verdict = verify_firm(heads)
        record(
            action=VERIFIED, object_type="audit", outcome="broken" if verdict.fault else "ok",
            changes={"entries": verdict.entries, "checkpoints": verdict.heads, "fault": verdict.fault},
        )  # fmt: skip
    return work.done()

"""The verifier as work of a firm: asked for on the page and every day, its verdict kept in the log itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, Subquery
from django.urls import reverse

from casehug.audit.heads import own_heads
from casehug.audit.models import AuditEntry
from casehug.audit.services import record
from casehug.audit.verify import verify_firm
from casehug.common import operator_log, throttle, work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id, firm_scope
from casehug.common.ticks import firm_ids
from casehug.firms.notices import NoticeKind, clear_notice, raise_notice
from casehug.firms.page_reads import answers

KIND, VERIFIED = "verify_audit", "audit.verified"
EVERY = timedelta(hours=24)
BROKEN = "audit.broken"
KINDS = (
    NoticeKind(
        BROKEN, "The seal of the audit log is broken",
        "Somebody changed it in the database itself, or a backup was restored. It is checked every day.",
        capability="audit.view", quiet=timedelta(hours=12), tells_end=True,
    ),
)  # fmt: skip
TITLE = "The audit log no longer fits its seal"
TEXT = (
    "A check compared every entry with its seal and found an entry that was changed or is missing. Matters and "
    "clients are not affected. Your operator has to look into it."
)


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


def ask_for_check(*, trigger: str = "person") -> WorkItem:
    """Queue the verifier for the scope's firm; pressing twice is one check."""
    lane = WorkItem.Lane.BUTTON if trigger == "person" else WorkItem.Lane.AUTOMATIC
    return work.enqueue(
        kind=KIND, queue="maintenance", subject_type="firm", subject_id=current_firm_id(), lane=lane,
        trigger=trigger, actor_id=current_actor_id(),
    )  # fmt: skip


def seal_state() -> SealState:
    """Return the state of the firm's seal."""
    newest, checks = AuditEntry.objects.order_by("-seq"), AuditEntry.objects.filter(action=VERIFIED).order_by("-seq")
    found = answers(
        running=Exists(WorkItem.objects.filter(kind=KIND, status__in=WorkItem.LIVE)),
        entries=Subquery(newest.values("seq")[:1]),
        checked=Exists(checks),
    )
    return SealState(found["running"], checks.first() if found["checked"] else None, found["entries"] or 0)


def run_check(item: Any) -> work.Settlement:
    """Work handler `verify_audit`: walk the chain, compare it with the heads outside, note the verdict."""
    heads = own_heads().get(item.firm_id, [])
    with firm_scope(item.firm_id):
        verdict = verify_firm(heads)
        found = {"entries": verdict.entries, "checkpoints": verdict.heads}
        record(
            action=VERIFIED, object_type="audit", outcome="broken" if verdict.fault else "ok",
            changes=found | ({"fault": verdict.fault} if verdict.fault else {}),
        )  # fmt: skip
        _tell(verdict.fault)
    return work.done()


def _tell(fault: str) -> None:
    """Tell admins and operators of a broken seal once, and when it is whole again."""
    firm_id = current_firm_id()
    if fault:
        raise_notice(kind=BROKEN, subject_id=firm_id, title=TITLE, text=TEXT, url=reverse("settings_audit"))
    else:
        clear_notice(kind=BROKEN, subject_id=firm_id)
    if bool(fault) != (str(firm_id) in operator_log.broken_seals()):
        operator_log.note(operator_log.SEAL, actor="system", details={"firm": str(firm_id), "fault": fault})


def tick() -> int:
    """Tick: have every firm's chain verified once a day. Returns how many checks were queued."""
    asked = 0
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            if throttle.hit(name=KIND, key=str(firm_id), limit=1, window_seconds=3600) == 0 and _due():
                ask_for_check(trigger="daily")
                asked += 1
    return asked


def _due(*, later: timedelta = timedelta()) -> bool:
    rows = AuditEntry.objects.order_by("-seq").values_list("created_at", flat=True)
    last = rows.filter(action=VERIFIED).first()
    return bool(rows.exists()) if last is None else last < work.database_now() + later - EVERY

"""The seal of a plan: keyed hashes of what each row may send, and one over all rows and the mappings behind them."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from casehug.common import work
from casehug.common.encryption import blind_index
from casehug.common.models import WorkItem
from integrations.models import BulkRow, BulkRun, CaseTypeMapping, Connection, FieldMapping, SyncLog
from integrations.sync.outgoing.snapshots import Prepared
from integrations.sync.records import log

PLAN = "plan"
CHANGED = "plan_changed"
CHANGED_TEXT = "This matter changed after the dry run, so it was left out. Nothing more of it was sent."
TIMES = ("created_at", "updated_at", "changed_by_id")


def _hash(kind: str, value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return blind_index(f"bulk-{kind}:{hashlib.sha256(text.encode()).hexdigest()}")


def digest_of(prepared: Prepared, parts: Iterable[str]) -> bytes:
    """Return the keyed hash of what these steps of a matter would send as it stands now. In the firm scope."""
    content = asdict(prepared.snapshot)
    extra = content.pop("extra")
    return _hash("row", {part: [content.get(part), extra if part != "contact" else None] for part in sorted(parts)})


def plan_version(connection: Connection) -> str:
    """Return a keyed hash of the mappings, the settings and the account a plan depends on. In the firm scope."""
    tables = [
        [{key: value for key, value in row.items() if key not in TIMES} for row in rows.order_by("id").values()]
        for rows in (
            CaseTypeMapping.objects.filter(connection=connection),
            FieldMapping.objects.filter(connection=connection),
        )
    ]
    return _hash("version", [connection.remote_firm, connection.settings, *tables]).hex()


def seal_of(run: BulkRun) -> bytes:
    """Return the keyed hash over every row of a plan, its account and its mappings. In the firm scope."""
    rows = BulkRow.objects.filter(run=run).order_by("position")
    listed = [
        [row.position, str(row.matter_id), row.action, row.parts, bytes(row.digest or b"").hex()]
        for row in rows.iterator()
    ]
    return _hash("plan", [str(run.id), run.remote_firm, run.plan_version, listed])


def is_whole(run: BulkRun) -> bool:
    """Tell whether the plan is still the one that was shown."""
    return run.seal is not None and hmac.compare_digest(bytes(run.seal), seal_of(run))


def ticket(row: BulkRow) -> dict[str, Any]:
    """Return what a sync row carries of its plan."""
    return {PLAN: {"digest": bytes(row.digest or b"").hex(), "parts": list(row.parts)}}


def covers(item: WorkItem, prepared: Prepared) -> bool:
    """Tell whether a sync row may send what the matter holds now. In the firm scope.

    Always true for rows without a plan, and for those that somebody else asked for meanwhile: they want the latest.
    """
    plan: Mapping[str, Any] | None = item.step_state.get(PLAN)
    if plan is None or item.lane != WorkItem.Lane.BULK or item.generation > 1:
        return True
    return hmac.compare_digest(bytes.fromhex(plan["digest"]), digest_of(prepared, plan["parts"]))


def left_out(connection: Connection, item: WorkItem) -> work.Settlement:
    """Put on record that a matter is not what the plan covers, and end its row. In the firm scope."""
    log.write(
        connection=connection, item=item, matter_id=item.subject_id, action="matter.prepare",
        status=SyncLog.Status.NOTE, trouble=log.Trouble("validation", CHANGED, CHANGED_TEXT),
    )  # fmt: skip
    return work.cancelled(error_code=CHANGED, error_text=CHANGED_TEXT)

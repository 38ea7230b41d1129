"""Bodies of answers: plain values with prefixed ids; never a token."""

from typing import Any

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from integrations.contract.provider import Provider
from integrations.mappings.services import MappingRow
from integrations.models import Connection, SyncLog
from integrations.selectors import connections as reads
from integrations.selectors.figures import figures

SWITCHES = ("auto_sync_on_approval", "auto_sync_on_matter_created", "calls_per_minute")


def status_body(declared: Provider, row: Connection | None) -> dict[str, Any]:
    """Return the state of a connection; a firm that never connected gets the defaults."""
    if row is None:
        row = Connection(provider=declared.key, calls_per_minute=declared.calls_per_minute)
        waiting = failing = 0
        last = None
    else:
        counted = figures(row)
        waiting, failing, last = counted.waiting, counted.failing, reads.last_line(row)
    chosen = {one.key: row.settings.get(one.key, one.default) for one in declared.settings_fields}
    return {
        "connected": row.state == Connection.State.CONNECTED,
        "state": row.state,
        "state_reason": row.state_reason,
        "paused": row.paused,
        "account": _account(row),
        "connected_at": row.connected_at,
        "settings": {name: getattr(row, name) for name in SWITCHES} | chosen,
        "last_sync": _last_sync(last) if last else None,
        "waiting": waiting,
        "failing": failing,
    }


def _account(row: Connection) -> dict[str, str] | None:
    if row.state == Connection.State.NOT_CONNECTED:
        return None
    return {
        "id": row.remote_firm,
        "name": row.remote_firm_name,
        "user_name": row.remote_user,
        "user_email": row.remote_email,
    }


def _last_sync(line: SyncLog) -> dict[str, Any]:
    failed = line.status == SyncLog.Status.FAILED
    return {
        "at": line.created_at,
        "status": "failed" if failed else "success",
        "matter_id": public_id("mat", line.matter_id) if line.matter_id else None,
        "error": line.error_text if failed else None,
    }


def run_body(item: WorkItem) -> dict[str, Any]:
    """Return one queued or running sync."""
    return {
        "id": public_id("run", item.id),
        "matter_id": public_id("mat", item.subject_id),
        "status": item.status,
        "created_at": item.created_at,
    }


def operation_body(line: SyncLog) -> dict[str, Any]:
    """Return one line of the operation log."""
    return {
        "id": public_id("op", line.id),
        "run_id": public_id("run", line.work_item_id) if line.work_item_id else None,
        "matter_id": public_id("mat", line.matter_id) if line.matter_id else None,
        "timestamp": line.created_at,
        "action": line.action,
        "status": line.status,
        "remote_id": line.external_id or None,
        "attempt": line.attempt,
        "error_class": line.error_class or None,
        "error_code": line.error_code or None,
        "error": line.error_text or None,
    }


def mapping_body(row: MappingRow) -> dict[str, Any]:
    """Return one mapping row."""
    return {
        "key": row.key,
        "label": row.label,
        "stage_id": row.stage_id or None,
        "stage_name": row.stage_name or None,
        "practice_area_id": row.practice_area_id or None,
        "state": row.state,
        "follows": row.follows or None,
        "matters": row.matters,
    }

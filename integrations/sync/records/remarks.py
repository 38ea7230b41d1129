"""What arrived with a remark: a matter without a mapped stage, an answer that its field did not take. Logged once."""

from django.db import connection as database

from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id
from integrations.models import CatalogueItem, Connection, SyncLog
from integrations.sync.messages import message_for
from integrations.sync.outgoing.snapshots import Prepared
from integrations.sync.records import log

MAPPING, FIELDS, FIELDS_FIT = "mapping.check", "field.skip", "field.check"
WITHOUT_STAGE = ("gone", "needs_choice")
_TOLD = """
    SELECT action, error_text FROM integrations_synclog WHERE firm_id = %s AND matter_id = %s AND connection_id = %s
        AND (action IN ('field.skip', 'field.check') OR (action = 'matter.update' AND status = 'success'))
    ORDER BY created_at DESC, id DESC LIMIT 1"""


def record(*, connection: Connection, item: WorkItem, prepared: Prepared, name: str) -> None:
    """Log the remarks of a matter that was just created or changed, inside the scope."""
    target = prepared.target
    stages = CatalogueItem.objects.filter(connection=connection, remote_firm=connection.remote_firm, kind="stage")
    if target.state in WITHOUT_STAGE and stages.exists():  # an account without stages needs no choice
        code = "stage_gone" if target.state == "gone" else "fallback" if target.stage_id else ""
        trouble = log.Trouble("mapping", code, message_for("mapping", code, name=name).text)
        log.write(
            connection=connection, item=item, matter_id=prepared.matter_id, action=MAPPING,
            status=SyncLog.Status.NOTE, trouble=trouble,
        )  # fmt: skip
    record_fields(connection=connection, item=item, prepared=prepared, name=name)


def record_fields(*, connection: Connection, item: WorkItem, prepared: Prepared, name: str) -> None:
    """Log which mapped answers did not arrive, when that is not what the log says already. Inside the scope."""
    with database.cursor() as cursor:
        cursor.execute(_TOLD, [current_firm_id(), prepared.matter_id, connection.id])
        action, text = cursor.fetchone() or ("", "")
    before = text if action == FIELDS else ""
    trouble = None
    if prepared.left_out:
        text = message_for("mapping", "field", name=name).text + " " + " ".join(prepared.left_out)
        trouble = log.Trouble("mapping", "field", text)
    if (trouble.text if trouble else "") == before:
        return
    log.write(
        connection=connection, item=item, matter_id=prepared.matter_id, action=FIELDS if trouble else FIELDS_FIT,
        status=SyncLog.Status.NOTE if trouble else SyncLog.Status.SUCCESS, trouble=trouble,
    )  # fmt: skip

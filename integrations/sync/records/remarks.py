"""What arrived with a remark: a matter without a mapped stage, an answer that its field did not take. Logged once."""

from casehug.common.models import WorkItem
from integrations.models import CatalogueItem, Connection, SyncLog
from integrations.sync.messages import message_for
from integrations.sync.outgoing.snapshots import Prepared
from integrations.sync.records import log

MAPPING, FIELDS = "mapping.check", "field.skip"
WITHOUT_STAGE = ("gone", "needs_choice")


def record(*, connection: Connection, item: WorkItem, prepared: Prepared, name: str) -> None:
    """Log the remarks of a matter that was just created or changed, inside the scope."""
    target = prepared.target
    found: list[tuple[str, log.Trouble]] = []
    stages = CatalogueItem.objects.filter(connection=connection, remote_firm=connection.remote_firm, kind="stage")
    if target.state in WITHOUT_STAGE and stages.exists():  # an account without stages needs no choice
        code = "stage_gone" if target.state == "gone" else "fallback" if target.stage_id else ""
        found.append((MAPPING, log.Trouble("mapping", code, message_for("mapping", code, name=name).text)))
    if prepared.left_out:
        text = message_for("mapping", "field", name=name).text + " " + " ".join(prepared.left_out)
        found.append((FIELDS, log.Trouble("mapping", "field", text)))
    for action, trouble in found:
        log.write(
            connection=connection, item=item, matter_id=prepared.matter_id, action=action,
            status=SyncLog.Status.NOTE, trouble=trouble,
        )  # fmt: skip

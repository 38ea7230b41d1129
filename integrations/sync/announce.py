"""What a sync announces on the outbox when it has ended for good; ids and codes only."""

from casehug.common.models import WorkItem
from casehug.outbox.services import publish
from integrations.models import Connection


def ended(item: WorkItem, status: str, error_class: str, error_code: str) -> None:
    """Listener of ended work (settings `WORK_ENDED`): announce `sync.completed` or `sync.failed` of a matter."""
    connection = Connection.objects.filter(id=item.connection_id).first()
    if connection is None:
        return
    data = {"run_id": str(item.id), "provider": connection.provider, "matter_id": str(item.subject_id)}
    if status == "dead":
        data |= {"error_class": error_class, "error_code": error_code}
    name = "sync.completed" if status == "done" else "sync.failed"
    publish(type=name, subject_type="matter", subject_id=item.subject_id, data=data,
            origin=f"connection:{connection.id}")  # fmt: skip

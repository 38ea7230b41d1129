"""What a sync announces on the outbox when it has ended for good; ids and codes only."""

from casehug.common.models import WorkItem
from casehug.outbox.services import publish
from integrations.models import Connection


def ended(item: WorkItem, status: str, error_class: str, error_code: str) -> None:
    """Listener of ended work (settings `WORK_ENDED`): announce `sync.completed` or `sync.failed` of a matter."""
    key = Connection.objects.filter(id=item.connection_id).values_list("provider", flat=True).first()
    if key is None:
        return
    data = {"run_id": str(item.id), "provider": key, "matter_id": str(item.subject_id)}
    if status == "dead":
        data |= {"error_class": error_class, "error_code": error_code}
    name = "sync.completed" if status == "done" else "sync.failed"
    publish(type=name, subject_type="matter", subject_id=item.subject_id, data=data,
            origin=f"connection:{item.connection_id}")  # fmt: skip

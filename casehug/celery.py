"""The Celery app: one doorbell task per row, one tick; queues and routes are fixed here."""

import os

from celery import Celery
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casehug.settings.local")

WORK_QUEUES = ("sync", "inbound", "outbound", "maintenance")

app = Celery("casehug")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = "maintenance"
app.autodiscover_tasks(["casehug.common"])


@app.on_after_configure.connect  # type: ignore[untyped-decorator]
def set_queues(sender: Celery, **_: object) -> None:
    """Declare the work queues and this node's canary queue, and the beat schedule."""
    from django.conf import settings  # needs configured settings, hence not at import

    names = [*WORK_QUEUES, f"canary.{settings.WORKER_NODE}"]
    sender.conf.task_queues = [Queue(name, routing_key=name) for name in names]  # type: ignore[no-untyped-call]
    sender.conf.beat_schedule = {
        "tick": {"task": "casehug.tick", "schedule": 30.0, "options": {"queue": "maintenance", "expires": 25}},
    }

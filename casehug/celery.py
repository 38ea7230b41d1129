"""The Celery app: one doorbell task per row, one tick; queues and routes are fixed here."""

import gc
import os
import threading

from celery import Celery
from celery.signals import worker_init, worker_ready
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

    names = [*WORK_QUEUES, *(f"canary.{node}" for node in settings.WORKER_NODES)]
    sender.conf.task_queues = [Queue(name, routing_key=name) for name in names]  # type: ignore[no-untyped-call]
    sender.conf.beat_schedule = {
        "tick": {"task": "casehug.tick", "schedule": 30.0, "options": {"queue": "maintenance", "expires": 25}},
    }


@worker_init.connect  # type: ignore[untyped-decorator]
def prepare_database(**_: object) -> None:
    """Stop the worker before its first task when its database role could see other firms' rows; limit its waits."""
    from django.db import connection

    from casehug.common import silence
    from casehug.common.role_check import refuse_bad_role

    refuse_bad_role()
    connection.close()
    silence.limit_waiting()


@worker_ready.connect  # type: ignore[untyped-decorator]
def spare_what_stays(**_: object) -> None:
    """Take what is loaded out of the search for garbage: looking through all of it makes a pause in the work."""
    gc.collect()
    gc.freeze()


@worker_ready.connect  # type: ignore[untyped-decorator]
def watch_canary(**_: object) -> None:
    """Watch this node's canary: a worker that is alive but consumes nothing ends, and its supervisor restarts it."""
    from django.conf import settings

    from casehug.common import canary

    def stop() -> None:
        os._exit(70)  # nothing in memory matters: the rows decide

    arguments = {"node": settings.WORKER_NODE, "stop": stop}
    threading.Thread(target=canary.watch, kwargs=arguments, name="canary", daemon=True).start()

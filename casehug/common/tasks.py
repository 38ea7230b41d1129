"""The Celery tasks: a doorbell for one row, the tick that makes periodic rows, and the canary of a worker node."""

import uuid
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from casehug.common import canary, silence, work_runner

RUN_WORK, TICK, CANARY = "casehug.run_work", "casehug.tick", "casehug.canary"


def _fresh_connection() -> None:
    close_old_connections()
    silence.drop_if_silent()


@shared_task(name=RUN_WORK)  # type: ignore[untyped-decorator]
def run_work(*, w: str, f: str) -> None:
    """Look at row `w` of firm `f`. The row decides whether anything happens."""
    _fresh_connection()
    work_runner.run_item(uuid.UUID(w), uuid.UUID(f))


@shared_task(name=TICK)  # type: ignore[untyped-decorator]
def tick(**_: Any) -> None:
    """Make the rows of periodic work. Double ticks change nothing (an advisory lock inside each function)."""
    _fresh_connection()
    canary.passed(canary.BEAT)
    for path in settings.TICKS:
        import_string(path)()


@shared_task(name=CANARY)  # type: ignore[untyped-decorator]
def pass_canary(*, queue: str) -> None:
    """Prove that this queue is consumed: row → relay → broker → worker → row."""
    _fresh_connection()
    canary.passed(queue)

"""`manage.py relay`: wake workers for due rows."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from casehug.celery import WORK_QUEUES, app
from casehug.common.relay import Relay
from casehug.common.work import CHANNEL


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT."""

    help = "Wake workers for due work rows. Needs DATABASE_RELAY_URL (role cx_relay) and REDIS_URL."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DATABASE_RELAY_URL:
            raise CommandError("DATABASE_RELAY_URL is not set; it is the connection of the role cx_relay.")
        queues = [*WORK_QUEUES, *(f"canary.{node}" for node in settings.WORKER_NODES)]
        relay = Relay(settings.DATABASE_RELAY_URL, app, CHANNEL, queues)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()
